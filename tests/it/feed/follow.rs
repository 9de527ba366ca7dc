//! Brands found, streams pulled, gaps seen, errors lived with: each rule of the feed by itself.

use super::rig::{Ground, IYS_CODE, Rig, START, world};
use crate::sim::{Endpoint, Fault, FaultKind, Grant, OldCursor, Registration, Right, Settings, When};
use izingate::feed::Pace;
use izingate::index::StreamFreshness;
use izingate::model::brand::{Ages, Brand, BrandCode, Feed, IysCode};
use izingate::model::consent::channel::{Cell, Channel, Channels, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::feed::Stream;
use izingate::model::time::{IysTime, Moment};
use izingate::ports::{FeedNote, MovementSink, TaskState};
use std::time::Duration;
use tokio::time::sleep;

const BRAND: u32 = 601_234;
const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
const PHONE: &str = "+905321234567";
const MINUTE: Duration = Duration::from_mins(1);

fn code(brand: u32) -> BrandCode {
    BrandCode::new(brand).unwrap()
}

/// A brand whose data was complete at the start: what an import of a panel export leaves.
async fn exported(ground: &Ground, rig: &Rig, brand: u32) {
    let on_file = Brand::imported(code(brand), IysCode::new(IYS_CODE).unwrap(), "Örnek".to_owned());
    rig.sink.put_brand(on_file, Ages::Given).await.unwrap();
    rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code(brand), START.minus(3600))]).await.unwrap();
    assert_eq!(ground.store.export_cursor(code(brand)).unwrap(), Some(START.minus(3600)));
}

fn entry(ground: &Ground, brand: u32) -> std::sync::Arc<izingate::index::BrandEntry> {
    ground.index.brands().get(code(brand)).unwrap()
}

fn is_stale(ground: &Ground, rig: &Rig, brand: u32) -> bool {
    entry(ground, brand).is_stale(Channel::Mesaj, Moment::of(rig.clock.now()))
}

#[tokio::test(start_paused = true)]
async fn a_brand_is_found_and_followed_through_both_streams() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    exported(&ground, &rig, BRAND).await;
    rig.world(|world, now| {
        world.register(&Registration::onay(BRAND, PHONE, Channel::Mesaj), now).unwrap();
        world.register(&Registration::onay(BRAND, "+905321234568", Channel::Mesaj), now).unwrap();
    });
    rig.start();
    sleep(30 * MINUTE).await;
    assert_eq!(ground.status(BRAND, TEXT, PHONE), None, "İYS never shows the last 60 minutes");
    rig.world(|world, now| world.register(&Registration::ret(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    sleep(45 * MINUTE).await;
    assert_eq!(ground.status(BRAND, TEXT, PHONE), Some(Status::Onay));
    sleep(30 * MINUTE).await;
    assert_eq!(ground.status(BRAND, TEXT, PHONE), Some(Status::Ret));
    assert_eq!(ground.status(BRAND, TEXT, "+905321234568"), Some(Status::Onay));
    let brand = entry(&ground, BRAND);
    assert_eq!(brand.brand.feed, Feed::Iys(Channels::ALL));
    let age = rig.clock.now().unix() - brand.as_of().unwrap().unix();
    assert!((3600..3600 + 13 * 60).contains(&age), "{age}");
    assert!(!is_stale(&ground, &rig, BRAND));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_brand_that_was_never_loaded_has_a_gap_before_the_window() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    rig.start();
    sleep(30 * MINUTE).await;
    let (from, to) = entry(&ground, BRAND).freshness.gap().unwrap();
    assert_eq!(from, IysTime::from_unix(0));
    assert!(to > START.minus(7 * 86_400) && to < START.minus(7 * 86_400 - 3600), "{to}");
    assert!(is_stale(&ground, &rig, BRAND));
    let gap = ground.store.gap(code(BRAND)).unwrap().unwrap();
    rig.sink.follow(Vec::new(), vec![FeedNote::Healed(gap)]).await.unwrap();
    assert!(!is_stale(&ground, &rig, BRAND));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_the_window_is_a_gap_whatever_iys_says_of_the_old_cursor() {
    for old_cursor in [OldCursor::WindowStart, OldCursor::Error] {
        let ground = Ground::new().await;
        let settings = Settings { old_cursor, ..Settings::default() };
        let rig = Rig::new(&ground, world(settings, &[BRAND], 1), Pace::default());
        exported(&ground, &rig, BRAND).await;
        rig.world(|world, now| world.register(&Registration::onay(BRAND, PHONE, Channel::Mesaj), now).unwrap());
        rig.start();
        sleep(90 * MINUTE).await;
        assert!(!is_stale(&ground, &rig, BRAND));
        rig.stop().await;
        // Missed for good: it leaves the window before anybody asks.
        rig.world(|world, now| world.register(&Registration::ret(BRAND, PHONE, Channel::Mesaj), now).unwrap());
        sleep(8 * 24 * 60 * MINUTE).await;
        let again = Rig::with(&ground, std::sync::Arc::clone(&rig.world), rig.clock, Pace::default());
        again.start();
        sleep(30 * MINUTE).await;
        assert_eq!(ground.status(BRAND, TEXT, PHONE), Some(Status::Onay), "{old_cursor:?}: it was missed");
        let (from, to) = entry(&ground, BRAND).freshness.gap().unwrap();
        assert!(from < START.plus(3600) && to > START.plus(3600), "{old_cursor:?}: {from} {to}");
        assert!(is_stale(&ground, &again, BRAND), "{old_cursor:?}");
        again.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_within_the_window_loses_nothing() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    exported(&ground, &rig, BRAND).await;
    rig.start();
    sleep(30 * MINUTE).await;
    rig.stop().await;
    for day in 0..6 {
        let phone = format!("+90532123456{day}");
        rig.world(|world, now| world.register(&Registration::onay(BRAND, &phone, Channel::Mesaj), now).unwrap());
        sleep(24 * 60 * MINUTE).await;
    }
    assert!(is_stale(&ground, &rig, BRAND));
    let again = Rig::with(&ground, std::sync::Arc::clone(&rig.world), rig.clock, Pace::default());
    again.start();
    sleep(30 * MINUTE).await;
    for day in 0..6 {
        assert_eq!(ground.status(BRAND, TEXT, &format!("+90532123456{day}")), Some(Status::Onay), "{day}");
    }
    assert_eq!(entry(&ground, BRAND).freshness.gap(), None);
    assert!(!is_stale(&ground, &again, BRAND));
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_brand_that_is_listed_no_more_is_stale_at_once_and_comes_back() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    exported(&ground, &rig, BRAND).await;
    rig.start();
    sleep(5 * MINUTE).await;
    assert!(!is_stale(&ground, &rig, BRAND));
    // Another provider's now, as far as this account can see.
    rig.world(|world, _| world.add_fault(Fault::new(Endpoint::Brands, FaultKind::NoRight, When::Times(0))));
    let listed = std::sync::Arc::clone(&rig.world);
    let moved = super::rig::world(Settings::default(), &[7], 1);
    *listed.lock().unwrap() = moved;
    sleep(20 * MINUTE).await;
    assert_eq!(entry(&ground, BRAND).brand.feed, Feed::Iys(Channels::NONE));
    assert!(is_stale(&ground, &rig, BRAND));
    *listed.lock().unwrap() = super::rig::world(Settings::default(), &[BRAND], 1);
    sleep(30 * MINUTE).await;
    assert_eq!(entry(&ground, BRAND).brand.feed, Feed::Iys(Channels::ALL));
    assert!(!is_stale(&ground, &rig, BRAND));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_stop_the_feed_without_a_login_loop_and_mend_by_themselves() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    rig.world(|world, _| world.set_password(super::rig::USER, "another"));
    rig.start();
    sleep(3 * 60 * MINUTE).await;
    let discovery = rig.follower.board().all().into_iter().find(|task| task.name == "discovery").unwrap();
    assert_eq!(discovery.state, TaskState::Stopped, "{discovery:?}");
    let logins = rig.world(|world, _| world.asked(Endpoint::Token));
    assert!((1..=30).contains(&logins), "{logins} in three hours");
    rig.world(|world, _| world.set_password(super::rig::USER, super::rig::PASSWORD));
    sleep(2 * 60 * MINUTE).await;
    assert!(ground.index.brands().get(code(BRAND)).is_some(), "{:?}", rig.follower.board().all());
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn failures_of_every_kind_delay_and_lose_nothing() {
    let kinds = [
        FaultKind::ServerError,
        FaultKind::Busy,
        FaultKind::TimedOut,
        FaultKind::Html(503),
        FaultKind::TokenRefused,
        FaultKind::Limited("H124"),
        FaultKind::Slow(Duration::from_secs(90)),
        FaultKind::Reset,
        FaultKind::Cut(40),
        FaultKind::Truncated(25),
        FaultKind::Repeated(3),
        FaultKind::Reordered,
    ];
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    exported(&ground, &rig, BRAND).await;
    rig.start();
    for (number, kind) in kinds.into_iter().enumerate() {
        let phone = format!("+9053212345{number:02}");
        rig.world(|world, now| {
            world.register(&Registration::onay(BRAND, &phone, Channel::Mesaj), now).unwrap();
            world.add_fault(Fault::new(Endpoint::Changes, kind, When::Times(6)));
        });
        sleep(100 * MINUTE).await;
    }
    sleep(90 * MINUTE).await;
    for (number, kind) in kinds.into_iter().enumerate() {
        assert_eq!(ground.status(BRAND, TEXT, &format!("+9053212345{number:02}")), Some(Status::Onay), "{kind:?}");
    }
    assert!(!is_stale(&ground, &rig, BRAND));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_behind_is_read_to_its_end_page_by_page() {
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    exported(&ground, &rig, BRAND).await;
    let before = START.minus(7200).to_string();
    rig.world(|world, now| {
        for number in 0..4_500 {
            let phone = format!("+90532{number:07}");
            world.register(&Registration::onay(BRAND, &phone, Channel::Mesaj).created(&before), now).unwrap();
        }
    });
    rig.start();
    sleep(2 * MINUTE).await;
    assert_eq!(ground.index.relations(), 4_500);
    let stream = entry(&ground, BRAND).freshness.stream(Stream::Hs);
    let StreamFreshness { newest, .. } = stream;
    assert_eq!(newest, Some(START.minus(7200)));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_partner_reads_what_it_has_the_right_to_and_a_lost_right_is_stale_at_once() {
    const PARTNER: u32 = 700_000;
    let ground = Ground::new().await;
    let mut world = crate::sim::World::new(Settings::default(), 1);
    world.add_partner_user(super::rig::USER, super::rig::PASSWORD, PARTNER);
    world.add_brand(BRAND, IYS_CODE);
    let texts = Grant { arama: Right::None, ..Grant::ALL };
    world.grant(super::rig::USER, BRAND, texts);
    let mut rig = Rig::new(&ground, world, Pace::default());
    rig.of_partner(&ground, PARTNER);
    exported(&ground, &rig, BRAND).await;
    rig.world(|world, now| world.register(&Registration::onay(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    rig.start();
    sleep(90 * MINUTE).await;
    let stale = |rig: &Rig| Channel::ALL.map(|channel| entry(&ground, BRAND).is_stale(channel, Moment::of(rig.clock.now())));
    assert_eq!(ground.status(BRAND, TEXT, PHONE), Some(Status::Onay));
    assert_eq!(stale(&rig), [true, false, false], "calls may not be read");
    rig.world(|world, _| world.grant(super::rig::USER, BRAND, Grant::NONE));
    sleep(15 * MINUTE).await;
    assert_eq!(stale(&rig), [true; 3]);
    rig.world(|world, _| world.grant(super::rig::USER, BRAND, Grant::ALL));
    sleep(45 * MINUTE).await;
    assert_eq!(stale(&rig), [false; 3]);
    rig.stop().await;
}
