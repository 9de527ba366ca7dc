//! Retailers' access, asked for at İYS and taken in.

use super::rig::{Ground, IYS_CODE, PASSWORD, Rig, START, USER, world};
use crate::sim::{Clock, Endpoint, Fault, FaultKind, Settings, Sim, When};
use crate::support::data::fresh;
use crate::support::{BRAND, Gateway, run, serve};
use izingate::feed::Pace;
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::retailer::{Access, Retailer};
use izingate::model::brand::{BrandCode, RetailerCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::source::Source;
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;
use izingate::ports::{FeedControl, FeedRefused, MovementSink, RetailersSeen};
use std::fs;
use std::time::Duration;
use tokio::time::sleep;

const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
const CALL: Cell = Cell::new(Channel::Arama, RecipientType::Bireysel);
const PHONE: &str = "+905321234567";

fn code() -> BrandCode {
    BrandCode::new(BRAND).unwrap()
}

fn relation(ground: &Ground, retailer: u32) -> RelationKey {
    let recipient = ground.pseudonymizer.recipient(&Recipient::parse(PHONE, Channel::Mesaj).unwrap());
    RelationKey { retailer: RetailerCode::new(retailer), ..RelationKey::of_brand(recipient, code()) }
}

/// What is on file of retailers 1 to 4, of MESAJ and of ARAMA.
fn on_file(ground: &Ground) -> [[Option<Status>; 2]; 4] {
    [1, 2, 3, 4].map(|retailer| {
        let state = ground.index.get(relation(ground, retailer).hash());
        [TEXT, CALL].map(|cell| state.get(cell))
    })
}

/// An operator notes access.
async fn note(ground: &Ground, rig: &Rig, retailer: u32, cell: Cell, allowed: bool, at: IysTime) {
    let RelationKey { pseudonym: recipient, brand, .. } = relation(ground, retailer);
    let retailer = Retailer::new(retailer).unwrap();
    let access = Access { recipient, brand, retailer, cell, allowed, at, source: Source::LOCAL_ACCESS };
    rig.sink.apply(vec![access.movement()]).await.unwrap();
}

fn seen(codes: &[u32], revision: u64) -> RetailersSeen {
    RetailersSeen { retailers: codes.iter().map(|code| Retailer::new(*code).unwrap()).collect(), revision }
}

async fn followed(ground: &Ground) -> Rig {
    let rig = Rig::new(ground, world(Settings::default(), &[BRAND], 1), Pace::default());
    rig.start();
    sleep(Duration::from_mins(1)).await;
    rig
}

async fn refresh(rig: &Rig, cell: Cell) -> Result<RetailersSeen, FeedRefused> {
    FeedControl::refresh(&rig.follower, code(), cell, "0532 123 45 67".to_owned()).await
}

#[tokio::test(start_paused = true)]
async fn those_listed_have_access_and_those_on_file_that_are_not_have_it_no_more() {
    const NEVER: [Option<Status>; 2] = [None, None];
    let [has, had] = [Status::Onay, Status::Ret].map(Some);
    let ground = Ground::new().await;
    let rig = followed(&ground).await;
    for retailer in [2, 3] {
        note(&ground, &rig, retailer, TEXT, true, START).await;
        note(&ground, &rig, retailer, CALL, true, START).await;
    }
    rig.world(|world, _| world.set_retailers(BRAND, PHONE, TEXT, &[1, 2]));
    let revision = ground.index.revision().get();
    assert_eq!(refresh(&rig, TEXT).await, Ok(seen(&[1, 2], revision + 1)));
    assert_eq!(on_file(&ground), [[has, None], [has, has], [had, has], NEVER], "of MESAJ alone was asked");
    rig.world(|world, _| world.set_retailers(BRAND, PHONE, TEXT, &(1..=130).collect::<Vec<_>>()));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(refresh(&rig, TEXT).await.unwrap().retailers.len(), 130);
    assert_eq!(on_file(&ground), [[has, None], [has, has], [has, has], [has, None]]);
    rig.world(|world, _| world.set_retailers(BRAND, PHONE, TEXT, &[]));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(refresh(&rig, TEXT).await.unwrap().retailers, []);
    assert_eq!(on_file(&ground), [[had, None], [had, has], [had, has], [had, None]]);
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_operator_notes_later_stands_above_what_iys_told() {
    let ground = Ground::new().await;
    let rig = followed(&ground).await;
    rig.world(|world, _| world.set_retailers(BRAND, PHONE, TEXT, &[1, 2]));
    let now = rig.clock.now();
    note(&ground, &rig, 2, TEXT, false, now.plus(60)).await;
    note(&ground, &rig, 3, TEXT, true, now.plus(60)).await;
    refresh(&rig, TEXT).await.unwrap();
    let states = on_file(&ground).map(|[text, _]| text);
    assert_eq!(states, [Some(Status::Onay), Some(Status::Ret), Some(Status::Onay), None]);
    // As of the moment of İYS's look or a little before, so a revocation of that second holds.
    note(&ground, &rig, 1, TEXT, false, now).await;
    assert_eq!(on_file(&ground)[0][0], Some(Status::Ret));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_in_of_an_answer_that_does_not_come() {
    let ground = Ground::new().await;
    let rig = followed(&ground).await;
    note(&ground, &rig, 1, TEXT, true, START).await;
    let revision = ground.index.revision().get();
    rig.world(|world, _| world.add_fault(Fault::new(Endpoint::Retailers, FaultKind::NoRight, When::Always)));
    assert!(matches!(refresh(&rig, TEXT).await, Err(FeedRefused::Refused(_))));
    let stranger = BrandCode::new(9).unwrap();
    let asked = FeedControl::refresh(&rig.follower, stranger, TEXT, PHONE.to_owned()).await;
    assert_eq!(asked, Err(FeedRefused::NotFed(stranger)));
    for recipient in ["", "a@ornek.com", "12"] {
        let asked = FeedControl::refresh(&rig.follower, code(), TEXT, recipient.to_owned()).await;
        assert!(matches!(asked, Err(FeedRefused::Invalid(_))), "{recipient:?}");
    }
    assert_eq!((on_file(&ground)[0][0], ground.index.revision().get()), (Some(Status::Onay), revision));
    rig.stop().await;
}

#[test]
fn a_refresh_by_command_through_a_gateway_over_http() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(Settings::default(), &[BRAND], 1);
    world.set_retailers(BRAND, PHONE, TEXT, &[7, 54_856_321]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sim = runtime.block_on(Sim::start(world, Clock::real()));
    let data = fresh(dir.path().join("data"));
    let (password, config) = (dir.path().join("password"), dir.path().join("izingate.toml"));
    fs::write(&password, PASSWORD).unwrap();
    let url = &sim.base_url;
    let text =
        format!("[iys]\nurl = {url:?}\nusername = {USER:?}\npassword_file = \"{}\"\niys_code = {IYS_CODE}\n", password.display());
    fs::write(&config, text).unwrap();
    let mut command = serve(&data);
    command.args(["--config", config.to_str().unwrap()]);
    let gateway = Gateway::spawn(command, &data);
    let ask = |brand: &str, recipient: &str| {
        let args = ["retailer", "refresh", "--brand", brand, "--type", "MESAJ", "--recipient", recipient, "--endpoint"];
        run(&[&args[..], &[&gateway.http]].concat())
    };
    // Discovery finds the brand soon.
    let mut told = ask("601234", PHONE);
    while String::from_utf8_lossy(&told.stderr).contains("BRAND_NOT_FED") {
        told = ask("601234", PHONE);
    }
    let text = String::from_utf8(told.stdout).unwrap();
    let revision = text.lines().last().unwrap();
    assert_eq!(text, format!("retailer  7\nretailer  54856321\n2 with access\n{revision}\n"));
    let refused = ask("9", PHONE);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("BRAND_NOT_FED"), "{refused:?}");
    let refused = ask("601234", "a@ornek.com");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("INVALID_FIELD"), "{refused:?}");
    assert!(!fs::read_to_string(&gateway.log).unwrap().contains("5321234567"));
}
