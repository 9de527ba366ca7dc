//! A real gateway that follows a simulated İYS over HTTP, and is killed while it does.

use super::rig::{IYS_CODE, PASSWORD, USER, world};
use crate::sim::{Clock, Endpoint, Fault, FaultKind, Generator, LimitSettings, Registration, Settings, Sim, Truth, When};
use crate::support::rng::Rng;
use crate::support::{Gateway, izingate, run, serve};
use izingate::api::gateway::parts_of;
use izingate::api::proto::{CheckBatchRequest, GetStateRequest, GetStateResponse};
use izingate::config::SecretSource;
use izingate::data::open;
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::state::Status;
use izingate::model::decision::Reason;
use izingate::model::feed::Position;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

pub const BRANDS: [u32; 2] = [601_234, 601_235];
const DAY: u32 = 86_400;

/// A directory with the brands on file, each loaded by a panel export of now, and a configuration that
/// follows a simulator.
pub fn prepared(dir: &Path, base_url: &str) -> (PathBuf, PathBuf) {
    let data = dir.join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("secret.key"), "5e".repeat(32)).unwrap();
    for brand in BRANDS {
        let (brand, data) = (brand.to_string(), data.to_str().unwrap());
        let title = ["--iys-code", "600000", "--title", "Örnek"];
        let output = run(&[&["brand", "add", "--data", data, "--brand", &brand][..], &title].concat());
        assert!(output.status.success(), "{output:?}");
    }
    let (held, store) = open::without_secret(&data, &SecretSource::DataDirectory).unwrap();
    let mut commit = store.begin();
    for brand in BRANDS {
        commit.export_cursor(BrandCode::new(brand).unwrap(), IysTime::now().minus(6 * DAY)).unwrap();
    }
    commit.commit().unwrap();
    drop((store, held));
    let password = dir.join("password");
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let config = dir.join("izingate.toml");
    let text = format!(
        "[iys]\nurl = {base_url:?}\nusername = {USER:?}\npassword_file = \"{}\"\niys_code = {IYS_CODE}\npull_every = \"300ms\"\n",
        password.display()
    );
    fs::write(&config, text).unwrap();
    (data, config)
}

/// Movements of the last six days, enough for some pages of each stream.
pub fn filled(seed: u64) -> crate::sim::World {
    let settings = Settings { limits: LimitSettings { per_second: 1_000, ..LimitSettings::default() }, ..Settings::default() };
    let mut world = world(settings, &BRANDS, seed);
    for brand in BRANDS {
        world.generate(brand, Generator::new(seed, IysTime::now().minus(5 * DAY), 1_500).people(900));
    }
    world
}

pub fn start(data: &Path, config: &Path) -> Gateway {
    let mut command = serve(data);
    command.args(["--config", config.to_str().unwrap()]);
    Gateway::spawn(command, data)
}

fn state(runtime: &Runtime, gateway: &Gateway) -> GetStateResponse {
    let ask = async { gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner() };
    runtime.block_on(ask)
}

/// Waits until every stream was asked to its end; says what the brands then are.
pub fn caught_up(runtime: &Runtime, gateway: &Gateway) -> GetStateResponse {
    loop {
        let state = state(runtime, gateway);
        let near = |complete_to: i64| i64::from(IysTime::now().unix()) - complete_to < 3600 + 30;
        let all = state.brands.iter().all(|brand| brand.fed && brand.streams.iter().all(|stream| near(stream.complete_to)));
        if all {
            return state;
        }
        pause(50);
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing passes by it: between two looks, and the moment of a kill")]
fn pause(milliseconds: u64) {
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
}

/// What İYS holds: nothing happens any more, and all of it is old enough to be shown.
pub fn shown(sim: &Sim, brand: u32) -> Truth {
    sim.with(|world, now| world.truth(brand, now))
}

/// Asks a gateway for every address of a truth.
fn assert_answers(runtime: &Runtime, gateway: &Gateway, brand: u32, truth: &Truth) {
    let mut by_cell: BTreeMap<Cell, Vec<(String, Status)>> = BTreeMap::new();
    // A number of the wrong form is never found, as at İYS.
    for ((recipient, channel, recipient_type), status) in
        truth.iter().filter(|((recipient, ..), _)| !recipient.starts_with("+900"))
    {
        by_cell.entry(Cell::new(*channel, *recipient_type)).or_default().push((recipient.clone(), *status));
    }
    for (cell, known) in by_cell {
        let request = CheckBatchRequest {
            brand_code: brand,
            channel: cell.channel as i32 + 1,
            recipient_type: cell.recipient_type as i32 + 1,
            recipients: known.iter().map(|(recipient, _)| recipient.clone()).collect(),
            ..CheckBatchRequest::default()
        };
        let answer = runtime.block_on(async { gateway.permission().await.check_batch(request).await.unwrap().into_inner() });
        for ((recipient, status), result) in known.iter().zip(&answer.results) {
            let reason = if *status == Status::Onay { Reason::Approved } else { Reason::Refused };
            let verdict = parts_of(*result);
            assert_eq!(verdict, (reason.decision(), reason), "{brand} {cell:?} {recipient} {status:?}");
        }
    }
}

/// What happens ends two hours ago, so that a truth stays what it is.
pub fn ended(sim: &Sim) {
    let past = crate::sim::Moment::from_time(IysTime::now().minus(2 * 3600));
    sim.with(|world, _| {
        for brand in BRANDS {
            world.truth(brand, past);
            world.generate(brand, Generator::new(0, IysTime::now(), 0));
        }
    });
}

#[test]
fn a_gateway_keeps_its_brands_current_and_says_how_fresh_they_are() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let past = crate::sim::Moment::from_time(IysTime::now().minus(2 * 3600));
    let sim = runtime.block_on(Sim::start(filled(3), Clock::real()));
    sim.with(|world, _| {
        let at = past.time().to_string();
        let one = Registration::onay(BRANDS[0], "+905301112233", Channel::Mesaj).created(&at);
        world.register(&one, past).unwrap();
    });
    ended(&sim);
    let (data, config) = prepared(dir.path(), &sim.base_url);
    let gateway = start(&data, &config);
    let state = caught_up(&runtime, &gateway);
    let names: Vec<&str> = state.feeds.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["discovery", "pull 1", "pull 2", "pull 3", "pull 4", "reconcile"]);
    assert!(state.feeds.iter().all(|task| task.state == "running" && task.restarts == 0), "{:?}", state.feeds);
    for brand in &state.brands {
        assert_eq!((brand.fed, brand.stale.len(), brand.gap), (true, 0, None));
        assert!((3600..3640).contains(&brand.age_seconds), "{}", brand.age_seconds);
    }
    for brand in BRANDS {
        assert_answers(&runtime, &gateway, brand, &shown(&sim, brand));
    }
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(!log.contains(PASSWORD) && !log.contains("+905301112233"), "{log}");
    assert!(gateway.stop().success());
}

#[test]
fn a_gateway_that_is_killed_again_and_again_loses_nothing_and_its_position_is_never_ahead() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let sim = runtime.block_on(Sim::start(filled(11), Clock::real()));
    ended(&sim);
    let (data, config) = prepared(dir.path(), &sim.base_url);
    let mut rng = Rng::new(5);
    for kill in 0..12 {
        let gateway = start(&data, &config);
        // Somewhere in the first pages, which come at most 10 a second.
        pause(rng.below(900));
        gateway.kill();
        assert_positions_are_not_ahead(&data, &sim, kill);
        // As if hours lay between: ten starts in one would be all its logins.
        let _ = fs::remove_file(data.join("iys-usage.json"));
    }
    let gateway = start(&data, &config);
    caught_up(&runtime, &gateway);
    for brand in BRANDS {
        assert_answers(&runtime, &gateway, brand, &shown(&sim, brand));
    }
    assert!(gateway.stop().success());
    let verified = izingate().args(["verify", "--data", data.to_str().unwrap()]).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_gateway_whose_hour_of_logins_was_spent_by_earlier_starts_waits_and_says_why() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let sim = runtime.block_on(Sim::start(filled(3), Clock::real()));
    let (data, config) = prepared(dir.path(), &sim.base_url);
    let usage = data.join("iys-usage.json");
    let logins = vec![IysTime::now().unix(); 9];
    fs::write(&usage, serde_json::json!({ "version": 1, "logins": logins, "hours": [] }).to_string()).unwrap();
    let logged_in = || sim.with(|world, _| world.count(Endpoint::Token, 200));
    let gateway = start(&data, &config);
    caught_up(&runtime, &gateway);
    assert_eq!(logged_in(), 1, "the tenth");
    gateway.kill();

    let gateway = start(&data, &config);
    let begun = std::time::Instant::now();
    let waits = loop {
        let state =
            runtime.block_on(async { gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner() });
        let discovery = state.feeds.into_iter().find(|task| task.name == "discovery");
        if let Some(task) = discovery.filter(|task| task.state != "running") {
            break task;
        }
        assert!(begun.elapsed().as_secs() < 60);
        pause(50);
    };
    assert_eq!(waits.state, "waiting");
    assert!(waits.detail.starts_with("this hour's logins are spent, those of before a restart among them"), "{}", waits.detail);
    assert_eq!(logged_in(), 1);
    let asked = run(&["reconcile", "--brand", "601234", "--date", "2026-11-20", "--endpoint", &gateway.http]);
    let told = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(told.contains("the account's brands are not known yet: this hour's logins"), "{told}");
    assert!(gateway.stop().success());
}

/// Whatever was registered before both streams are complete to is on record.
fn assert_positions_are_not_ahead(data: &Path, sim: &Sim, kill: u32) {
    let store = open::read_only(data).unwrap();
    let mut complete: BTreeMap<BrandCode, Vec<Position>> = BTreeMap::new();
    for (brand, _, position) in store.positions().unwrap() {
        complete.entry(brand).or_default().push(position);
    }
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([0x5e; 32]));
    for (brand, positions) in complete.into_iter().filter(|(_, positions)| positions.len() == 2) {
        let to = positions.iter().map(|position| position.complete_to).min().unwrap();
        let truth = sim.with(|world, now| world.truth(brand.get(), now));
        for ((recipient, channel, recipient_type), status) in truth {
            let cell = Cell::new(channel, recipient_type);
            let standing = sim.with(|world, _| world.brand(brand.get()).standing(&recipient, cell)).unwrap();
            if standing.created >= to {
                continue;
            }
            let address = Recipient::parse_approval(&recipient, channel).unwrap();
            let relation = RelationKey::of_brand(pseudonymizer.recipient(&address), brand);
            let record = store.records(&[relation]).unwrap().pop().flatten();
            let held = record.and_then(|record| record.status(cell));
            assert_eq!(held, Some(status), "kill {kill}: {recipient} of {} is before {to}", standing.created);
        }
    }
}

/// A gateway that has caught up with its brands, and what İYS holds of the first one's BIREYSEL texts.
pub fn following(runtime: &Runtime, dir: &Path) -> (Sim, Gateway, Vec<(String, Status)>) {
    let sim = runtime.block_on(Sim::start(filled(17), Clock::real()));
    ended(&sim);
    let (data, config) = prepared(dir, &sim.base_url);
    let gateway = start(&data, &config);
    caught_up(runtime, &gateway);
    let text = |((recipient, channel, kind), status): ((String, Channel, RecipientType), Status)| {
        let fits = (channel, kind) == (Channel::Mesaj, RecipientType::Bireysel) && !recipient.starts_with("+900");
        fits.then_some((recipient, status))
    };
    let texts = shown(&sim, BRANDS[0]).into_iter().filter_map(text).collect();
    (sim, gateway, texts)
}

pub fn sweep(gateway: &Gateway, list: &Path) -> std::process::Output {
    let list = list.to_str().unwrap();
    run(&["iys", "sweep", "--brand", "601234", "--type", "MESAJ", "--endpoint", &gateway.http, list])
}

#[test]
fn a_sweep_of_a_list_goes_on_where_it_was_broken_off_and_leaves_no_address() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (sim, gateway, texts) = following(&runtime, dir.path());
    let approved = texts.iter().filter(|(_, status)| *status == Status::Onay).count();
    // Two steps: those that İYS knows and 1,500 that it does not; and one line that is no address.
    let strangers = (0..1_500).map(|number| format!("+90599{number:07}"));
    let lines: Vec<String> =
        ["telefon".to_owned()].into_iter().chain(texts.iter().map(|(text, _)| text.clone())).chain(strangers).collect();
    let list = dir.path().join("list.csv");
    fs::write(&list, lines.join("\n")).unwrap();
    let later = Fault::new(Endpoint::MultiStatus, FaultKind::NoRight, When::Always);
    sim.with(|world, _| world.add_fault(later));
    let refused = sweep(&gateway, &list);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("IYS_REFUSED") && told.contains("0 addresses are done"), "{told}");
    sim.with(|world, _| world.clear_faults());
    let done = sweep(&gateway, &list);
    assert!(done.status.success(), "{done:?}");
    let (all, known) = (lines.len(), texts.len());
    let expected = format!(
        "addresses   {all}\napproved    {approved}\nnot listed  {}\ninvalid     1\nrepeated    0\n",
        known - approved + 1_500
    );
    assert_eq!(String::from_utf8_lossy(&done.stdout), expected);
    assert!(!dir.path().join("list.csv.sweep").exists());
    assert_answers(&runtime, &gateway, BRANDS[0], &shown(&sim, BRANDS[0]));
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(!log.contains("+90599") && !log.contains("90599000"), "{log}");
}

#[test]
fn a_sweep_that_is_cut_in_the_middle_asks_for_nothing_twice() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (sim, gateway, _) = following(&runtime, dir.path());
    let list = dir.path().join("list.txt");
    fs::write(&list, (0..2_500).map(|number| format!("+90599{number:07}\n")).collect::<String>()).unwrap();
    // What a sweep leaves that was killed behind its second step.
    let whole = fs::read(&list).unwrap();
    let state = format!(
        r#"{{"sweep":{{"brandCode":601234,"type":"MESAJ","recipientType":"BIREYSEL","list":"{:032x}"}},"done":{{"offset":{},"lines":2000,"approved":0,"notListed":2000,"invalid":0}}}}"#,
        xxhash_rust::xxh3::xxh3_128(&whole),
        whole.len() / 2_500 * 2_000
    );
    fs::write(dir.path().join("list.txt.sweep"), state).unwrap();
    let before = sim.with(|world, _| world.asked(Endpoint::MultiStatus));
    let done = sweep(&gateway, &list);
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("addresses   2500\n"), "{done:?}");
    assert_eq!(sim.with(|world, _| world.asked(Endpoint::MultiStatus)) - before, 1);
}

#[test]
fn a_day_is_reconciled_by_command() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let (_sim, gateway, _) = following(&runtime, dir.path());
    let date = IysTime::now().minus(2 * DAY).to_string()[..10].to_owned();
    let ask =
        |date: &str, brand: &str| run(&["reconcile", "--brand", brand, "--date", date, "--endpoint", &gateway.http, "--json"]);
    let agrees = ask(&date, "601234");
    let report: serde_json::Value = serde_json::from_slice(&agrees.stdout).unwrap();
    assert_eq!(agrees.status.code(), Some(0), "{agrees:?}");
    assert_eq!((&report["outcome"], &report["date"], &report["missing"]), (&"AGREES".into(), &date.as_str().into(), &0.into()));
    assert_eq!(report["hash"], report["agreedHash"]);
    for (date, brand, code) in
        [("2020-01-01", "601234", "IYS_REFUSED"), ("today", "601234", "INVALID_FIELD"), (date.as_str(), "7", "BRAND_NOT_FED")]
    {
        let refused = ask(date, brand);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && told.contains(code), "{date} {brand}: {told}");
    }
}
