//! Refusals of İYS in other habits than its document's: through the streams and the day's file.

use super::rig::{Ground, IYS_CODE, Rig, START, world};
use crate::sim::{Endpoint, Registration, Settings, Written};
use izingate::feed::Pace;
use izingate::feed::reconcile::Outcome;
use izingate::iys::{Day, Sender};
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::time::Moment;
use izingate::ports::{FeedNote, MovementSink};
use std::time::Duration;
use tokio::time::sleep;

const BRAND: u32 = 601_234;
const PHONE: &str = "+905321234567";
const OTHER: &str = "+905321234568";

/// How a refusal may be written, and whether it then blocks both recipient types.
const SPELLED: [(Written, bool); 4] = [
    (written("BİREYSEL", "Mesaj", "Ret"), false),
    (written(" Bireysel\u{200b}", "MESAJ ", "RED"), false),
    (written("KURUMSAL", "mesaj", "RET"), true),
    (written("ESNAF", "MESAJ", "ret "), true),
];

/// A status that is none, a channel that is none: each may be a refusal.
const UNREADABLE: [Written; 3] =
    [written("BIREYSEL", "MESAJ", "IPTAL"), written("BIREYSEL", "MESAJ", ""), written("BIREYSEL", "FAKS", "RET")];

const fn written(recipient_type: &'static str, channel: &'static str, status: &'static str) -> Written {
    Written { recipient_type, channel, status }
}

fn code() -> BrandCode {
    BrandCode::new(BRAND).unwrap()
}

fn sender() -> Sender {
    Sender { iys_code: IysCode::new(IYS_CODE).unwrap(), brand: code() }
}

async fn rig(ground: &Ground, refusals: Written) -> Rig {
    let settings = Settings { refusals: Some(refusals), ..Settings::default() };
    let rig = Rig::new(ground, world(settings, &[BRAND], 1), Pace::default());
    let brand = Brand::imported(code(), IysCode::new(IYS_CODE).unwrap(), "Örnek".to_owned());
    rig.sink.put_brand(brand, Ages::Given).await.unwrap();
    rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code(), START)]).await.unwrap();
    rig
}

/// Approvals of both types for one phone and of one for another, and a minute later the refusal of the first.
async fn an_hour(rig: &Rig) {
    rig.world(|world, now| {
        for registration in [
            Registration::onay(BRAND, PHONE, Channel::Mesaj),
            Registration::onay(BRAND, PHONE, Channel::Mesaj).tacir(),
            Registration::onay(BRAND, OTHER, Channel::Mesaj),
        ] {
            world.register(&registration, now).unwrap();
        }
    });
    sleep(Duration::from_mins(1)).await;
    rig.world(|world, now| world.register(&Registration::ret(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    sleep(Duration::from_mins(90)).await;
}

fn statuses(ground: &Ground) -> [Option<Status>; 3] {
    let of = |phone, recipient_type| ground.status(BRAND, Cell::new(Channel::Mesaj, recipient_type), phone);
    [of(PHONE, RecipientType::Bireysel), of(PHONE, RecipientType::Tacir), of(OTHER, RecipientType::Bireysel)]
}

fn expected(both: bool) -> [Option<Status>; 3] {
    [Some(Status::Ret), Some(if both { Status::Ret } else { Status::Onay }), Some(Status::Onay)]
}

fn is_stale(ground: &Ground, rig: &Rig) -> bool {
    ground.index.brands().get(code()).unwrap().is_stale(Channel::Mesaj, Moment::of(rig.clock.now()))
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_streams_blocks_however_it_is_written() {
    for (written, both) in SPELLED {
        let ground = Ground::new().await;
        let rig = rig(&ground, written).await;
        rig.start();
        an_hour(&rig).await;
        assert_eq!((statuses(&ground), is_stale(&ground, &rig)), (expected(both), false), "{written:?}");
        assert_eq!(ground.store.gap(code()).unwrap(), None);
        rig.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_days_file_blocks_however_it_is_written() {
    for (written, both) in SPELLED {
        let ground = Ground::new().await;
        let rig = rig(&ground, written).await;
        an_hour(&rig).await;
        sleep(Duration::from_hours(24)).await;
        let report = rig.follower.reconcile(sender(), Day::of(START).unwrap(), true).await.unwrap();
        assert_eq!((report.outcome, report.movements, report.unreadable), (Outcome::Mended, 4, 0), "{written:?}");
        assert!(report.confirmed && statuses(&ground) == expected(both), "{written:?} {:?}", statuses(&ground));
    }
}

#[tokio::test(start_paused = true)]
async fn a_movement_of_the_streams_that_cannot_be_read_opens_a_gap() {
    for written in UNREADABLE {
        let ground = Ground::new().await;
        let rig = rig(&ground, written).await;
        rig.start();
        an_hour(&rig).await;
        assert_eq!(statuses(&ground), [Some(Status::Onay); 3], "it is not applied");
        assert!(ground.store.gap(code()).unwrap().is_some() && is_stale(&ground, &rig), "{written:?}");
        rig.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_with_rows_that_cannot_be_read_is_not_whole() {
    for written in UNREADABLE {
        let ground = Ground::new().await;
        let rig = rig(&ground, written).await;
        an_hour(&rig).await;
        sleep(Duration::from_hours(24)).await;
        let day = Day::of(START).unwrap();
        let report = rig.follower.reconcile(sender(), day, true).await.unwrap();
        assert_eq!((report.outcome, report.unreadable, report.confirmed), (Outcome::Unreadable, 1, false), "{written:?}");
        assert_eq!(rig.world(|world, _| world.count(Endpoint::Agree, 200)), 0, "what was not read is not confirmed");
        let gap = ground.store.gap(code()).unwrap().unwrap();
        assert_eq!((gap.from, gap.to), (day.start(), day.start().plus(86_400)));
    }
}

/// A gap that such a day is to end stays.
#[tokio::test(start_paused = true)]
async fn a_day_with_rows_that_cannot_be_read_ends_no_gap() {
    for (written, left) in [(SPELLED[0].0, false), (UNREADABLE[0], true)] {
        let ground = Ground::new().await;
        let mut rig = rig(&ground, written).await;
        rig.reconciling(&ground);
        an_hour(&rig).await;
        sleep(Duration::from_hours(7 * 24 + 6)).await;
        rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code(), START.plus(60))]).await.unwrap();
        rig.start();
        sleep(Duration::from_hours(2)).await;
        assert_eq!((ground.store.gap(code()).unwrap().is_some(), is_stale(&ground, &rig)), (left, left), "{written:?}");
        rig.stop().await;
    }
}
