//! `kill -9` at any moment: what was acknowledged is there, and the same import again ends in the truth.
#![allow(clippy::print_stdout, reason = "what a long run found is shown with --nocapture")]

use crate::support::ask::{Way, assert_answers, channel, check_one};
use crate::support::data::{Dump, dump, fresh, import_offline};
use crate::support::files::{Oracle, Question};
use crate::support::rng::Rng;
use crate::support::{BRAND, Gateway, add_brand, izingate};
use izingate::api::proto;
use izingate::api::proto::{ApplyRequest, Decision, ExplainRequest, GetStateRequest, HistoryEntry, Movement, Reason, Status};
use izingate::config::SecretSource;
use izingate::data::open::{existing, read_only};
use izingate::ingest::merge::replaces;
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::record::Record;
use izingate::model::time::IysTime;
use izingate::store::codec::{HistoryKey, decode_history};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel as waiting};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[test]
fn killed_imports_of_twenty_thousand_rows() {
    killed_imports(20_000, 1, 3);
}

#[test]
#[ignore = "minutes: make oracle"]
fn killed_imports_of_two_hundred_thousand_rows() {
    (1..=3).for_each(|seed| killed_imports(200_000, seed, 10));
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    killed_gateways(1, 5, 60);
}

#[test]
#[ignore = "minutes: make oracle"]
fn what_was_acknowledged_before_many_kills_is_there_after_them() {
    killed_gateways(2, 40, 400);
}

#[test]
fn no_check_allows_what_a_refusal_before_it_forbade() {
    refused_for_good(200);
}

#[test]
#[ignore = "minutes: make oracle"]
fn no_check_allows_what_any_of_many_refusals_before_it_forbade() {
    refused_for_good(20_000);
}

/// The secret, the store and what it says of itself come one after another; a directory that has only
/// some of them is one that the next start completes.
#[test]
fn a_directory_whose_making_was_killed_can_be_used() {
    let (dir, mut rng, mut unfinished) = (tempfile::tempdir().unwrap(), Rng::new(6), 0);
    for round in 0..10 {
        let data = dir.path().join(format!("round-{round}"));
        let mut command = izingate();
        command.args(["brand", "add", "--brand", "7", "--iys-code", "7", "--title", "Örnek", "--data"]).arg(&data);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && !data.exists() {
            pause(Duration::from_micros(100));
        }
        pause(Duration::from_micros(rng.below(60_000)));
        unfinished += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        add_brand(&data);
        let gateway = Gateway::start(&data);
        assert!(gateway.stop().success(), "round {round}");
    }
    assert!(unfinished > 0, "no kill came while the directory was made");
}

/// Each round: a fresh directory, two kills at moments that the seed chooses, what is on file is whole;
/// then an import to the end, which has to lead to what an import without a kill leads to.
fn killed_imports(rows: u32, seed: u32, rounds: u32) {
    let oracle = Oracle::generate(rows, seed, 20);
    let questions: Arc<[Question]> = [oracle.queries(), oracle.expected()].concat().into();
    let whole = fresh(oracle.dir().join("whole"));
    let begun = Instant::now();
    assert_eq!(start_import(&whole, &oracle.movements(), "512M").wait().unwrap().code(), Some(2));
    let took = begun.elapsed();
    let truth = dump(&whole);
    let (mut rng, mut killed) = (Rng::new(seed.into()), 0);
    for round in 0..rounds {
        let data = fresh(oracle.dir().join(format!("round-{round}")));
        // Sorted in memory, or through files, which the next start goes on with.
        let memory = if round % 2 == 0 { "1M" } else { "512M" };
        for _ in 0..2 {
            let moment = Duration::from_micros(rng.below(1 + took.as_micros() as u64));
            killed += u32::from(kill_import(&data, &oracle.movements(), memory, moment));
            assert_whole(&data, &format!("round {round}, {moment:?}"));
        }
        let imported = import_offline(&data, &[oracle.movements()]);
        assert_eq!((imported.code, imported.count("refused")), (2, 20), "{}", imported.text);
        assert_is_true(&data, &truth, &questions, &format!("round {round}"));
        fs::remove_dir_all(&data).unwrap();
    }
    println!("{rows} rows, seed {seed}: {killed} of {} imports were killed", 2 * rounds);
    assert!(killed >= rounds, "only {killed} imports were under way when they were to be killed");
}

fn assert_is_true(data: &Path, truth: &Dump, questions: &Arc<[Question]>, what: &str) {
    dump(data).assert_same_state(truth, what);
    assert_answers(&Gateway::start(data), &Way::BATCHES, questions);
}

fn start_import(data: &Path, file: &Path, memory: &str) -> Child {
    let mut command = izingate();
    command.args(["import", "--brand", "601234", "--memory", memory, "--data"]).arg(data).arg(file);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Starts an import and kills it; says whether it was still under way.
fn kill_import(data: &Path, file: &Path, memory: &str, moment: Duration) -> bool {
    let mut child = start_import(data, file, memory);
    pause(moment);
    let under_way = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    under_way
}

/// Until a deadline, without an event: a kill comes when nobody expects it.
fn pause(time: Duration) {
    let (_nobody, events) = waiting::<()>();
    assert_eq!(events.recv_timeout(time), Err(RecvTimeoutError::Timeout));
}

/// Every batch is on file whole: each consent is what its movements lead to, and the revision is that of
/// the last change.
fn assert_whole(data: &Path, what: &str) {
    if !data.join("store/CURRENT").exists() {
        return;
    }
    let mut store = read_only(data).unwrap();
    if store.has_open_intent().unwrap() {
        // Part of a batch is on file; whoever opens it next finishes it first.
        drop(store);
        drop(existing(data, &SecretSource::DataDirectory).unwrap());
        store = read_only(data).unwrap();
        assert!(!store.has_open_intent().unwrap(), "{what}");
    }
    let (mut records, mut last_change): (HashMap<RelationKey, Record>, _) = (HashMap::new(), 0);
    let each = |family: &str, key: &[u8], value: &[u8]| match family {
        "changes" => last_change = u64::from_be_bytes(key.try_into().unwrap()),
        "history" => remember(&mut records, key, value),
        _ => {}
    };
    store.each_entry(each).unwrap();
    assert_eq!(store.revision().unwrap(), last_change, "{what}");
    store
        .each_record(|relation, record| {
            let expected = records.remove(&relation).map(|expected| expected.cells().map(|(c, r)| (c, *r)).collect::<Vec<_>>());
            assert_eq!(Some(record.cells().map(|(c, r)| (c, *r)).collect()), expected, "{what}: {relation:?}");
        })
        .unwrap();
    assert_eq!(records.len(), 0, "{what}: movements whose consent is not there");
}

fn remember(records: &mut HashMap<RelationKey, Record>, key: &[u8], value: &[u8]) {
    let (key, value) = (HistoryKey::from_bytes(key).unwrap(), decode_history(value).unwrap());
    let HistoryKey { relation, cell, .. } = key;
    let new = key.record(&value);
    let record = records.entry(relation).or_default();
    if replaces(&new, record.get(cell)) {
        record.set(cell, new);
    }
}

/// 2025-01-01, Türkiye time.
const FIRST_SECOND: u32 = 1_735_678_800;

/// A movement that a gateway may have been told of. Every number is one second and status of its own:
/// even numbers approve, the odd number after it refuses in the same second.
#[derive(Clone, Debug)]
struct Told {
    number: u64,
    recipient: String,
}

impl Told {
    fn created(&self) -> IysTime {
        IysTime::from_unix(FIRST_SECOND + u32::try_from(self.number / 2).unwrap())
    }

    fn status(&self) -> Status {
        if self.number.is_multiple_of(2) { Status::Onay } else { Status::Ret }
    }

    fn transaction(&self) -> String {
        format!("t{:x}", self.number)
    }

    fn message(&self) -> Movement {
        Movement {
            creation_date: self.created().to_string(),
            transaction_id: self.transaction(),
            recipient: self.recipient.clone(),
            r#type: "MESAJ".to_owned(),
            status: self.status().as_str_name().trim_start_matches("STATUS_").to_owned(),
            source: "HS_WEB".to_owned(),
            ..Movement::default()
        }
    }
}

fn phone(number: u64) -> String {
    format!("+90532{number:07}")
}

async fn apply(
    client: &mut proto::consent_service_client::ConsentServiceClient<tonic::transport::Channel>,
    told: &[Told],
) -> Result<u64, tonic::Status> {
    let movements = told.iter().map(Told::message).collect();
    let answer = client.apply(ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() }).await?.into_inner();
    assert_eq!((answer.applied as usize, answer.refused.len()), (told.len(), 0), "{answer:?}");
    Ok(answer.revision)
}

const RECIPIENTS: u64 = 100;
const WRITERS: u64 = 4;

/// Movements that were acknowledged, each with the revision of its acknowledgement.
#[derive(Clone, Default)]
struct Ledger {
    next: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<Vec<(Told, u64)>>>,
}

/// Rounds of writers, a kill in their midst and a restart, all on one directory.
fn killed_gateways(seed: u64, rounds: u32, most_calls: u64) {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let (mut rng, ledger) = (Rng::new(seed), Ledger::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..=rounds {
        let gateway = Gateway::start(&data);
        runtime.block_on(async {
            ledger.assert_kept(&gateway, round).await;
            ledger.write_until_killed(gateway, &mut rng, most_calls).await;
        });
        assert_whole(&data, &format!("round {round}"));
    }
    println!("{} movements were acknowledged in {rounds} rounds, all kept", ledger.acknowledged.lock().unwrap().len());
}

impl Ledger {
    /// Writers at work until a gateway that knows nothing of it is killed after some number of calls.
    async fn write_until_killed(&self, gateway: Gateway, rng: &mut Rng, most_calls: u64) {
        let (calls, mut answered) = mpsc::unbounded_channel();
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let (ledger, mut client) = (self.clone(), gateway.consent().await);
            let (calls, mut rng) = (calls.clone(), Rng::new(rng.next()));
            writers.spawn(async move {
                loop {
                    let told: Vec<Told> = (0..=rng.below(40)).map(|_| ledger.tell(rng.below(RECIPIENTS))).collect();
                    let Ok(revision) = apply(&mut client, &told).await else { return };
                    ledger.acknowledged.lock().unwrap().extend(told.into_iter().map(|told| (told, revision)));
                    let _ = calls.send(());
                }
            });
        }
        for _ in 0..=rng.below(most_calls) {
            answered.recv().await.unwrap();
        }
        gateway.kill();
        writers.join_all().await;
    }

    fn tell(&self, recipient: u64) -> Told {
        Told { number: self.next.fetch_add(1, Ordering::Relaxed), recipient: phone(recipient) }
    }

    /// Everything acknowledged is answered as it was acknowledged.
    async fn assert_kept(&self, gateway: &Gateway, round: u32) {
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let last = acknowledged.iter().map(|(_, revision)| *revision).max().unwrap_or(0);
        let state = gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner();
        assert!(state.revision >= last, "round {round}: revision {} after {last} was acknowledged", state.revision);
        let mut of_recipient: BTreeMap<String, Vec<(Told, u64)>> = BTreeMap::new();
        for (told, revision) in acknowledged {
            of_recipient.entry(told.recipient.clone()).or_default().push((told, revision));
        }
        for (recipient, acknowledged) in of_recipient {
            let history = assert_on_file(gateway, &recipient, &acknowledged, round).await;
            let checked = check_one(&mut gateway.permission().await, &recipient, "MESAJ", last).await;
            // A movement that was told but not acknowledged may be on file too.
            let latest =
                history.iter().max_by_key(|entry| (entry.creation_date, entry.status == i32::from(Status::Ret))).unwrap();
            let expected = if latest.status() == Status::Onay { Reason::Approved } else { Reason::Refused };
            assert_eq!(checked.reason(), expected, "round {round}: {recipient} {history:?}");
        }
    }
}

/// Every acknowledged movement of a recipient is in its history, known since its acknowledgement.
async fn assert_on_file(gateway: &Gateway, recipient: &str, acknowledged: &[(Told, u64)], round: u32) -> Vec<HistoryEntry> {
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: channel("MESAJ"),
        recipient: Some(recipient.to_owned()),
        ..ExplainRequest::default()
    };
    let explained = gateway.permission().await.explain(request).await.unwrap().into_inner();
    let [cell] = &explained.cells[..] else { panic!("round {round}: {recipient}: {explained:?}") };
    let by_id: HashMap<&str, &HistoryEntry> = cell.history.iter().map(|entry| (entry.transaction_id.as_str(), entry)).collect();
    for (told, revision) in acknowledged {
        let entry = by_id.get(told.transaction().as_str()).unwrap_or_else(|| panic!("round {round}: {told:?} is lost"));
        assert_eq!((entry.status(), entry.creation_date), (told.status(), told.created().unix().into()), "{told:?}");
        assert!(entry.revision <= *revision, "round {round}: {told:?} was acknowledged at {revision}, kept as {entry:?}");
    }
    cell.history.clone()
}

/// Refusals acknowledged so far, each with its revision.
type Refused = Arc<Mutex<Vec<(String, u64)>>>;

/// Writers approve and then refuse recipients while late approvals of an earlier second come in;
/// checkers demand the revision of a refusal, or any later one, and must never hear ALLOW.
fn refused_for_good(recipients: u64) {
    let dir = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(&fresh(dir.path().join("data")));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (refused, mut writers, mut checkers) = (Refused::default(), JoinSet::new(), JoinSet::new());
        let (ended, at_end) = tokio::sync::watch::channel(false);
        for first in 0..WRITERS {
            writers.spawn(refuse_each(gateway.consent().await, gateway.permission().await, refused.clone(), first..recipients));
        }
        for seed in 0..2 * WRITERS {
            checkers.spawn(check_refused(gateway.permission().await, refused.clone(), Rng::new(seed), at_end.clone()));
        }
        writers.join_all().await;
        ended.send(true).unwrap();
        let checks: u64 = checkers.join_all().await.into_iter().sum();
        println!("{recipients} refusals, {checks} checks beside them");
        assert!(checks > recipients, "the checkers had their turn: {checks}");
    });
}

/// Every fourth recipient of a range, from approval to refusal.
async fn refuse_each(
    mut client: proto::consent_service_client::ConsentServiceClient<tonic::transport::Channel>,
    mut asker: proto::permission_service_client::PermissionServiceClient<tonic::transport::Channel>,
    refused: Refused,
    recipients: std::ops::Range<u64>,
) {
    for recipient in recipients.step_by(WRITERS as usize) {
        let told = |step: u64| Told { number: 8 * recipient + step, recipient: phone(recipient) };
        let approved = apply(&mut client, &[told(2)]).await.unwrap();
        let answer = check_one(&mut asker, &phone(recipient), "MESAJ", approved).await;
        assert_eq!(answer.reason(), Reason::Approved, "{answer:?}");
        // In the same second as an approval that comes after it.
        let revision = apply(&mut client, &[told(5)]).await.unwrap();
        refused.lock().unwrap().push((phone(recipient), revision));
        let answer = check_one(&mut asker, &phone(recipient), "MESAJ", revision).await;
        assert_eq!(answer.reason(), Reason::Refused, "{answer:?}");
        apply(&mut client, &[told(0), told(4)]).await.unwrap();
    }
}

/// Asks for refusals that someone else had acknowledged; how many times.
async fn check_refused(
    mut client: proto::permission_service_client::PermissionServiceClient<tonic::transport::Channel>,
    refused: Refused,
    mut rng: Rng,
    ended: tokio::sync::watch::Receiver<bool>,
) -> u64 {
    let mut checks = 0;
    while !*ended.borrow() {
        // The freshest ones are where a check may come too early.
        let newest: Vec<(String, u64)> = refused.lock().unwrap().iter().rev().take(8).cloned().collect();
        if newest.is_empty() {
            tokio::task::yield_now().await;
            continue;
        }
        let (recipient, revision) = &newest[rng.below(newest.len() as u64) as usize];
        let demanded = if checks % 2 == 0 { *revision } else { newest[0].1.max(*revision) };
        let answer = check_one(&mut client, recipient, "MESAJ", demanded).await;
        assert_eq!(
            (answer.decision(), answer.reason()),
            (Decision::Deny, Reason::Refused),
            "{recipient} at {demanded}: {answer:?}"
        );
        assert!(answer.revision >= demanded, "{answer:?}");
        checks += 1;
    }
    checks
}
