//! `kill -9` under load: what was answered under `before-answer` is on record and verifies; under `interval` what is missing
//! was answered after the instant that the log names, and is no more than it names.
#![allow(clippy::print_stdout, reason = "what a long run found is shown with --nocapture")]

use super::{ask, from, verified};
use crate::support::known::{APPROVED, REFUSED, STRANGER, apply, movement};
use crate::support::rng::Rng;
use crate::support::{Gateway, add_brand, serve};
use izingate::api::proto::ApplyRequest;
use izingate::api::proto::consent_service_client::ConsentServiceClient;
use izingate::api::proto::permission_service_client::PermissionServiceClient;
use izingate::evidence::entry::Event;
use izingate::evidence::segment::{Body, Frames, sealed_path};
use izingate::evidence::tree::archive::read_seals;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;
use tonic::transport::Channel;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_on_record() {
    killed(1, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make oracle"]
async fn what_was_answered_before_a_hundred_kills_is_on_record() {
    killed(2, 100).await;
}

/// What a caller heard, by decision: before which kill it was answered, and when it was heard, in Unix milliseconds: that
/// may be after the kill, when it lay in the caller's socket.
type Heard = Arc<Mutex<HashMap<u128, (usize, u64)>>>;

async fn killed(seed: u64, rounds: u32) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let start = || {
        let mut command = serve(&data);
        // Small segments, so that kills fall into changes of them too.
        command.envs([("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure"), ("IZINGATE_EVIDENCE_SEGMENT_BYTES", "1048576")]);
        Gateway::spawn(command, &data)
    };
    let gateway = start();
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await;
    assert!(gateway.stop().success());
    let (sure, quick): (Heard, Heard) = Default::default();
    let mut rng = Rng::new(seed);
    let mut kills = Vec::new();
    for round in 0..rounds as usize {
        let gateway = start();
        let mut callers = JoinSet::new();
        // Each batch of movements takes along how far the evidence is.
        callers.spawn(pour(gateway.consent().await));
        for place in 0..6 {
            let client = gateway.permission().await;
            let (name, heard) = if place % 2 == 0 { ("sure", &sure) } else { ("quick", &quick) };
            callers.spawn(load(client, name, (Arc::clone(heard), round), 1 + place * 40));
        }
        tokio::time::sleep(Duration::from_micros(rng.below(400_000))).await;
        gateway.kill();
        kills.push(now());
        callers.join_all().await;
    }
    assert!(start().stop().success());
    let (text, code) = verified(&data);
    assert_eq!(code, Some(0), "{text}");
    let record = Record::read(&data.join("evidence"));
    let missing = |heard: &Heard| {
        let heard = heard.lock().unwrap();
        let missing = heard.iter().filter(|(id, _)| !record.ids.contains(id)).map(|(id, when)| (*id, *when));
        (heard.len(), missing.collect::<Vec<_>>())
    };
    let (of_sure, lost) = missing(&sure);
    assert!(of_sure > 0 && lost.is_empty(), "{} of {of_sure} decisions are not on record", lost.len());
    let (of_quick, lost) = missing(&quick);
    assert_eq!(record.gaps.len(), kills.len(), "every kill left a gap");
    let mut worst = 0;
    for (_, (round, when)) in &lost {
        let (last_durable, _) = record.gaps[*round];
        assert!(
            *when >= last_durable,
            "answered at {when}, before kill {round} at {}, and the log vouches up to {last_durable}: {:?}",
            kills[*round],
            record.gaps
        );
        worst = worst.max(kills[*round].saturating_sub(*when));
    }
    let vouched: u64 = record.gaps.iter().map(|(_, at_most)| at_most).sum();
    assert!(lost.len() as u64 <= vouched);
    println!(
        "{rounds} kills: {of_sure} decisions under before-answer, none missing; {of_quick} under interval, {} missing, \
         answered at most {worst} ms before their kill; {} segments",
        lost.len(),
        record.segments
    );
}

#[expect(clippy::disallowed_methods, reason = "what a caller heard is held against the log's own clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Asks until the gateway is gone; alternately one recipient and a batch of some.
async fn load(mut client: PermissionServiceClient<Channel>, caller: &'static str, heard: (Heard, usize), batch: usize) {
    let many = izingate::api::proto::CheckBatchRequest {
        brand_code: crate::support::BRAND,
        channel: izingate::api::proto::Channel::Mesaj.into(),
        recipients: vec![APPROVED.to_owned(); batch],
        ..Default::default()
    };
    loop {
        let Ok(answer) = client.check(from(caller, ask(REFUSED))).await else { return };
        note(&heard, &answer.into_inner().decision_id, 1);
        let Ok(answer) = client.check_batch(from(caller, many.clone())).await else { return };
        note(&heard, &answer.into_inner().decision_id, batch as u128);
    }
}

/// Hands in movements until the gateway is gone.
async fn pour(mut client: ConsentServiceClient<Channel>) {
    for second in 0_u32.. {
        let created = format!("2026-11-03 10:{:02}:{:02}", second / 60 % 60, second % 60);
        let movements = vec![movement(STRANGER, if second % 2 == 0 { "ONAY" } else { "RET" }, &created)];
        let request = ApplyRequest { brand_code: crate::support::BRAND, movements, ..ApplyRequest::default() };
        if client.apply(request).await.is_err() {
            return;
        }
    }
}

fn note((heard, round): &(Heard, usize), first: &str, count: u128) {
    let first = u128::from_str_radix(first, 16).unwrap();
    let when = now();
    heard.lock().unwrap().extend((0..count).map(|place| (first + place, (*round, when))));
}

/// All that is on record.
struct Record {
    ids: HashSet<u128>,
    /// Of every gap: the last durable instant, and how many can be missing.
    gaps: Vec<(u64, u64)>,
    segments: usize,
}

impl Record {
    fn read(folder: &Path) -> Self {
        let seals = read_seals(folder).unwrap();
        let mut record = Self { ids: HashSet::new(), gaps: Vec::new(), segments: seals.len() };
        for seal in seals {
            let bytes = fs::read(sealed_path(folder, seal.number)).unwrap();
            for frame in Frames::of(&bytes).unwrap() {
                record.take(&frame.unwrap().body);
            }
        }
        record
    }

    fn take(&mut self, body: &Body<'_>) {
        if let Some(Event::Gap { last_durable, at_most, .. }) = body.event() {
            self.gaps.push((last_durable, at_most));
        }
        for entry in body.decisions().map(|decisions| decisions.entries).unwrap_or_default() {
            for place in 0..entry.outcomes.len() as u64 {
                assert!(self.ids.insert(entry.first.plus(place).get()), "an id is on record twice");
            }
        }
    }
}
