//! One table over every edge: whatever way a question is asked, the decision is the true one.

use crate::support::agi::Agi;
use crate::support::ask::{Answer, Way, ask, message};
use crate::support::data::{fresh, import_offline};
use crate::support::files::{Oracle, Question};
use crate::support::{BRAND, Gateway, izingate};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// What every edge is asked with.
struct Case {
    gateway: Gateway,
    data: PathBuf,
    dir: PathBuf,
    runtime: Runtime,
}

/// An edge: the answers to the questions, in their order.
type Edge = fn(&Case, &Arc<[Question]>) -> Vec<Answer>;

/// Every edge. A new one is a line here and a function below.
const EDGES: &[(&str, Edge)] = &[
    ("unary", |case, questions| wire(case, Way::GrpcCheck, questions)),
    ("batch", |case, questions| wire(case, Way::GrpcBatch, questions)),
    ("stream", |case, questions| wire(case, Way::GrpcStream, questions)),
    ("POST /v1/check", |case, questions| wire(case, Way::HttpCheck, questions)),
    ("POST /v1/check/batch", |case, questions| wire(case, Way::HttpBatch, questions)),
    ("GET /v1/check, text/plain", plain_get),
    ("izingate agi", agi),
    ("POST /v1/filter", http_filter),
    ("izingate filter --endpoint", |case, questions| filter(case, &["--endpoint", &case.gateway.http], "online", questions)),
    ("izingate filter --data", |case, questions| filter(case, &["--data", case.data.to_str().unwrap()], "offline", questions)),
];

#[test]
fn every_edge_gives_the_true_decision() {
    let oracle = Oracle::generate(4_000, 11, 5);
    let questions: Arc<[Question]> = [oracle.queries(), oracle.expected()].concat().into();
    assert!(questions.len() > 2_000, "there is enough to ask");
    let data = fresh(oracle.dir().join("data"));
    assert_eq!(import_offline(&data, &[oracle.movements()]).count("refused"), 5);
    let gateway = Gateway::start(&data);
    let case = Case { gateway, data, dir: oracle.dir().to_owned(), runtime: Runtime::new().unwrap() };
    let truth: Vec<Answer> = questions.iter().map(|question| (question.decision.clone(), question.reason.clone())).collect();
    for (name, edge) in EDGES {
        let answers = edge(&case, &questions);
        assert_eq!(answers.len(), truth.len(), "{name}: as many answers as questions");
        let wrong = || {
            questions
                .iter()
                .zip(&answers)
                .filter(|(question, answer)| question.decision != answer.0 || question.reason != answer.1)
        };
        let shown: Vec<_> = wrong().take(5).collect();
        assert!(shown.is_empty(), "{name}: {} wrong: {shown:#?}", wrong().count());
    }
}

fn wire(case: &Case, way: Way, questions: &Arc<[Question]>) -> Vec<Answer> {
    case.runtime.block_on(ask(&case.gateway, way, questions))
}

fn answer(line: &str) -> Answer {
    let (decision, reason) = line.trim_end().split_once(' ').unwrap_or_else(|| panic!("{line:?}"));
    (decision.to_owned(), reason.to_owned())
}

fn plain_get(case: &Case, questions: &Arc<[Question]>) -> Vec<Answer> {
    let client = reqwest::Client::new();
    case.runtime.block_on(async {
        let mut answers = Vec::new();
        for question in &**questions {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let url = format!(
                "{}/v1/check?brandCode={BRAND}&type={}&recipientType={}&recipient={}",
                case.gateway.http,
                question.channel,
                question.recipient_type,
                encoded(&question.recipient)
            );
            let said = client.get(url).header("accept", "text/plain").send().await.unwrap();
            assert_eq!(said.status(), 200, "{question:?}");
            answers.push(answer(&said.text().await.unwrap()));
        }
        answers
    })
}

fn agi(case: &Case, questions: &Arc<[Question]>) -> Vec<Answer> {
    let agi = Agi::start(&case.gateway.http);
    let ask = |question: &Question| {
        let Question { recipient, recipient_type, channel, .. } = question;
        let set = agi.ask(&[
            &format!("brandCode={BRAND}"),
            &format!("type={channel}"),
            &format!("recipientType={recipient_type}"),
            &format!("recipient={recipient}"),
        ]);
        assert_eq!(set["IZINGATE_ALLOWED"] == "1", set["IZINGATE_DECISION"] == "ALLOW", "{set:?}");
        (set["IZINGATE_DECISION"].clone(), set["IZINGATE_REASON"].clone())
    };
    questions.iter().map(ask).collect()
}

/// A list of questions that have channel and recipient type in common, by these; with the questions' places.
fn lists(questions: &[Question]) -> Vec<(String, String, Vec<usize>, Vec<u8>)> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, question) in questions.iter().enumerate() {
        groups.entry((&question.channel, &question.recipient_type)).or_default().push(place);
    }
    let list = |((channel, recipient_type), places): ((&str, &str), Vec<usize>)| {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["n", "recipient"]).unwrap();
        for place in &places {
            csv.write_record([place.to_string(), questions[*place].recipient.clone()]).unwrap();
        }
        (channel.to_owned(), recipient_type.to_owned(), places, csv.into_inner().unwrap())
    };
    groups.into_iter().map(list).collect()
}

/// The answers of a filtered list, each to the question at its place.
fn filtered(list: &[u8], places: &[usize], answers: &mut BTreeMap<usize, Answer>) {
    let mut reader = csv::Reader::from_reader(list);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), places.len(), "as many rows out as in");
    for (row, place) in rows.iter().zip(places) {
        assert_eq!(row[0], place.to_string(), "in the order asked");
        answers.insert(*place, (row[2].to_owned(), row[3].to_owned()));
    }
}

fn http_filter(case: &Case, questions: &Arc<[Question]>) -> Vec<Answer> {
    let (client, mut answers) = (reqwest::Client::new(), BTreeMap::new());
    for (channel, recipient_type, places, list) in lists(questions) {
        let url = format!(
            "{}/v1/filter?brandCode={BRAND}&type={channel}&recipientType={recipient_type}&column=recipient",
            case.gateway.http
        );
        let said = case.runtime.block_on(async {
            let said = client.post(url).header("content-type", "text/csv").body(list).send().await.unwrap();
            assert_eq!(said.status(), 200);
            said.bytes().await.unwrap()
        });
        filtered(&said, &places, &mut answers);
    }
    answers.into_values().collect()
}

fn filter(case: &Case, decider: &[&str], name: &str, questions: &Arc<[Question]>) -> Vec<Answer> {
    let mut answers = BTreeMap::new();
    for (channel, recipient_type, places, list) in lists(questions) {
        let input = case.dir.join(format!("{name}-{channel}-{recipient_type}.csv"));
        let output = input.with_extension("out.csv");
        fs::write(&input, list).unwrap();
        run_filter(decider, &[&input, &output], &["--type", &channel, "--recipient-type", &recipient_type]);
        filtered(&fs::read(output).unwrap(), &places, &mut answers);
    }
    answers.into_values().collect()
}

fn run_filter(decider: &[&str], [input, output]: &[&Path; 2], args: &[&str]) {
    let mut command = izingate();
    command.args(["filter", "--brand", "601234", "--column", "recipient"]).args(decider).args(args);
    let done = command.arg("--out").arg(output).arg(input).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn the_questions_of_the_table_are_those_of_the_wire() {
    let question = Question {
        recipient: "a,\"b\"".to_owned(),
        recipient_type: "TACIR".to_owned(),
        channel: "ARAMA".to_owned(),
        decision: String::new(),
        reason: String::new(),
    };
    let mut answers = BTreeMap::new();
    let (channel, recipient_type, places, list) = lists(std::slice::from_ref(&question)).remove(0);
    assert_eq!((channel.as_str(), recipient_type.as_str(), &places[..]), ("ARAMA", "TACIR", &[0][..]));
    assert_eq!(String::from_utf8(list).unwrap(), "n,recipient\n0,\"a,\"\"b\"\"\"\n");
    assert_eq!(message(&question, 0).recipient.as_deref(), Some("a,\"b\""));
    filtered(b"n,recipient,decision,reason\n0,x,DENY,REFUSED\n", &places, &mut answers);
    assert_eq!(answers[&0], ("DENY".to_owned(), "REFUSED".to_owned()));
}
