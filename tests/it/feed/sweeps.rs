//! What a sweep says of an address is an observation of İYS's list: it approves where nothing else speaks, and lifts no
//! refusal that the list cannot know of.

use super::gateway::{BRANDS, following, sweep};
use super::rig::{Ground, IYS_CODE, Rig, world};
use crate::sim::{Registration, Settings};
use crate::support::ask::verdict;
use crate::support::run;
use crate::support::web::{get, post};
use izingate::api::proto::CheckRequest;
use izingate::feed::Pace;
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::movement::{Context, RawMovement, parse};
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;
use izingate::ports::MovementSink;
use std::fs;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::sleep;

const BRAND: u32 = 601_234;
const PHONE: &str = "+905321234567";
const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);

/// Refusals that block [`PHONE`] while İYS's own record of it is another one: without İYS's identity, under the wrong
/// form, without a country code, and of a recipient type that cannot be read.
const UNKNOWN_TO_THE_LIST: [RawMovement<'_>; 4] = [
    RawMovement { created: "", transaction: "", ..refusal(PHONE) },
    refusal("+9005321234567"),
    refusal("5321234567"),
    RawMovement { recipient_type: "KURUMSAL", ..refusal(PHONE) },
];

const fn refusal(recipient: &str) -> RawMovement<'_> {
    RawMovement {
        created: "2025-11-10 12:14:00",
        transaction: "ab12",
        recipient,
        recipient_type: "",
        channel: "MESAJ",
        status: "RET",
        consented: "",
        source: "HS_WEB",
        brand: "",
    }
}

/// A brand that İYS has an approval of [`PHONE`] for, of the start.
async fn approved(ground: &Ground) -> Rig {
    let rig = Rig::new(ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    let brand = BrandCode::new(BRAND).unwrap();
    let on_file = Brand::imported(brand, IysCode::new(IYS_CODE).unwrap(), "Örnek".to_owned());
    rig.sink.put_brand(on_file, Ages::Given).await.unwrap();
    rig.world(|world, now| world.register(&Registration::onay(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    // Until the account's brands are known.
    rig.start();
    sleep(Duration::from_mins(15)).await;
    rig
}

async fn take(ground: &Ground, rig: &Rig, row: &RawMovement<'_>) {
    let brand = BrandCode::new(BRAND);
    let context = Context { pseudonymizer: &ground.pseudonymizer, brand, now: rig.clock.now(), export_as_of: None };
    let movements = parse(row, &context).unwrap().into_movements().collect();
    rig.sink.apply(movements).await.unwrap();
}

/// A sweep of the address, some minutes after whatever happened before; says how many İYS listed.
async fn look(rig: &Rig) -> u32 {
    sleep(Duration::from_mins(20)).await;
    rig.follower.observe(BrandCode::new(BRAND).unwrap(), TEXT, &[PHONE.to_owned()]).await.unwrap().approved
}

fn status(ground: &Ground) -> Option<Status> {
    ground.status(BRAND, TEXT, PHONE)
}

#[tokio::test(start_paused = true)]
async fn a_listing_lifts_no_refusal_that_the_list_cannot_know_of() {
    for row in UNKNOWN_TO_THE_LIST {
        let (before, after) = (Ground::new().await, Ground::new().await);
        let rigs = [approved(&before).await, approved(&after).await];
        // Refused, then listed; listed, then refused, then listed again.
        assert_eq!((look(&rigs[1]).await, status(&after)), (1, Some(Status::Onay)), "{:?}", row.recipient);
        for (ground, rig) in [(&before, &rigs[0]), (&after, &rigs[1])] {
            sleep(Duration::from_mins(20)).await;
            take(ground, rig, &row).await;
            assert_eq!(status(ground), Some(Status::Ret), "{:?}", row.recipient);
            for _ in 0..2 {
                assert_eq!(look(rig).await, 1);
                assert_eq!(status(ground), Some(Status::Ret), "{:?} {:?}", row.recipient, row.recipient_type);
            }
            // İYS's own movement of later is the way on.
            let later = rig.clock.now().to_string();
            take(ground, rig, &RawMovement { created: &later, transaction: "ab13", status: "ONAY", ..refusal(PHONE) }).await;
            assert_eq!(status(ground), Some(Status::Onay), "{:?}", row.recipient);
            rig.stop().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_of_after_iyss_own_refusal_of_the_address_lifts_it_and_a_look_that_does_not_list_it_does_not() {
    let ground = Ground::new().await;
    let rig = approved(&ground).await;
    take(&ground, &rig, &refusal(PHONE)).await;
    assert_eq!((look(&rig).await, status(&ground)), (1, Some(Status::Onay)), "İYS has an approval since");
    rig.world(|world, now| world.register(&Registration::ret(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    assert_eq!((look(&rig).await, status(&ground)), (0, Some(Status::Ret)), "it does not list it any more");
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_calls_itself_a_sweep_is_a_movement_like_any_other() {
    let ground = Ground::new().await;
    let rig = approved(&ground).await;
    take(&ground, &rig, &RawMovement { source: "SWEEP", ..refusal(PHONE) }).await;
    assert_eq!(status(&ground), Some(Status::Ret));
    take(&ground, &rig, &RawMovement { source: "SWEEP", status: "ONAY", created: "2025-11-10 12:13:59", ..refusal(PHONE) }).await;
    assert_eq!(status(&ground), Some(Status::Ret));
    take(&ground, &rig, &RawMovement { created: "", transaction: "", ..refusal(PHONE) }).await;
    let later = "2025-11-10 12:14:01";
    take(&ground, &rig, &RawMovement { source: "SWEEP", status: "ONAY", created: later, transaction: "ab14", ..refusal(PHONE) })
        .await;
    assert_eq!((look(&rig).await, status(&ground)), (1, Some(Status::Ret)), "the one without İYS's identity ranks above them");
    rig.stop().await;
}

/// Over a gateway: a person refuses here, the operator sweeps, and İYS still lists the approval.
#[test]
fn a_gateway_that_sweeps_keeps_a_refusal_that_iys_has_not_heard_of() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (_sim, gateway, texts) = following(&runtime, dir.path());
    let mut approved = texts.into_iter().filter(|(_, status)| *status == Status::Onay).map(|(text, _)| text);
    let [received, wrong_form, left] = [(); 3].map(|()| approved.next().unwrap());
    let list = dir.path().join("list.txt");
    fs::write(&list, format!("{received}\n{wrong_form}\n{left}\n")).unwrap();
    let check = |recipient: &str| {
        let request =
            CheckRequest { brand_code: BRANDS[0], channel: 2, recipient: Some(recipient.to_owned()), ..CheckRequest::default() };
        let answer = runtime.block_on(async { gateway.permission().await.check(request).await.unwrap().into_inner() });
        verdict(&answer)
    };
    let answers = || [&received, &wrong_form, &left].map(|recipient| check(recipient).1);
    let swept = || {
        let swept = sweep(&gateway, &list);
        assert!(String::from_utf8_lossy(&swept.stdout).contains("approved    3\n"), "{swept:?}");
    };
    swept();
    assert_eq!(answers(), ["APPROVED", "APPROVED", "APPROVED"]);
    // Later than everything that İYS holds, and earlier than what was listed.
    let refused = IysTime::now().minus(3_600).to_string();
    let row = |recipient: &str| format!(r#"{{"recipient":"{recipient}","type":"MESAJ","status":"RET","source":"HS_WEB""#);
    let misformed = wrong_form.replacen("+90", "+900", 1);
    let rows = format!("{}}}\n{},\"creationDate\":\"{refused}\",\"transactionId\":\"ab12\"}}\n", row(&received), row(&misformed));
    let taken = runtime.block_on(post(&gateway.http, "/v1/movements?brandCode=601234", "application/x-ndjson", rows));
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!(answers(), ["REFUSED", "REFUSED", "APPROVED"]);
    swept();
    assert_eq!(answers(), ["REFUSED", "REFUSED", "APPROVED"]);
    // People see what the list said beside what decides.
    let explained = |recipient: &str| {
        let url = format!("/v1/explain?brandCode=601234&type=MESAJ&recipient=%2B{}", &recipient[1..]);
        let cells = runtime.block_on(get(&gateway.http, &url)).json()["cells"].clone();
        let cell = cells.as_array().unwrap().iter().find(|cell| cell["type"] == "MESAJ").unwrap().clone();
        let newest = cell["history"][0].clone();
        [cell["status"].clone(), newest["status"].clone(), newest["source"].clone()].map(|text| text.as_str().unwrap().to_owned())
    };
    assert_eq!(explained(&wrong_form), ["RET", "ONAY", "SWEEP"]);
    assert_eq!(explained(&left), ["ONAY", "ONAY", "SWEEP"]);
    assert!(gateway.stop().success());
    let verified = run(&["verify", "--data", dir.path().join("data").to_str().unwrap()]);
    assert!(verified.status.success(), "{verified:?}");
    // A start without a snapshot leads to the same.
    fs::remove_dir_all(dir.path().join("data/snapshot")).unwrap();
    let verified = run(&["verify", "--data", dir.path().join("data").to_str().unwrap()]);
    assert!(verified.status.success(), "{verified:?}");
}
