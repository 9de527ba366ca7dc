//! The real server around a world.

use super::{BRAND, NOON, P, PHONE, world};
use crate::sim::{Clock, Endpoint, Fault, FaultKind, Moment, Registration, Settings, Sim};
use izingate::model::consent::channel::Channel::Mesaj;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;

async fn start() -> (Sim, reqwest::Client, String) {
    let sim = Sim::start(world(Settings::default()), Clock::fixed(Moment::at(NOON))).await;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let body = json!({"grant_type": "password", "username": "api", "password": "gizli"});
    let reply = client.post(format!("{}/oauth2/token", sim.base_url)).json(&body).send().await.unwrap();
    let tokens: Value = reply.json().await.unwrap();
    let bearer = tokens["access_token"].as_str().unwrap().to_owned();
    (sim, client, bearer)
}

#[tokio::test]
async fn it_answers_over_http_by_its_own_clock() {
    let (sim, client, bearer) = start().await;
    sim.with(|world, now| world.register(&Registration::ret(BRAND, PHONE, Mesaj), now).unwrap());
    let ask = || client.get(format!("{}{P}/consents/changes", sim.base_url)).bearer_auth(&bearer).send();
    let early = ask().await.unwrap();
    assert_eq!((early.status().as_u16(), early.headers()["date"].to_str().unwrap()), (204, "Tue, 10 Mar 2026 09:00:00 GMT"));
    sim.advance(Duration::from_hours(1));
    let page: Value = ask().await.unwrap().json().await.unwrap();
    assert_eq!(page["list"][0]["recipient"], PHONE);
    assert_eq!(sim.with(|world, _| (world.count(Endpoint::Changes, 204), world.count(Endpoint::Changes, 200))), (1, 1));
}

#[tokio::test]
async fn a_reset_and_a_cut_break_the_connection_and_the_next_request_is_well() {
    let (sim, client, bearer) = start().await;
    sim.with(|world, now| world.register(&Registration::ret(BRAND, PHONE, Mesaj), now).unwrap());
    sim.advance(Duration::from_hours(1));
    let ask = || client.get(format!("{}{P}/consents/changes", sim.base_url)).bearer_auth(&bearer).send();
    sim.with(|world, _| world.add_fault(Fault::once(Endpoint::Changes, FaultKind::Reset)));
    assert!(ask().await.is_err());
    sim.with(|world, _| world.add_fault(Fault::once(Endpoint::Changes, FaultKind::Cut(10))));
    let cut = ask().await.unwrap();
    assert_eq!(cut.status(), 200, "headers and ten bytes come through");
    assert!(cut.bytes().await.is_err());
    assert_eq!(ask().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_slow_answer_is_slow() {
    let (sim, _, bearer) = start().await;
    sim.with(|world, _| world.add_fault(Fault::once(Endpoint::Changes, FaultKind::Slow(Duration::from_mins(10)))));
    let hasty = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
    let answer = hasty.get(format!("{}{P}/consents/changes", sim.base_url)).bearer_auth(&bearer).send().await;
    assert!(answer.unwrap_err().is_timeout());
}

#[tokio::test]
async fn it_ends_when_dropped() {
    let (sim, _, _) = start().await;
    let address = sim.base_url.strip_prefix("http://").unwrap().to_owned();
    drop(sim);
    // The runtime lets go of an ended task when it comes to it.
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
