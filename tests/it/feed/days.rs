//! Finished days held against İYS's own files, and sweeps.

use super::rig::{Ground, IYS_CODE, Rig, START, world};
use crate::sim::{Endpoint, Fault, FaultKind, Registration, Settings, When};
use izingate::feed::Pace;
use izingate::feed::reconcile::{Outcome, Report};
use izingate::iys::{Day, Sender};
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::movement::RawMovement;
use izingate::model::consent::source::Source;
use izingate::model::consent::state::Status;
use izingate::model::text::hex::to_hex;
use izingate::model::time::Moment;
use izingate::ports::{FeedNote, FeedRefused, MovementSink, Observed};
use std::time::Duration;
use tokio::time::sleep;

const BRAND: u32 = 601_234;
const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
const PHONES: [&str; 3] = ["+905321234567", "+905321234568", "+905321234569"];

async fn rig(ground: &Ground) -> Rig {
    let rig = Rig::new(ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    let code = BrandCode::new(BRAND).unwrap();
    rig.sink.put_brand(Brand::imported(code, IysCode::new(IYS_CODE).unwrap(), "Örnek".to_owned()), Ages::Given).await.unwrap();
    rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code, START)]).await.unwrap();
    rig
}

fn sender() -> Sender {
    Sender { iys_code: IysCode::new(IYS_CODE).unwrap(), brand: BrandCode::new(BRAND).unwrap() }
}

fn today() -> Day {
    Day::of(START).unwrap()
}

/// Three movements today, the last of them a refusal, and then the next day's afternoon.
async fn a_day(rig: &Rig) {
    rig.world(|world, now| {
        for phone in PHONES {
            world.register(&Registration::onay(BRAND, phone, Channel::Mesaj), now).unwrap();
        }
    });
    sleep(Duration::from_mins(1)).await;
    rig.world(|world, now| world.register(&Registration::ret(BRAND, PHONES[0], Channel::Mesaj), now).unwrap());
    sleep(Duration::from_hours(24)).await;
}

fn outcome(report: &Report) -> (Outcome, u64, u64, u64) {
    (report.outcome, report.movements, report.missing, report.unreadable)
}

fn statuses(ground: &Ground) -> [Option<Status>; 3] {
    PHONES.map(|phone| ground.status(BRAND, TEXT, phone))
}

const WHOLE: [Option<Status>; 3] = [Some(Status::Ret), Some(Status::Onay), Some(Status::Onay)];

#[tokio::test(start_paused = true)]
async fn what_the_streams_left_out_is_taken_from_the_days_file() {
    let ground = Ground::new().await;
    let rig = rig(&ground).await;
    rig.world(|world, _| world.add_fault(Fault::new(Endpoint::Changes, FaultKind::Lost, When::Always)));
    rig.start();
    a_day(&rig).await;
    assert_ne!(statuses(&ground), WHOLE, "the fault lost something");
    let mended = rig.follower.reconcile(sender(), today(), false).await.unwrap();
    assert_eq!((mended.outcome, mended.movements, mended.unreadable), (Outcome::Mended, 4, 0));
    assert!(mended.missing > 0 && mended.hash == mended.agreed_hash && mended.hash.len() == 96, "{mended:?}");
    assert_eq!(statuses(&ground), WHOLE);
    let again = rig.follower.reconcile(sender(), today(), false).await.unwrap();
    assert_eq!(outcome(&again), (Outcome::Agrees, 4, 0, 0));
    assert_eq!((again.hash, again.bytes, again.only_here), (mended.hash, mended.bytes, Some(0)));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_day_without_movements_has_no_file() {
    let ground = Ground::new().await;
    let rig = rig(&ground).await;
    sleep(Duration::from_hours(23)).await;
    let early = rig.follower.reconcile(sender(), today(), true).await.unwrap();
    assert_eq!((outcome(&early), early.only_here), ((Outcome::NoFile, 0, 0, 0), None), "it may still be made");
    sleep(Duration::from_hours(1)).await;
    let report = rig.follower.reconcile(sender(), today(), true).await.unwrap();
    assert_eq!(outcome(&report), (Outcome::NoFile, 0, 0, 0));
    let json = r#"{"brandCode":601234,"date":"2025-11-10","outcome":"NO_FILE","movements":0,"missing":0,"unreadable":0,"onlyHere":0,"onlyHereRecipients":[],"onlyHereUncounted":"","bytes":0,"hash":"","agreedHash":"","confirmed":false}"#;
    assert_eq!(serde_json::to_string(&report).unwrap(), json);
}

#[tokio::test(start_paused = true)]
async fn what_iys_does_not_have_of_a_day_is_counted_and_stays() {
    let ground = Ground::new().await;
    let rig = rig(&ground).await;
    rig.start();
    // One second, one line of the file.
    rig.world(|world, now| {
        world.register(&Registration::onay(BRAND, "+905321234570", Channel::Mesaj), now).unwrap();
        world.register(&Registration::ret(BRAND, "+905321234570", Channel::Mesaj), now).unwrap();
    });
    a_day(&rig).await;
    let row = |created, recipient, source, transaction| RawMovement {
        created,
        transaction,
        recipient,
        source,
        channel: "MESAJ",
        status: "RET",
        ..Default::default()
    };
    // Of the day, with İYS's id, and not in its file; the others are of another day, or none of İYS's streams.
    let rows = [
        row("2025-11-10 13:00:00", PHONES[1], "HS_WEB", "ab12"),
        row("2025-11-10 23:59:59", PHONES[2], "IYS_WEB", "ab13"),
        row("2025-11-11 00:00:00", PHONES[2], "IYS_WEB", "ab14"),
        row("2025-11-09 23:59:59", PHONES[2], "IYS_WEB", "ab15"),
        row("2025-11-10 14:00:00", PHONES[0], "HS_WEB", "ab16"),
        row("2025-11-10 15:00:00", PHONES[0], "", ""),
    ];
    let mut movements: Vec<_> = rows.iter().map(|row| ground.movement(BRAND, row, rig.clock.now())).collect();
    movements[4].source = Source::IYS_EXPORT;
    rig.sink.apply(movements).await.unwrap();
    let report = rig.follower.reconcile(sender(), today(), true).await.unwrap();
    assert_eq!((outcome(&report), report.only_here), ((Outcome::Agrees, 5, 0, 0), Some(2)));
    assert!(!report.confirmed, "who has more does not agree");
    let pseudonym = |phone: &str| {
        let recipient = Recipient::parse_approval(phone, Channel::Mesaj).unwrap();
        to_hex(&ground.pseudonymizer.recipient(&recipient).0)
    };
    let mut expected = [PHONES[1], PHONES[2]].map(pseudonym);
    expected.sort_unstable();
    assert_eq!(report.only_here_recipients, expected);
    assert_eq!(statuses(&ground), [Some(Status::Ret); 3], "a movement is never unlearned");
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_day_is_confirmed_only_when_that_is_switched_on() {
    let ground = Ground::new().await;
    let rig = rig(&ground).await;
    a_day(&rig).await;
    for (confirm, confirmed) in [(false, false), (true, true), (false, true)] {
        let report = rig.follower.reconcile(sender(), today(), confirm).await.unwrap();
        assert_eq!(report.confirmed, confirmed);
    }
    assert_eq!(rig.world(|world, _| world.count(Endpoint::Agree, 200)), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_file_that_is_not_whole_is_taken_in() {
    for kind in [FaultKind::Cut(300), FaultKind::Truncated(300)] {
        let ground = Ground::new().await;
        let rig = rig(&ground).await;
        a_day(&rig).await;
        rig.world(|world, _| world.add_fault(Fault::new(Endpoint::DayFile, kind, When::Always)));
        match rig.follower.reconcile(sender(), today(), true).await {
            Ok(report) => assert_eq!((report.outcome, report.movements, report.confirmed), (Outcome::HashDiffers, 0, false)),
            Err(error) => assert!(matches!(kind, FaultKind::Cut(_)), "{error}"),
        }
        assert_eq!(statuses(&ground), [None; 3], "{kind:?}");
        rig.world(|world, _| world.clear_faults());
        let report = rig.follower.reconcile(sender(), today(), true).await.unwrap();
        assert_eq!(outcome(&report), (Outcome::Mended, 4, 4, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn every_finished_day_is_held_against_its_file_by_itself() {
    let ground = Ground::new().await;
    let mut rig = rig(&ground).await;
    rig.reconciling(&ground);
    rig.world(|world, _| world.add_fault(Fault::new(Endpoint::Changes, FaultKind::Lost, When::Always)));
    rig.start();
    a_day(&rig).await;
    sleep(Duration::from_hours(4)).await;
    assert_eq!(statuses(&ground), WHOLE);
    sleep(Duration::from_hours(48)).await;
    let days = rig.follower.counters().days.load(std::sync::atomic::Ordering::Relaxed);
    // Those before the start that İYS still has, the first day and the two after it.
    assert_eq!(days, 10);
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_gap_ends_where_the_days_files_begin() {
    let ground = Ground::new().await;
    let mut rig = rig(&ground).await;
    rig.reconciling(&ground);
    // Half a day beyond what the streams show: the file of that day has it.
    rig.world(|world, now| world.register(&Registration::onay(BRAND, PHONES[0], Channel::Mesaj), now).unwrap());
    let outage = Duration::from_hours(7 * 24 + 6);
    sleep(outage).await;
    let code = BrandCode::new(BRAND).unwrap();
    let missed = START.plus(60);
    rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code, missed)]).await.unwrap();
    rig.start();
    sleep(Duration::from_mins(40)).await;
    assert_eq!(ground.status(BRAND, TEXT, PHONES[0]), Some(Status::Onay), "from the day's file");
    let entry = ground.index.brands().get(code).unwrap();
    assert_eq!((entry.freshness.gap(), entry.is_stale(Channel::Mesaj, Moment::of(rig.clock.now()))), (None, false));
    assert_eq!(ground.store.gap(code).unwrap(), None);
    assert!(rig.follower.counters().gaps.load(std::sync::atomic::Ordering::Relaxed) > 0);
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sweep_takes_in_what_is_listed_and_what_is_not() {
    let ground = Ground::new().await;
    let rig = rig(&ground).await;
    rig.world(|world, now| {
        world.register(&Registration::onay(BRAND, PHONES[0], Channel::Mesaj), now).unwrap();
        world.register(&Registration::ret(BRAND, PHONES[1], Channel::Mesaj), now).unwrap();
    });
    // On record here, and taken back at İYS without our hearing of it.
    let onay = izingate::model::consent::movement::RawMovement {
        created: "2025-11-09 10:00:00",
        transaction: "ab12",
        recipient: PHONES[2],
        channel: "MESAJ",
        status: "ONAY",
        ..Default::default()
    };
    rig.sink.apply(vec![ground.movement(BRAND, &onay, rig.clock.now())]).await.unwrap();
    rig.start();
    sleep(Duration::from_mins(1)).await;
    let spelled = ["0532 123 45 67", "5321234568", PHONES[2], "hello", "+905321234567"].map(str::to_owned);
    let brand = BrandCode::new(BRAND).unwrap();
    let seen = rig.follower.observe(brand, TEXT, &spelled).await.unwrap();
    let Observed { approved, not_listed, invalid, at, .. } = seen;
    assert_eq!((approved, not_listed, invalid), (1, 2, vec![3]));
    assert!(at <= rig.clock.now() && at >= rig.clock.now().minus(3), "{at}");
    assert_eq!(statuses(&ground), [Some(Status::Onay), None, None]);
    let refused = rig.follower.observe(BrandCode::new(7).unwrap(), TEXT, &spelled).await;
    assert_eq!(refused, Err(FeedRefused::NotFed(BrandCode::new(7).unwrap())));
    let too_many = vec![PHONES[0].to_owned(); 1_001];
    assert!(matches!(rig.follower.observe(brand, TEXT, &too_many).await, Err(FeedRefused::Invalid(_))));
    rig.stop().await;
}
