//! What İYS counts outlives the process.

use super::*;
use crate::iys::error_rate::Standing;
use crate::iys::{Class, Ledger};
use crate::model::time::IysTime;
use std::path::Path;

const NOON: IysTime = IysTime::from_unix(1_762_765_200);

/// A client as it is after a start: nothing of an earlier one is left but the file.
fn started(fake: &Arc<Fake>, begun: Instant, file: &Path) -> Iys {
    let clock = move || NOON.plus(begun.elapsed().as_secs() as u32);
    let ledger = Ledger::open(file.to_owned(), settings().limits.logins, clock);
    Iys::remembering(settings(), Arc::clone(fake) as Arc<dyn Transport>, ledger)
}

#[tokio::test(start_paused = true)]
async fn twelve_starts_in_an_hour_log_in_ten_times_and_the_rest_say_until_when_they_wait() {
    let (dir, begun) = (tempfile::tempdir().unwrap(), Instant::now());
    let file = dir.path().join("iys-usage.json");
    let fake = Fake::of(vec![told(204, "")]);
    for start in 0..12 {
        let answer = pull(&started(&fake, begun, &file)).await;
        if start < 10 {
            answer.unwrap();
        } else {
            let error = answer.unwrap_err();
            let said = "this hour's logins are spent, those of before a restart among them, none before 2025-11-10 13:01:01";
            assert_eq!((error.class(), error.code(), error.to_string().as_str()), (Class::Retry, "HOUR_SPENT", said));
            assert!(error.retry_after() <= Some(Duration::from_mins(16)), "{:?}", error.retry_after());
        }
        sleep(Duration::from_mins(4) + Duration::from_secs(30)).await;
    }
    assert_eq!(fake.logins().len(), 10);
    sleep(Duration::from_mins(8)).await;
    pull(&started(&fake, begun, &file)).await.unwrap();
    assert_eq!(fake.logins().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_in_a_crash_loop_are_ten_logins_an_hour_at_most() {
    let (dir, begun) = (tempfile::tempdir().unwrap(), Instant::now());
    let file = dir.path().join("iys-usage.json");
    let fake = Fake::whole(|_, _| coded(401, "H251"));
    while begun.elapsed() < Duration::from_hours(3) {
        pull(&started(&fake, begun, &file)).await.unwrap_err();
        sleep(Duration::from_secs(20)).await;
    }
    let at: Vec<Instant> = fake.logins().iter().map(|asked| asked.at).collect();
    assert!(at.windows(11).all(|eleven| eleven[10] - eleven[0] >= Duration::from_hours(1)));
    assert!(at.len() >= 30, "{}", at.len());
}

#[tokio::test(start_paused = true)]
async fn a_bad_client_stays_one_over_a_restart() {
    let (dir, begun) = (tempfile::tempdir().unwrap(), Instant::now());
    let file = dir.path().join("iys-usage.json");
    let fake = Fake::new(|_, _| coded(403, "H353"));
    let iys = started(&fake, begun, &file);
    while iys.figures().standing == Standing::Good {
        pull(&iys).await.unwrap_err();
    }
    let again = started(&fake, begun, &file);
    let before = fake.calls().len();
    for _ in 0..40 {
        pull(&again).await.unwrap_err();
    }
    assert_eq!(again.figures().standing, Standing::Bad, "{before} before the restart");
    sleep(Duration::from_hours(26)).await;
    assert_eq!(started(&fake, begun, &file).figures().standing, Standing::Good);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_cannot_be_noted_is_not_sent() {
    let (dir, begun) = (tempfile::tempdir().unwrap(), Instant::now());
    let fake = Fake::of(vec![told(204, "")]);
    let error = pull(&started(&fake, begun, &dir.path().join("nowhere/iys-usage.json"))).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (Class::Retry, "NOT_NOTED"));
    assert!(fake.asked().is_empty());
}
