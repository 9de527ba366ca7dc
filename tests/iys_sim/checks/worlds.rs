//! Worlds made of a seed, and the truth of them.

use super::{BRAND, Bench, NOON, P, PHONE};
use crate::sim::{Generator, Moment, Registration, Truth};
use izingate::model::consent::channel::Channel::Mesaj;
use izingate::model::consent::channel::{Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

fn holds(bench: &mut Bench) -> Status {
    let now = bench.now;
    bench.world.truth(BRAND, now)[&(PHONE.to_owned(), Channel::Mesaj, RecipientType::Bireysel)]
}

#[test]
fn the_latest_creation_date_holds_and_of_one_second_the_ret() {
    let onay = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:00");
    let ret = Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:00");
    for order in [[onay, ret], [ret, onay]] {
        let mut bench = Bench::new();
        for movement in &order {
            bench.register(movement);
        }
        assert_eq!(holds(&mut bench), Status::Ret);
        let later = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:01").consented("2020-01-01 00:00:00");
        bench.register(&later);
        assert_eq!(holds(&mut bench), Status::Onay, "consentDate never decides");
        bench.register(&ret);
        assert_eq!(holds(&mut bench), Status::Onay, "nor does the order of arrival");
    }
}

fn seeded(seed: u64) -> Bench {
    let mut bench = Bench::new();
    let from = IysTime::parse("2026-03-05 00:00:00").unwrap();
    bench.world.generate(BRAND, Generator::new(seed, from, 600).people(150));
    bench
}

/// Every item of both streams.
fn pulled(bench: &mut Bench) -> Vec<Value> {
    let mut items = Vec::new();
    for source in ["HS", "IYS"] {
        let mut after = String::new();
        loop {
            let reply = bench.get(&format!("{P}/consents/changes?source={source}&after={after}"));
            if reply.status == 204 {
                break;
            }
            items.extend(reply.json()["list"].as_array().unwrap().clone());
            reply.json()["after"].as_str().unwrap().clone_into(&mut after);
        }
    }
    items
}

#[test]
fn what_the_streams_tell_is_the_truth_of_an_hour_ago() {
    let mut bench = seeded(7);
    let items = pulled(&mut bench);
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let mut last: BTreeMap<_, (String, bool)> = BTreeMap::new();
    for item in &items {
        let channel = Channel::from_name(&text(item, "type")).unwrap();
        let key = (text(item, "recipient"), channel, RecipientType::from_name(&text(item, "recipientType")).unwrap());
        // The greater of (second, whether it is a RET) holds.
        let told = (text(item, "creationDate"), text(item, "status") == "RET");
        let held = last.entry(key).or_insert_with(|| told.clone());
        *held = told.max(held.clone());
    }
    let heard: Truth = last.into_iter().map(|(key, (_, ret))| (key, if ret { Status::Ret } else { Status::Onay })).collect();
    let an_hour_ago = Moment::at("2026-03-10 11:00:00");
    assert_eq!(heard, seeded(7).world.truth(BRAND, an_hour_ago));
    assert!(items.len() > 3000 && heard.len() > 150, "{} {}", items.len(), heard.len());
    assert!(heard.values().any(|status| *status == Status::Ret));
}

#[test]
fn a_seed_makes_the_same_world_however_it_is_asked() {
    let noon = Moment::at(NOON);
    let truth = seeded(7).world.truth(BRAND, noon);
    let mut asked_often = seeded(7);
    for hours in 1..100 {
        asked_often.world.truth(BRAND, noon.minus(Duration::from_hours(100 - hours)));
    }
    assert_eq!(asked_often.world.truth(BRAND, noon), truth);
    assert_eq!(pulled(&mut seeded(7)), pulled(&mut seeded(7)));
    assert_ne!(seeded(8).world.truth(BRAND, noon), truth);
}

#[test]
fn what_is_forgotten_stays_true() {
    let mut bench = seeded(7);
    let before = bench.world.truth(BRAND, bench.now);
    let all = pulled(&mut bench).len();
    bench.world.forget_before(IysTime::parse("2026-03-09 00:00:00").unwrap());
    let left = pulled(&mut bench);
    assert!(!left.is_empty() && left.len() < all / 2, "{} of {all}", left.len());
    assert!(left.iter().all(|item| item["creationDate"].as_str().unwrap() >= "2026-03-09"));
    assert_eq!(bench.world.truth(BRAND, bench.now), before);
}
