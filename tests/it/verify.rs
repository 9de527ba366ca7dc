//! `verify` finds whatever differs between the index that a start fills, the store and its history, and
//! names it; and nothing where nothing does.

use crate::process::failure;
use crate::support::data::fresh;
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, apply, movement};
use crate::support::{Gateway, izingate};
use izingate::api::proto::Movement;
use izingate::config::SecretSource;
use izingate::data::open::{existing, read_only};
use izingate::index::snapshot::SnapshotFile;
use izingate::index::{Index, snapshot};
use izingate::model::consent::channel::Cell;
use izingate::model::consent::key::{Pseudonym, RelationKey};
use izingate::model::consent::record::Record;
use izingate::model::consent::state::{State, Status};
use izingate::model::secret::mac::MacKey;
use izingate::model::secret::pseudonym::Secret;
use izingate::model::text::hex::to_hex;
use izingate::model::time::IysTime;
use std::fs;
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

fn verify(data: &Path) -> Command {
    let mut command = izingate();
    command.arg("verify").arg("--data").arg(data);
    command
}

/// The exit code and what was said, save how long it took.
fn verified(data: &Path) -> (i32, Vec<String>) {
    let output = verify(data).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let (timed, lines): (Vec<_>, Vec<_>) = text.lines().map(str::to_owned).partition(|line| line.starts_with("filled in "));
    assert_eq!(timed.len(), 1, "{output:?}");
    (output.status.code().unwrap(), lines)
}

/// The lines of the summary.
fn summary(origin: &str, counts: [u64; 6], end: &[&str]) -> Vec<String> {
    let names = [
        "revision",
        "relations in the store",
        "relations in the index",
        "in the index alone",
        "states that differ",
        "cells off history",
    ];
    let counts = names.into_iter().zip(counts).map(|(name, count)| format!("{name:<24}{count:>14}"));
    let origin = format!("index filled from {origin}");
    [origin].into_iter().chain(counts).chain(end.iter().map(ToString::to_string)).collect()
}

const SCAN: &str = "a scan of the store: there is no snapshot";
const FIRST: &str = "the snapshot of revision 1 and 0 batches since";
const REMARK: &str = "a start without the folder snapshot in the data directory fills the index from the store alone";

/// A data directory at revision 1, with a snapshot of it, that was told these movements.
fn stopped(data: &Path, movements: Vec<Movement>) {
    let gateway = Gateway::start(&fresh(data.to_owned()));
    Runtime::new().unwrap().block_on(apply(&gateway, movements));
    assert!(gateway.stop().success());
}

fn three() -> Vec<Movement> {
    vec![
        movement(APPROVED, "ONAY", "2026-11-02 10:00:00"),
        movement(REFUSED, "RET", "2026-11-03 10:00:00"),
        Movement { r#type: "EPOSTA".to_owned(), ..movement(EMAIL, "ONAY", "2026-11-04 10:00:00") },
    ]
}

/// Every relation of a directory.
fn records(data: &Path) -> Vec<(RelationKey, Record)> {
    let mut records = Vec::new();
    read_only(data).unwrap().each_record(|relation, record| records.push((relation, record))).unwrap();
    records
}

/// The relation whose only cell is this one.
fn with_cell(data: &Path, cell: Cell, status: Status) -> (RelationKey, Record) {
    let fits = |record: &Record| record.get(cell).is_some_and(|current| current.status == status);
    records(data).into_iter().find(|(_, record)| fits(record)).unwrap()
}

/// Puts a snapshot of these states, whole and of this very directory, in the place of its own.
fn lie(data: &Path, states: impl IntoIterator<Item = (RelationKey, State)>) {
    let secret = Secret::parse(&fs::read_to_string(data.join("secret.key")).unwrap()).unwrap();
    let file = SnapshotFile { path: data.join("snapshot/index.snap"), key: MacKey::of_snapshots(&secret) };
    let identity = snapshot::preface(&file).unwrap().identity;
    let index = Index::new(64 << 20).unwrap();
    for (relation, state) in states {
        index.write().insert(relation.hash(), state).unwrap();
    }
    index.revision().publish(identity.revision);
    snapshot::write(&index, identity, &file).unwrap();
}

#[tokio::test]
async fn nothing_differs_after_movements_and_restarts() {
    let known = Known::start().await;
    let data = known.data();
    let in_use = (1, "DATA_IN_USE".to_owned());
    assert_eq!(failure(&mut verify(&data)), in_use);
    assert!(known.gateway.stop().success());
    assert_eq!(verified(&data), (0, summary(FIRST, [1, 3, 3, 0, 0, 0], &["nothing differs"])));

    let gateway = Gateway::start(&data);
    apply(
        &gateway,
        vec![movement(APPROVED, "RET", "2026-11-05 10:00:00"), movement("+905321234564", "ONAY", "2026-11-05 10:00:00")],
    )
    .await;
    // Older than what is on file: history alone takes it in.
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-01 10:00:00")]).await;
    gateway.kill();
    let since = "the snapshot of revision 1 and 2 batches since";
    assert_eq!(verified(&data), (0, summary(since, [3, 4, 4, 0, 0, 0], &["nothing differs"])));

    fs::write(data.join("snapshot/index.snap"), "").unwrap();
    let fallback = "a scan of the store: the snapshot is of no use, it is cut short";
    assert_eq!(verified(&data), (0, summary(fallback, [3, 4, 4, 0, 0, 0], &["nothing differs"])));
    fs::remove_file(data.join("snapshot/index.snap")).unwrap();
    assert_eq!(verified(&data), (0, summary(SCAN, [3, 4, 4, 0, 0, 0], &["nothing differs"])));
}

/// A change that no code shows: somebody who holds the secret wrote it.
#[test]
fn a_whole_snapshot_that_lies_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    stopped(&data, three());
    let [text, mail] = [Cell::ALL[2], Cell::ALL[4]];
    let (approved, _) = with_cell(&data, text, Status::Onay);
    let (refused, _) = with_cell(&data, text, Status::Ret);
    let (email, _) = with_cell(&data, mail, Status::Onay);
    let stranger = |byte| RelationKey { pseudonym: Pseudonym([byte; 16]), ..approved };
    let onay = State::EMPTY.with(text, Status::Onay);
    // The refusal is an approval now, the e-mail is missing, and nobody knows the strangers.
    lie(&data, [(approved, onay), (refused, onay), (stranger(1), onay), (stranger(2), onay)]);
    let mut named = vec![
        (refused, format!("{} brand 601234, MESAJ BIREYSEL: index ONAY, store RET", to_hex(&refused.pseudonym.0))),
        (email, format!("{} brand 601234, EPOSTA BIREYSEL: index none, store ONAY", to_hex(&email.pseudonym.0))),
    ];
    named.sort();
    let end = summary(FIRST, [1, 3, 4, 2, 2, 0], &["DIFFERENT", REMARK]);
    let expected: Vec<String> = named.into_iter().map(|(_, line)| line).chain(end).collect();
    assert_eq!(verified(&data), (3, expected));

    let strange = State::from_byte(0b1100_0011);
    lie(&data, [(approved, onay), (refused, State::EMPTY.with(text, Status::Ret)), (email, strange)]);
    let (code, lines) = verified(&data);
    let line = "brand 601234, EPOSTA BIREYSEL: index invalid, store ONAY, cells that no e-mail has: index 0xc0";
    assert_eq!((code, lines[0].as_str()), (3, format!("{} {line}", to_hex(&email.pseudonym.0)).as_str()));
    fs::remove_file(data.join("snapshot/index.snap")).unwrap();
    assert_eq!(verified(&data), (0, summary(SCAN, [1, 3, 3, 0, 0, 0], &["nothing differs"])));
}

#[test]
fn a_record_changed_behind_the_stores_back_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    stopped(&data, three());
    let text = Cell::ALL[2];
    let (relation, mut record) = with_cell(&data, text, Status::Ret);
    let mut current = *record.get(text).unwrap();
    (current.status, current.created) = (Status::Onay, IysTime::parse("2026-11-09 10:00:00").unwrap());
    record.set(text, current);
    let stranger = RelationKey { pseudonym: Pseudonym([0xFF; 16]), ..relation };
    let opened = existing(&data, &SecretSource::DataDirectory).unwrap();
    let mut commit = opened.store.begin();
    commit.record(&relation, &record).unwrap();
    commit.record(&stranger, &record).unwrap();
    commit.commit().unwrap();
    drop(opened);

    let name = to_hex(&relation.pseudonym.0);
    let consent = "MESAJ BIREYSEL: consent ONAY of 2026-11-09 10:00:00 from HS_WEB, history";
    let history = [
        format!("{name} brand 601234, {consent} RET of 2026-11-03 10:00:00 from HS_WEB"),
        format!("{} brand 601234, {consent} none", "ff".repeat(16)),
    ];
    let states = [
        format!("{name} brand 601234, MESAJ BIREYSEL: index RET, store ONAY"),
        format!("{} brand 601234, MESAJ BIREYSEL: index none, store ONAY", "ff".repeat(16)),
    ];
    let end = summary(FIRST, [1, 4, 3, 0, 2, 2], &["DIFFERENT", REMARK]);
    let expected: Vec<String> = history.iter().chain(&states).cloned().chain(end).collect();
    assert_eq!(verified(&data), (3, expected));
    // A scan fills the index with what the store says; its history still says otherwise.
    fs::remove_file(data.join("snapshot/index.snap")).unwrap();
    let end = summary(SCAN, [1, 4, 4, 0, 0, 2], &["DIFFERENT"]);
    assert_eq!(verified(&data), (3, history.into_iter().chain(end).collect()));
}

#[test]
fn a_record_of_looks_at_the_list_that_no_history_has_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    stopped(&data, three());
    let mail = Cell::ALL[4];
    let (relation, mut record) = with_cell(&data, mail, Status::Onay);
    let [absent, listed] = ["2026-11-04 11:00:00", "2026-11-04 12:00:00"].map(|time| IysTime::parse(time).unwrap());
    record.observe(mail, Status::Yok, absent);
    record.observe(mail, Status::Onay, listed);
    let opened = existing(&data, &SecretSource::DataDirectory).unwrap();
    let mut commit = opened.store.begin();
    commit.record(&relation, &record).unwrap();
    commit.commit().unwrap();
    drop(opened);
    let named = format!("{} brand 601234, EPOSTA BIREYSEL", to_hex(&relation.pseudonym.0));
    let lines = [
        format!("{named}: not listed at 2026-11-04 11:00:00 by consent, never by history"),
        format!("{named}: listed at 2026-11-04 12:00:00 by consent, never by history"),
    ];
    let end = summary(FIRST, [1, 3, 3, 0, 0, 2], &["DIFFERENT"]);
    assert_eq!(verified(&data), (3, lines.into_iter().chain(end).collect()));
}

#[test]
fn a_hundred_are_named_and_all_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let many = (0..2_500).map(|number| movement(&format!("+90532{number:07}"), "ONAY", "2026-11-02 10:00:00"));
    stopped(&data, many.collect());
    lie(&data, []);
    let named = records(&data).into_iter().take(100);
    let named = named
        .map(|(relation, _)| format!("{} brand 601234, MESAJ BIREYSEL: index none, store ONAY", to_hex(&relation.pseudonym.0)));
    let end = summary(FIRST, [1, 2_500, 0, 0, 2_500, 0], &["DIFFERENT", REMARK]);
    let expected: Vec<String> = named.chain(["and 2400 more".to_owned()]).chain(end).collect();
    assert_eq!(verified(&data), (3, expected));
}

#[test]
fn it_needs_data_and_its_secret() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    assert_eq!(verified(&data), (0, summary(SCAN, [0; 6], &["nothing differs"])));
    let other = dir.path().join("other");
    fs::write(&other, "00".repeat(32)).unwrap();
    assert_eq!(failure(verify(&data).arg("--secret-file").arg(&other)), (1, "WRONG_SECRET".to_owned()));
    let nowhere = dir.path().join("nowhere");
    assert_eq!(failure(&mut verify(&nowhere)), (1, "DATA_MISSING".to_owned()));
    assert!(!nowhere.exists());
}
