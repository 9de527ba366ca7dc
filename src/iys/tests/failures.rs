//! What the client does while İYS fails, and while we do.

use super::*;
use crate::iys::breaker::BreakerState;
use crate::iys::error_rate::Standing;
use crate::iys::{Class, Figures};

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_a_few_times() {
    for failure in [coded(400, "H123"), told(502, "<html>"), fails(TransportError::Timeout), told(200, "{")] {
        let fake = Fake::of(vec![failure.clone(), failure.clone(), failure.clone(), told(204, "")]);
        pull(&fake.client()).await.unwrap();
        let at: Vec<Instant> = fake.calls().iter().map(|asked| asked.at).collect();
        let waits: Vec<Duration> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (wait, longest) in waits.iter().zip([500, 1000, 2000]) {
            assert!(*wait >= Duration::from_millis(longest / 2) && *wait <= Duration::from_millis(longest + 10), "{waits:?}");
        }
        let fake = Fake::of(vec![failure]);
        assert_eq!(pull(&fake.client()).await.unwrap_err().class(), Class::Retry);
        assert_eq!(fake.calls().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_is_asked_once() {
    for answer in [coded(403, "H353"), coded(422, "H502"), coded(403, "H520"), coded(422, "H507"), coded(429, "H086")] {
        let fake = Fake::of(vec![answer]);
        assert!(pull(&fake.client()).await.is_err());
        assert_eq!(fake.calls().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_ask_for_one_try() {
    let fake = Fake::of(vec![coded(500, "H015")]);
    assert!(pull(&fake.client().trying(1)).await.is_err());
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_iys_is_down_it_is_probed() {
    let begun = Instant::now();
    let fake = Fake::new(move |_, _| if begun.elapsed() < Duration::from_mins(30) { told(503, "<html>") } else { told(204, "") });
    let iys = fake.client();
    while iys.figures().breaker == BreakerState::Closed {
        pull(&iys).await.unwrap_err();
    }
    let before = fake.calls().len();
    assert_eq!(before, 8);
    let error = pull(&iys).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (Class::Retry, "PAUSED"));
    assert!(error.retry_after().is_some_and(|wait| wait <= Duration::from_secs(5)), "{error:?}");
    assert_eq!(fake.calls().len(), before, "nothing is sent");
    while pull(&iys).await.is_err() {
        sleep(Duration::from_secs(1)).await;
    }
    let (back, probes) = (begun.elapsed(), fake.calls().len() - before);
    assert!((8..=25).contains(&probes), "{probes} probes in half an hour");
    assert!(back < Duration::from_mins(35), "{back:?}");
    assert_eq!(iys.figures().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_turn_is_not_sent_to_an_iys_that_went_down() {
    let fake = Fake::of(vec![told(503, "<html>")]);
    let iys = fake.client();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let iys = iys.clone();
        tasks.spawn(async move { pull(&iys.trying(1)).await.map(drop) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_err));
    assert!(fake.calls().len() < 30, "{}", fake.calls().len());
}

#[tokio::test(start_paused = true)]
async fn our_own_failures_slow_us_down_before_the_notice_comes() {
    let fake = Fake::of(vec![coded(403, "H353")]);
    let iys = fake.client();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_hours(30) {
        pull(&iys).await.unwrap_err();
    }
    let at: Vec<Instant> = fake.asked().iter().map(|asked| asked.at).collect();
    let day = Duration::from_hours(24);
    assert!(at.windows(20_000).all(|many| many[19_999] - many[0] > day), "{} requests", at.len());
    assert!(at.len() > 15_000, "slowed down, not stopped: {}", at.len());
    assert_eq!(iys.figures().standing, Standing::Bad);
}

#[tokio::test(start_paused = true)]
async fn everything_is_counted() {
    let answers =
        vec![coded(500, "H015"), coded(418, "H9999"), told(502, "<html>"), fails(TransportError::Timeout), told(204, "")];
    let iys = Fake::of(answers).client().trying(1);
    for _ in 0..5 {
        let _ = pull(&iys).await;
    }
    let failures = vec![("H015", 1), ("HTTP_STATUS", 1), ("TIMEOUT", 1), ("other", 1)];
    assert_eq!(iys.figures(), Figures { requests: 6, failures, left: [1_000, 100, 9], logins: 1, ..Figures::default() });
}
