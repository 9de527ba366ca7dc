//! Erasures (KVKK): what is erased is gone from every answer and every file but the evidence, nothing of before
//! brings it back, what comes later counts, and a kill leaves nothing by halves.

mod kills;

use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::data::{fresh, import_offline};
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, apply, movement};
use crate::support::search::Needles;
use crate::support::{BRAND, Gateway, add_brand, izingate, run, serve};
use izingate::api::proto;
use izingate::api::proto::watch_event::Event;
use izingate::api::proto::{
    ApplyRequest, Brand, ChangeBatch, CloseLineRequest, EraseRecipientRequest, EraseRecipientResponse, ExplainRequest, Movement,
    PutBrandRequest, WatchRequest,
};
use izingate::data::open::read_only;
use izingate::model::address::recipient::Recipient;
use izingate::model::consent::key::Pseudonym;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::text::hex::to_hex;
use izingate::model::time::IysTime;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tonic_types::StatusExt;

/// Another brand that knows the same recipients.
const OTHER: u32 = 601_235;

fn unix(text: &str) -> i64 {
    IysTime::parse(text).unwrap().unix().into()
}

fn asked(recipient: &str, reason: &str) -> EraseRecipientRequest {
    let erased_at = unix("2026-11-05 10:00:00");
    EraseRecipientRequest { recipient: recipient.to_owned(), brand_code: 0, erased_at, reason: reason.to_owned() }
}

async fn erase(gateway: &Gateway, request: EraseRecipientRequest) -> EraseRecipientResponse {
    gateway.admin().await.erase_recipient(request).await.unwrap().into_inner()
}

/// The stable code and the text of a refusal.
async fn refused(gateway: &Gateway, request: EraseRecipientRequest) -> (String, String) {
    let status = gateway.admin().await.erase_recipient(request).await.unwrap_err();
    (status.get_error_details().error_info().unwrap().reason.clone(), status.message().to_owned())
}

async fn reason(gateway: &Gateway, recipient: &str, channel: &str) -> String {
    verdict(&check_one(&mut gateway.permission().await, recipient, channel, 0).await).1
}

async fn known_cells(gateway: &Gateway, recipient: &str) -> usize {
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: proto::Channel::Mesaj.into(),
        recipient: Some(recipient.to_owned()),
        ..ExplainRequest::default()
    };
    gateway.permission().await.explain(request).await.unwrap().into_inner().cells.len()
}

fn day_file(path: &Path, rows: &[(&str, &str, &str)]) {
    let row = |(recipient, status, at): &(&str, &str, &str)| format!("{at},ab12,{recipient},BIREYSEL,MESAJ,{status},,HS_WEB\n");
    let header = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n";
    fs::write(path, header.to_owned() + &rows.iter().map(row).collect::<String>()).unwrap();
}

/// What a follower of everything that is kept holds, and in which batches it heard of each recipient.
async fn followed(gateway: &Gateway, through: u64) -> (BTreeMap<(Vec<u8>, u32), u32>, BTreeMap<Vec<u8>, Vec<u64>>) {
    let mut events = gateway.consent().await.watch(WatchRequest { from_revision: 0 }).await.unwrap().into_inner();
    let (mut held, mut told, mut last) = (BTreeMap::new(), BTreeMap::<_, Vec<u64>>::new(), 0);
    while last < through {
        let Some(Event::Batch(ChangeBatch { revision, changes, more, .. })) = events.message().await.unwrap().unwrap().event
        else {
            continue;
        };
        assert!(!more && revision > last, "{revision} after {last}");
        last = revision;
        for change in changes {
            told.entry(change.recipient.clone()).or_default().push(revision);
            held.insert((change.recipient, change.brand_code), change.state);
        }
    }
    (held, told)
}

fn pseudonym(recipient: &str, secret: &str) -> Pseudonym {
    Pseudonymizer::new(&Secret::parse(secret).unwrap()).recipient(&Recipient::parse_any(recipient).unwrap())
}

fn verify(data: &Path) -> String {
    let output = run(&["verify", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn nothing_of_before_comes_back_and_what_comes_later_counts() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let old = || vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00"), movement(APPROVED, "RET", "2026-11-05 10:00:00")];

    let erased = erase(gateway, asked("0532 123 45 61", "KVKK")).await;
    // One revision for the number, one for the wrong form that İYS may have of it.
    assert_eq!(erased, EraseRecipientResponse { revision: 3, relations: 1, movements: 1 });
    let answer = check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 3).await;
    assert_eq!(answer.reason(), proto::Reason::NoRecord);
    assert_eq!(known_cells(gateway, APPROVED).await, 0);
    assert_eq!(
        (reason(gateway, REFUSED, "MESAJ").await, reason(gateway, EMAIL, "EPOSTA").await),
        ("REFUSED".into(), "APPROVED".into())
    );

    let again = apply(gateway, old()).await;
    assert_eq!((again.revision, again.applied, again.unchanged), (3, 0, 2));
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "NO_RECORD");
    let repeated = erase(gateway, asked(APPROVED, "")).await;
    assert_eq!(repeated, EraseRecipientResponse { revision: 3, relations: 0, movements: 0 }, "it is erased already");
    let Known { gateway, dir } = known;
    assert!(gateway.stop().success());

    let (data, file) = (dir.path().join("data"), dir.path().join("day.csv"));
    day_file(&file, &[(APPROVED, "ONAY", "2026-11-02 10:00:00"), (APPROVED, "ONAY", "2026-11-05 10:00:00")]);
    let imported = import_offline(&data, &[&file]);
    assert_eq!((imported.code, imported.count("applied"), imported.count("unchanged")), (0, 0, 2), "{}", imported.text);
    assert!(verify(&data).ends_with("nothing differs\n"));
    let gateway = Gateway::start(&data);
    assert_eq!(reason(&gateway, APPROVED, "MESAJ").await, "NO_RECORD");
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-05 10:00:01")]).await;
    assert_eq!(reason(&gateway, APPROVED, "MESAJ").await, "APPROVED");
    apply(&gateway, old()).await;
    assert_eq!((reason(&gateway, APPROVED, "MESAJ").await, known_cells(&gateway, APPROVED).await), ("APPROVED".into(), 1));
}

#[tokio::test]
async fn an_erasure_comes_before_what_it_takes_away_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let (file, erased) = (dir.path().join("day.csv"), run_erase(&data, APPROVED, &[]));
    assert_eq!(erased, "erased    0 relations, 0 movements\nrevision  2\n");
    day_file(&file, &[(APPROVED, "ONAY", "2026-11-02 10:00:00"), (REFUSED, "ONAY", "2026-11-02 10:00:00")]);
    let imported = import_offline(&data, &[&file]);
    assert_eq!((imported.code, imported.count("applied"), imported.count("unchanged")), (0, 1, 1), "{}", imported.text);
    let gateway = Gateway::start(&data);
    assert_eq!(
        (reason(&gateway, APPROVED, "MESAJ").await, reason(&gateway, REFUSED, "MESAJ").await),
        ("NO_RECORD".into(), "APPROVED".into())
    );
}

/// What the command says of an erasure up to 2026-11-05 10:00:00, but for the remark on backups.
fn run_erase(data: &Path, recipient: &str, more: &[&str]) -> String {
    let mut command = izingate();
    command.args(["recipient", "erase", "--recipient", recipient, "--at", "2026-11-05 10:00:00", "--data"]).arg(data).args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.strip_suffix("backups made before still hold it: they are yours to let go\n").unwrap().to_owned()
}

#[tokio::test]
async fn what_has_to_be_kept_goes_only_for_a_reason() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let text = "ERASURE_RETAINED: 2 records have to be kept (13/2), 1 of them for three years from when they are superseded, for \
                they are current, of the superseded ones the last until ";
    let (code, said) = refused(gateway, asked(REFUSED, "")).await;
    assert!(code == "ERASURE_RETAINED" && said.starts_with(text), "{said}");
    let until = &said[text.len()..text.len() + 19];
    let three_years = IysTime::parse(until).unwrap().unix() - IysTime::now().unix();
    assert!((1096 * 86_400 - 600..=1096 * 86_400).contains(&three_years), "{said}");
    assert_eq!(
        (reason(gateway, REFUSED, "MESAJ").await, known_cells(gateway, REFUSED).await),
        ("REFUSED".into(), 1),
        "nothing is done"
    );
    let of_nobody = erase(gateway, asked("0532 123 45 69", "")).await;
    assert_eq!((of_nobody.relations, of_nobody.movements), (0, 0));
    let before = EraseRecipientRequest { erased_at: unix("2026-11-02 09:59:59"), ..asked(REFUSED, "") };
    assert_eq!(erase(gateway, before).await.movements, 0, "nothing is of before that");
    assert_eq!(erase(gateway, asked(REFUSED, "KVKK 11/1-e")).await.movements, 2);
    assert_eq!(reason(gateway, REFUSED, "MESAJ").await, "NO_RECORD");
}

#[tokio::test]
async fn for_one_brand_the_others_keep_what_they_have() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let brand = Brand { brand_code: OTHER, iys_code: 600_000, title: "Öteki".to_owned(), active: true, ..Brand::default() };
    gateway.admin().await.put_brand(PutBrandRequest { brand: Some(brand) }).await.unwrap();
    let of_other = Movement { brand_code: OTHER.to_string(), ..movement(EMAIL, "ONAY", "2026-11-02 11:00:00") };
    let of_other = Movement { r#type: "EPOSTA".to_owned(), ..of_other };
    let request = ApplyRequest { movements: vec![of_other], ..ApplyRequest::default() };
    gateway.consent().await.apply(request).await.unwrap();

    let erased = erase(gateway, EraseRecipientRequest { brand_code: BRAND, ..asked(EMAIL, "KVKK") }).await;
    assert_eq!(erased, EraseRecipientResponse { revision: 3, relations: 1, movements: 1 });
    assert_eq!(reason(gateway, EMAIL, "EPOSTA").await, "NO_RECORD");
    let of_other = proto::CheckRequest {
        brand_code: OTHER,
        channel: proto::Channel::Eposta.into(),
        recipient: Some(EMAIL.to_owned()),
        ..proto::CheckRequest::default()
    };
    let answer = gateway.permission().await.check(of_other.clone()).await.unwrap().into_inner();
    assert_eq!(answer.reason(), proto::Reason::Approved);
    erase(gateway, asked(EMAIL, "KVKK")).await;
    assert_eq!(gateway.permission().await.check(of_other).await.unwrap().into_inner().reason(), proto::Reason::NoRecord);

    let unknown = EraseRecipientRequest { brand_code: 7, ..asked(EMAIL, "KVKK") };
    assert_eq!(refused(gateway, unknown).await.0, "UNKNOWN_BRAND");
    for (recipient, erased_at, reason) in [
        ("", 0, ""),
        ("x", 0, ""),
        (EMAIL, -1, ""),
        (EMAIL, 4_000_000_000, ""),
        (EMAIL, 0, "ayse@ornek.com.tr"),
        (EMAIL, 0, "0532 1234567"),
    ] {
        let request =
            EraseRecipientRequest { recipient: recipient.to_owned(), erased_at, reason: reason.to_owned(), brand_code: 0 };
        let (code, said) = refused(gateway, request).await;
        assert!(code == "INVALID_FIELD" && !said.contains("ayse") && !said.contains("1234567"), "{said}");
    }
}

/// A closure is a fact about the line: it outlives the erasure, and closes what is learned later.
#[tokio::test]
async fn a_closed_line_stays_closed() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let close = async |at: &str| {
        let request = CloseLineRequest { recipient: APPROVED.to_owned(), closed_at: unix(at) };
        gateway.admin().await.close_line(request).await.unwrap().into_inner()
    };
    close("2026-11-06 10:00:00").await;
    erase(gateway, asked(APPROVED, "KVKK")).await;
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "NO_RECORD");
    assert!(!close("2026-11-06 10:00:00").await.applied, "it is known still, and İYS is still to be told");
    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-06 10:00:00")]).await;
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "REFUSED");
    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-06 10:10:01")]).await;
    assert_eq!(
        (reason(gateway, APPROVED, "MESAJ").await, reason(gateway, APPROVED, "ARAMA").await),
        ("APPROVED".into(), "REFUSED".into())
    );
    let listed = gateway.admin().await.list_closures(proto::ListClosuresRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.closures.len(), 1);
}

#[tokio::test]
async fn followers_hear_of_it_and_of_nothing_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(&fresh(dir.path().join("data")));
    let rows = [("ONAY", "2026-11-02 10:00:00"), ("RET", "2026-11-03 10:00:00"), ("ONAY", "2026-11-04 10:00:00")];
    for (status, at) in rows {
        apply(&gateway, vec![movement(APPROVED, status, at), movement(REFUSED, status, at)]).await;
    }
    let [erased, other] = [APPROVED, REFUSED].map(|recipient| pseudonym(recipient, &"5e".repeat(32)).0.to_vec());
    let (held, told) = followed(&gateway, 3).await;
    assert_eq!((held[&(erased.clone(), BRAND)], &told[&erased]), (held[&(other.clone(), BRAND)], &vec![1, 2, 3]));
    let done = erase(&gateway, asked(APPROVED, "KVKK")).await;
    for _ in 0..2 {
        let (held, told) = followed(&gateway, done.revision).await;
        assert_eq!((held[&(erased.clone(), BRAND)], &told[&erased]), (0, &vec![4]));
        assert_eq!((held[&(other.clone(), BRAND)], &told[&other]), (0b0001_0000, &vec![1, 2, 3]));
    }
    // Again, from what is known by then: the later erasure tells of both.
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-06 10:00:00")]).await;
    let later = EraseRecipientRequest { erased_at: unix("2026-11-07 10:00:00"), ..asked(APPROVED, "KVKK") };
    let done = erase(&gateway, later).await;
    let (held, told) = followed(&gateway, done.revision).await;
    assert_eq!((held[&(erased.clone(), BRAND)], &told[&erased]), (0, &vec![done.revision - 1]));
    assert_eq!(told[&other], [1, 2, 3]);
}

#[tokio::test]
async fn a_start_leads_to_the_same_with_a_snapshot_and_without() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let snapshot = data.join("snapshot/index.snap");
    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00"), movement(REFUSED, "ONAY", "2026-11-02 10:00:00")])
        .await;
    assert!(gateway.stop().success() && snapshot.exists());
    assert_eq!(run_erase(&data, APPROVED, &["--reason", "KVKK"]), "erased    1 relations, 1 movements\nrevision  3\n");
    assert!(!snapshot.exists(), "it is of before");
    assert!(verify(&data).ends_with("nothing differs\n"));
    for round in ["without", "with", "with one from before the kill"] {
        let gateway = Gateway::start(&data);
        assert_eq!(reason(&gateway, APPROVED, "MESAJ").await, "NO_RECORD", "{round}");
        assert_eq!(reason(&gateway, REFUSED, "MESAJ").await, "APPROVED", "{round}");
        if round == "with" {
            erase(&gateway, asked(REFUSED, "KVKK")).await;
            apply(&gateway, vec![movement(REFUSED, "ONAY", "2026-11-06 10:00:00")]).await;
            gateway.kill();
        } else {
            assert!(gateway.stop().success() && snapshot.exists());
        }
        let said = verify(&data);
        assert!(said.ends_with("nothing differs\n"), "{round}: {said}");
    }
}

#[tokio::test]
async fn the_command_does_the_same_through_a_gateway() {
    let known = Known::start().await;
    let args = ["recipient", "erase", "--recipient", EMAIL, "--brand", "601234", "--endpoint", &known.gateway.http];
    let mut without = izingate();
    without.args(args);
    assert_eq!(failure(&mut without), (1, "ERASURE_RETAINED".to_owned()));
    let output = run(&[&args[..], &["--reason", "KVKK"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("erased    1 relations, 1 movements\nrevision  2\n"), "{said}");
    assert_eq!(reason(&known.gateway, EMAIL, "EPOSTA").await, "NO_RECORD");
    let Known { gateway, dir } = known;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let mut unknown = izingate();
    unknown.args(["recipient", "erase", "--recipient", EMAIL, "--brand", "7", "--data"]).arg(&data);
    assert_eq!(failure(&mut unknown), (1, "UNKNOWN_BRAND".to_owned()));
    let mut future = izingate();
    future.args(["recipient", "erase", "--recipient", EMAIL, "--at", "2099-01-01 00:00:00", "--data"]).arg(&data);
    assert_eq!(failure(&mut future), (1, "INVALID_FIELD".to_owned()));
}

/// Phones, in the order of their pseudonyms.
fn phones(secret: &str) -> Vec<(Pseudonym, String)> {
    let secret = Pseudonymizer::new(&Secret::parse(secret).unwrap());
    let of = |number: u32| {
        let phone = format!("+90532{number:07}");
        (secret.recipient(&Recipient::parse_any(&phone).unwrap()), phone)
    };
    let mut phones: Vec<_> = (0..3_000).map(of).collect();
    phones.sort_unstable();
    phones
}

/// Blocks leave out what a key has in common with the one before it, so the first bytes are not looked for.
fn needles(pseudonym: Pseudonym) -> Needles {
    let text = to_hex(&pseudonym.0);
    let tail = text.as_bytes()[8..].to_vec();
    Needles::new([pseudonym.0[4..].to_vec(), tail.to_ascii_uppercase(), tail])
}

/// Files other than the evidence, which keeps whom decisions were about.
fn files_with(needles: &Needles, data: &Path) -> Vec<String> {
    let file = |found: String| found.split(", byte").next().unwrap().strip_prefix(data.to_str().unwrap()).unwrap().to_owned();
    needles.found_under(data).0.into_iter().map(file).filter(|file| !file.starts_with("/evidence/")).collect()
}

fn is_of_kind(file: &str, kind: &str) -> bool {
    Path::new(file).extension().is_some_and(|found| found == kind)
}

/// A gateway that compresses nothing.
fn start_plain(data: &Path) -> Gateway {
    let mut command = serve(data);
    command.env("IZINGATE_STORE_COMPRESSION", "none");
    Gateway::spawn(command, data)
}

/// The pseudonym of an erased recipient remains in the tombstone alone, whatever RocksDB did with the rest.
#[tokio::test]
async fn no_file_holds_what_was_erased() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("secret.key"), "5e".repeat(32)).unwrap();
    add_brand(&data);
    let phones = phones(&"5e".repeat(32));
    // The first and the last of all name the ends of files, one amidst is beside others in every block.
    let rows = |status: &'static str, at: &'static str| {
        let of = move |(_, phone): &(Pseudonym, String)| movement(phone, status, at);
        phones[10..2_990].iter().map(of).collect::<Vec<_>>()
    };
    let targets = [10, 1_500, 2_989].map(|place| phones[place].clone());
    let gateway = start_plain(&data);
    apply(&gateway, rows("ONAY", "2026-11-02 10:00:00")).await;
    assert!(gateway.stop().success());
    // What is in sorted files once more in the log, and in the change log twice.
    let gateway = start_plain(&data);
    apply(&gateway, rows("RET", "2026-11-03 10:00:00")).await;
    for (day, (pseudonym, phone)) in (1..).zip(&targets) {
        // Lines on either side are closed, so that the tombstone names no end of its own file.
        for place in [0, 2_999] {
            let closed_at = unix("2026-11-04 10:00:00") + day;
            let request = CloseLineRequest { recipient: phones[place].1.clone(), closed_at };
            assert!(gateway.admin().await.close_line(request).await.unwrap().into_inner().applied);
        }
        let needles = needles(*pseudonym);
        let before = files_with(&needles, &data);
        // The first erasure has all of the log written to files.
        let in_log = before.iter().any(|file| is_of_kind(file, "log"));
        assert!(before.len() >= 3 && in_log == (day == 1), "{before:?}");
        erase(&gateway, asked(phone, "KVKK")).await;
        // RocksDB removes a file in the background once nobody reads it any more.
        let begun = Instant::now();
        while files_with(&needles, &data).len() > 1 {
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", files_with(&needles, &data));
        }
        assert_only_the_tombstone(*pseudonym, &data);
    }
    assert_eq!(reason(&gateway, &phones[11].1, "MESAJ").await, "REFUSED");
    gateway.kill();
    for (pseudonym, phone) in &targets {
        assert_only_the_tombstone(*pseudonym, &data);
        let gateway = start_plain(&data);
        assert_eq!(reason(&gateway, phone, "MESAJ").await, "NO_RECORD");
        assert!(gateway.stop().success());
        assert_only_the_tombstone(*pseudonym, &data);
    }
    assert!(verify(&data).ends_with("nothing differs\n"));
}

fn assert_only_the_tombstone(pseudonym: Pseudonym, data: &Path) {
    let files = files_with(&needles(pseudonym), data);
    assert!(matches!(&files[..], [one] if is_of_kind(one, "sst")), "{files:?}");
    let needles = needles(pseudonym);
    let mut held = Vec::new();
    let each = |family: &'static str, key: &[u8], value: &[u8]| {
        if needles.find(key).or_else(|| needles.find(value)).is_some() {
            held.push(family);
        }
    };
    read_only(data).unwrap().each_entry(each).unwrap();
    assert_eq!(held, ["recipients"]);
}
