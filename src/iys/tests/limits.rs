//! İYS's limits, over an hour and more.

use super::*;
use crate::iys::Class;
use crate::iys::rate_limit::{Budget, Metered, Priority};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::feed::Stream;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_hours(1);

/// The most requests in any `span`.
fn most_in(span: Duration, at: &[Instant]) -> usize {
    let within =
        |first: &Instant| at.iter().skip_while(|other| *other < first).take_while(|other| **other - *first < span).count();
    at.iter().map(within).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn no_second_of_an_hour_holds_more_than_ten() {
    let fake = Fake::of(vec![told(204, "").after(Duration::from_millis(300))]);
    let iys = fake.client();
    let (mut tasks, end) = (JoinSet::new(), Instant::now() + HOUR);
    for _ in 0..20 {
        let iys = iys.clone();
        tasks.spawn(async move {
            while Instant::now() < end {
                pull(&iys).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let at: Vec<Instant> = fake.asked().iter().map(|asked| asked.at).collect();
    let closest = at.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(closest >= Duration::from_millis(105), "{closest:?}");
    assert!(at.len() > 34_000, "the allowance is used: {}", at.len());
}

#[tokio::test(start_paused = true)]
async fn a_single_status_query_is_refused_once_the_hour_is_spent() {
    let fake = Fake::of(vec![told(200, r#"{"status":"ONAY"}"#)]);
    let iys = fake.client();
    let cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
    for _ in 0..1000 {
        iys.status(sender(), cell, "+905311333449").await.unwrap();
    }
    let spent = iys.status(sender(), cell, "+905311333449").await.unwrap_err();
    assert_eq!((spent.class(), spent.code()), (Class::Retry, "HOUR_SPENT"));
    iys.agreement(sender(), crate::iys::Day::parse("2026-03-01").unwrap()).await.unwrap();
    sleep(spent.retry_after().unwrap()).await;
    iys.status(sender(), cell, "+905311333449").await.unwrap();
    let single: Vec<Instant> =
        fake.calls().iter().filter(|asked| asked.path.ends_with("/consents/status")).map(|asked| asked.at).collect();
    assert_eq!((single.len(), most_in(HOUR, &single)), (1001, 1000));
}

/// Takes turns until `end`; says how many.
async fn take_until(budget: Arc<Budget>, priority: Priority, end: Instant) -> usize {
    let mut taken = 0;
    while Instant::now() < end {
        budget.take(priority, Metered::No).await.unwrap();
        taken += 1;
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn a_sweep_takes_what_pulls_leave_and_at_least_a_tenth() {
    let budget = Arc::new(Budget::new(&Limits::default()));
    let end = Instant::now() + Duration::from_mins(10);
    let mut background = JoinSet::new();
    for _ in 0..50 {
        background.spawn(take_until(Arc::clone(&budget), Priority::Background, end));
    }
    let mut normal = JoinSet::new();
    for _ in 0..5 {
        normal.spawn(take_until(Arc::clone(&budget), Priority::Normal, end));
    }
    let (normal, background): (usize, usize) = (normal.join_all().await.iter().sum(), background.join_all().await.iter().sum());
    let all = normal + background;
    assert!(all > 5_700, "no slot is left unused: {all}");
    assert!((all / 11..=all / 8).contains(&background), "{background} of {all}");
}

#[tokio::test(start_paused = true)]
async fn somebody_urgent_waits_for_a_slot_or_two() {
    let budget = Arc::new(Budget::new(&Limits::default()));
    let end = Instant::now() + Duration::from_mins(2);
    let mut others = JoinSet::new();
    for priority in [Priority::Normal, Priority::Background] {
        for _ in 0..30 {
            others.spawn(take_until(Arc::clone(&budget), priority, end));
        }
    }
    for _ in 0..50 {
        sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        budget.take(Priority::Urgent, Metered::No).await.unwrap();
        assert!(begun.elapsed() <= Duration::from_millis(3 * 106), "{:?}", begun.elapsed());
    }
    others.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_holds_nobody_back() {
    let budget = Arc::new(Budget::new(&Limits::default()));
    let mut rng = 1_u32;
    let mut tasks = JoinSet::new();
    for n in 0..600_u32 {
        let priority = [Priority::Urgent, Priority::Normal, Priority::Background][n as usize % 3];
        rng = rng.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let patience = Duration::from_millis(u64::from(rng % 5_000));
        let budget = Arc::clone(&budget);
        tasks.spawn(async move { tokio::time::timeout(patience, budget.take(priority, Metered::No)).await.is_ok() });
    }
    tasks.join_all().await;
    assert_eq!(budget.waiting(), 0);
    let begun = Instant::now();
    budget.take(Priority::Background, Metered::No).await.unwrap();
    assert!(begun.elapsed() <= Duration::from_millis(106));
}

#[tokio::test(start_paused = true)]
async fn a_slower_pace_holds_for_all_together() {
    let budget = Arc::new(Budget::new(&Limits::default()));
    budget.slow_to(Duration::from_secs(9));
    let end = Instant::now() + Duration::from_mins(15);
    let mut tasks = JoinSet::new();
    for priority in [Priority::Normal, Priority::Background] {
        tasks.spawn(take_until(Arc::clone(&budget), priority, end));
    }
    let taken: usize = tasks.join_all().await.iter().sum();
    assert!((99..=102).contains(&taken), "{taken}");
    budget.slow_to(Duration::ZERO);
    assert!(take_until(budget, Priority::Normal, Instant::now() + Duration::from_secs(10)).await > 90);
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_address_share_its_limits() {
    let fake = Fake::of(vec![told(204, "")]);
    let budget = Arc::new(Budget::new(&Limits::default()));
    let client = || {
        let transport = Arc::clone(&fake) as Arc<dyn Transport>;
        Iys::with(settings(), transport, Arc::clone(&budget), || crate::model::time::IysTime::from_unix(0))
    };
    let (one, other) = (client(), client());
    for _ in 0..50 {
        let after = crate::iys::Cursor::parse("1_a").unwrap();
        let (first, second) = tokio::join!(pull(&one), other.changes(sender(), Stream::Iys, Some(&after)));
        first.and(second).unwrap();
    }
    let at: Vec<Instant> = fake.asked().iter().map(|asked| asked.at).collect();
    assert_eq!((at.len(), most_in(Duration::from_secs(1), &at)), (102, 10));
}
