//! No readable address is on disk or in a log: looked for in every entry of every column family, every
//! file and every line.

use crate::support::ask::{Way, ask, channel, recipient_type};
use crate::support::data::{fresh, import_with};
use crate::support::files::{Oracle, Question};
use crate::support::search::{Needles, SHORTEST};
use crate::support::{BRAND, Gateway, izingate};
use izingate::api::proto::{
    CloseLineRequest, ExplainRequest, ListClosuresRequest, MarkClosuresReportedRequest, PutRetailerAccessRequest,
    RefreshRetailerAccessRequest, RetailerAccess,
};
use izingate::data::open::read_only;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ROWS: u32 = 2_000;

#[test]
fn no_address_is_on_disk_or_in_a_log() {
    let oracle = Oracle::generate(ROWS, 4, 20);
    let needles = Needles::new(addresses(&oracle).iter().flat_map(|address| forms(address)));
    assert!(needles.count() > 4 * ROWS as usize, "{} strings to look for", needles.count());
    assert_found_if_planted(&needles);

    let data = fresh(oracle.dir().join("data"));
    let questions: Arc<[Question]> = [oracle.queries(), oracle.expected()].concat().into();
    // Everything that anything says, for some questions; everything that the gateway says, for all.
    let (some, everything) = (questions.iter().step_by(40).cloned().collect(), questions);
    import_and_ask(&needles, &oracle, &data, "trace", &some);
    let log = import_and_ask(&needles, &oracle, &data, "debug,izingate=trace,h2=info", &everything);
    assert_nothing_under(&needles, &data, 500_000);
    assert_nothing_in_entries(&needles, &data);
    assert_nothing_in_log(&needles, &log);
    assert_found_in_a_copy(&needles, &data);
}

/// A gateway from its start to its end; nothing that it shows or has on disk meanwhile gives an address
/// away. What remains is its log, which goes on where that of an earlier one ended.
fn import_and_ask(needles: &Needles, oracle: &Oracle, data: &Path, log_level: &str, questions: &Arc<[Question]>) -> PathBuf {
    let gateway = start_talkative(data, log_level);
    let log = gateway.log.clone();
    let imported = import_with(&["--endpoint", &gateway.http], &[oracle.movements()]);
    assert_eq!((imported.code, needles.found_in("what the import said", imported.text.as_bytes())), (2, None));
    let shown = tokio::runtime::Runtime::new().unwrap().block_on(use_every_door(&gateway, questions));
    for (door, text) in shown {
        assert_eq!(needles.found_in(&door, text.as_bytes()), None);
    }
    // The write-ahead log is there while the gateway runs, the sorted files once it has ended.
    assert_nothing_under(needles, data, 500_000);
    assert!(gateway.stop().success());
    log
}

/// Every address of the file and of the questions, as it stands there.
fn addresses(oracle: &Oracle) -> BTreeSet<String> {
    let mut addresses: BTreeSet<String> =
        oracle.queries().into_iter().chain(oracle.expected()).map(|question| question.recipient).collect();
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_path(oracle.movements()).unwrap();
    addresses.extend(rows.records().map(|row| row.unwrap()[2].to_owned()));
    addresses
}

/// What would give an address away.
fn forms(address: &str) -> Vec<Vec<u8>> {
    let spelled = address.trim();
    let mut forms = vec![spelled.to_owned(), spelled.to_lowercase()];
    let digits: String = spelled.chars().filter(char::is_ascii_digit).collect();
    if let Some((local, _)) = spelled.split_once('@') {
        forms.extend([local.to_owned(), local.to_lowercase()]);
    } else if digits.len() >= 10 {
        let national = &digits[digits.len() - 10..];
        forms.extend([format!("+90{national}"), format!("90{national}"), format!("0{national}"), national.to_owned()]);
    }
    let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).collect();
    for packed in [digits.parse().ok(), format!("90{}", &digits[digits.len().saturating_sub(10)..]).parse::<u64>().ok()] {
        let whole = packed.filter(|_| digits.len() >= 10 && !spelled.contains('@'));
        forms.extend(whole.into_iter().flat_map(|packed: u64| [packed.to_be_bytes().to_vec(), packed.to_le_bytes().to_vec()]));
    }
    forms
}

/// A gateway that compresses nothing.
fn start_talkative(data: &Path, log_level: &str) -> Gateway {
    let mut command = izingate();
    command.env("IZINGATE_STORE_COMPRESSION", "none");
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log-level",
        log_level,
    ]);
    command.arg("--data").arg(data);
    Gateway::spawn(command, data)
}

/// Asks everything in every way; the texts that a gateway shows to whoever did not ask.
async fn use_every_door(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<(String, String)> {
    for way in Way::ALL {
        ask(gateway, way, questions).await;
    }
    let mut client = gateway.permission().await;
    for question in questions.iter() {
        let request = ExplainRequest {
            brand_code: BRAND,
            channel: channel(&question.channel),
            recipient: Some(question.recipient.clone()),
            recipient_type: recipient_type(&question.recipient_type),
            ..ExplainRequest::default()
        };
        // An address that is none is refused; that refusal is in the log too.
        let _ = client.explain(request).await;
    }
    let mut shown = Vec::new();
    close_lines(gateway, questions).await;
    note_access(gateway, questions).await;
    for question in questions.iter().step_by(20) {
        for path in ["/v1/check", "/v1/explain", "/v1/no-such-path"] {
            get(gateway, path, question).await;
        }
        post(gateway, "/v1/check", format!("{{\"recipient\":{:?},\"unknown\":1}}", question.recipient)).await;
        post(gateway, "/v1/movements", format!("{{\"list\":[{{\"recipient\":{:?}}}]}}", question.recipient)).await;
        post(gateway, "/v1/movements", question.recipient.clone()).await;
    }
    for path in ["/metrics", "/v1/state", "/readyz"] {
        let answer = reqwest::get(format!("{}{path}", gateway.admin)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        shown.push((path.to_owned(), answer.text().await.unwrap()));
    }
    shown
}

/// Lines are closed, of phones and of what is none, listed with their numbers, and some of them reported.
async fn close_lines(gateway: &Gateway, questions: &[Question]) {
    let mut admin = gateway.admin().await;
    for question in questions.iter().step_by(10) {
        let request = CloseLineRequest { recipient: question.recipient.clone(), closed_at: 0 };
        // A recipient that is no phone is refused; that refusal is in the log too.
        let _ = admin.close_line(request).await;
    }
    let listed = admin.list_closures(ListClosuresRequest::default()).await.unwrap().into_inner().closures;
    assert!(listed.len() > questions.len() / 40 && listed.iter().all(|closure| closure.recipient.starts_with('+')));
    let ids = listed.iter().step_by(2).map(|closure| closure.id).collect();
    admin.mark_closures_reported(MarkClosuresReportedRequest { ids }).await.unwrap();
}

/// Access is noted, of addresses and of what is none, and asked for at İYS, where there is no account.
async fn note_access(gateway: &Gateway, questions: &[Question]) {
    let mut admin = gateway.admin().await;
    let mut noted = 0;
    for question in questions.iter().step_by(10) {
        let recipient = question.recipient.clone();
        let access =
            RetailerAccess { brand_code: BRAND, retailer_code: 7, recipient, allowed: true, ..RetailerAccess::default() };
        noted += usize::from(admin.put_retailer_access(PutRetailerAccessRequest { access: vec![access] }).await.is_ok());
        let request = RefreshRetailerAccessRequest {
            brand_code: BRAND,
            channel: channel(&question.channel),
            recipient: question.recipient.clone(),
            ..RefreshRetailerAccessRequest::default()
        };
        admin.refresh_retailer_access(request).await.unwrap_err();
    }
    assert!(noted > questions.len() / 40, "{noted} of {}", questions.len() / 10);
}

async fn get(gateway: &Gateway, path: &str, question: &Question) {
    let recipient = percent_encoding::utf8_percent_encode(&question.recipient, percent_encoding::NON_ALPHANUMERIC);
    let url = format!("{}{path}?brandCode={BRAND}&type={}&recipient={recipient}", gateway.http, question.channel);
    reqwest::get(url).await.unwrap();
}

async fn post(gateway: &Gateway, path: &str, body: String) {
    let request = reqwest::Client::new().post(format!("{}{path}", gateway.http)).header("content-type", "application/json");
    request.body(body).send().await.unwrap();
}

fn assert_nothing_under(needles: &Needles, data: &Path, least: u64) {
    let (found, size) = needles.found_under(data);
    assert_eq!(found, [""; 0], "of {size} bytes");
    assert!(size > least, "{size} bytes under {}", data.display());
}

fn assert_nothing_in_entries(needles: &Needles, data: &Path) {
    let mut entries = 0;
    let each = |family: &'static str, key: &[u8], value: &[u8]| {
        for part in [key, value] {
            assert_eq!(needles.found_in(family, part), None);
        }
        entries += 1;
    };
    read_only(data).unwrap().each_entry(each).unwrap();
    assert!(entries > ROWS, "{entries} entries");
}

fn assert_nothing_in_log(needles: &Needles, log: &Path) {
    let text = fs::read(log).unwrap();
    assert!(text.len() > 1_000_000, "a log of {} bytes is no trace", text.len());
    assert_eq!(needles.found_in("log", &text), None);
    assert_eq!(needles.found_in("log, in lower case", &text.to_ascii_lowercase()), None);
}

/// The search finds each of its needles, wherever it stands.
fn assert_found_if_planted(needles: &Needles) {
    for needle in needles.iter() {
        for (before, after) in [(0, 0), (1, 30), (33, 0)] {
            let planted = [&vec![b'x'; before][..], needle, &vec![0; after]].concat();
            let (at, found) = needles.find(&planted).unwrap_or_else(|| panic!("{} is not found", needle.escape_ascii()));
            assert!(at <= before && found.len() >= SHORTEST && planted[at..].starts_with(found));
        }
    }
    assert_eq!(needles.find(&[b'x'; 1000]), None);
}

/// An address in any file of a copy of the directory is found there.
fn assert_found_in_a_copy(needles: &Needles, data: &Path) {
    let copy = data.with_extension("copy");
    let mut files = Vec::new();
    copy_all(data, &copy, &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|extension| extension == "sst")), "{files:?}");
    for (file, needle) in files.iter().zip(needles.iter()) {
        let whole = fs::read(file).unwrap();
        let middle = whole.len() / 2;
        fs::write(file, [&whole[..middle], needle, &whole[middle..]].concat()).unwrap();
        let (found, _) = needles.found_under(&copy);
        assert!(matches!(&found[..], [one] if one.contains(&file.display().to_string())), "{}: {found:?}", file.display());
        fs::write(file, whole).unwrap();
    }
}

fn copy_all(from: &Path, to: &Path, files: &mut Vec<PathBuf>) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target, files);
        } else {
            fs::copy(&path, &target).unwrap();
            files.push(target);
        }
    }
}
