//! Every way to ask a gateway, each to be held against the same truth.

use super::agi::{Agi, environment, variables};
use super::files::Question;
use super::{BRAND, Gateway};
use izingate::api::proto;
use izingate::api::proto::{CheckBatchRequest, CheckRequest, CheckResponse, Counts, Decision, Reason, RecipientType};
use izingate::model::decision::Verdict;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::transport::Channel;

/// Questions asked at once where a call holds one.
const AT_ONCE: usize = 48;
/// Recipients of one batch at most.
const BATCH: usize = 100_000;

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    HttpCheck,
    HttpBatch,
    /// `GET` with `Accept: text/plain`, as dialplans ask.
    HttpLine,
    GrpcCheck,
    GrpcBatch,
    GrpcStream,
    /// Through `izingate agi`.
    Agi,
}

/// Decision and reason.
pub type Answer = (String, String);

impl Way {
    pub const ALL: [Self; 7] =
        [Self::HttpCheck, Self::HttpBatch, Self::HttpLine, Self::GrpcCheck, Self::GrpcBatch, Self::GrpcStream, Self::Agi];
    /// Those that take thousands of questions at a time.
    pub const BATCHES: [Self; 2] = [Self::HttpBatch, Self::GrpcBatch];
}

/// Asks everything in each of the ways, and wants the true answer to every question.
pub fn assert_answers(gateway: &Gateway, ways: &[Way], questions: &Arc<[Question]>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for &way in ways {
        let answers = runtime.block_on(ask(gateway, way, questions));
        assert_eq!(answers.len(), questions.len(), "{way:?}: as many answers as questions");
        let wrong: Vec<String> =
            questions.iter().zip(&answers).filter_map(|(question, answer)| wrong(question, answer)).collect();
        let shown = &wrong[..wrong.len().min(10)];
        assert!(wrong.is_empty(), "{way:?}: {} of {} wrong\n{}", wrong.len(), questions.len(), shown.join("\n"));
    }
}

fn wrong(question: &Question, (decision, reason): &Answer) -> Option<String> {
    let Question { recipient, recipient_type, channel, .. } = question;
    let right = (decision, reason) == (&question.decision, &question.reason);
    let truth = format!("{} {}", question.decision, question.reason);
    (!right).then(|| format!("{recipient:?} {recipient_type} {channel} is {truth}, answered {decision} {reason}"))
}

/// The answers in the order of the questions.
pub async fn ask(gateway: &Gateway, way: Way, questions: &Arc<[Question]>) -> Vec<Answer> {
    match way {
        Way::HttpCheck => http_check(gateway, questions).await,
        Way::HttpBatch => http_batch(gateway, questions).await,
        Way::HttpLine => http_line(gateway, questions).await,
        Way::GrpcCheck => grpc_check(gateway, questions).await,
        Way::GrpcBatch => grpc_batch(gateway, questions).await,
        Way::GrpcStream => grpc_stream(gateway, questions).await,
        Way::Agi => agi(gateway, questions).await,
    }
}

/// A question as a message, with its place for a reference.
pub fn message(question: &Question, place: usize) -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: channel(&question.channel),
        recipient: Some(question.recipient.clone()),
        recipient_type: recipient_type(&question.recipient_type),
        reference: place.to_string(),
        ..CheckRequest::default()
    }
}

pub fn channel(name: &str) -> i32 {
    proto::Channel::from_str_name(&format!("CHANNEL_{name}")).unwrap().into()
}

pub fn recipient_type(name: &str) -> i32 {
    RecipientType::from_str_name(&format!("RECIPIENT_TYPE_{name}")).unwrap().into()
}

/// Decision and reason of an answer, which says nothing else than its decision.
pub fn verdict(answer: &CheckResponse) -> Answer {
    let (decision, reason) = (answer.decision(), answer.reason());
    assert_eq!((answer.allowed, answer.enforced), (decision == Decision::Allow, true), "{answer:?}");
    (short(decision.as_str_name(), "DECISION_"), short(reason.as_str_name(), "REASON_"))
}

fn short(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap().to_owned()
}

async fn http_check(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<Answer> {
    let (client, url) = (reqwest::Client::new(), format!("{}/v1/check", gateway.http));
    let ask = move |place: usize, question: Question| {
        let Question { recipient, recipient_type, channel, .. } = &question;
        let reference = place.to_string();
        let body = json!({ "brandCode": BRAND, "recipient": recipient, "type": channel, "recipientType": recipient_type,
            "reference": reference });
        let request = client.post(&url).json(&body);
        async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{question:?}");
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["reference"], reference, "{question:?}");
            assert_eq!(answer["allowed"], answer["decision"] == "ALLOW", "{answer}");
            of_json(&answer)
        }
    };
    one_by_one(questions, ask).await
}

/// A question as the query of a URL.
fn query(question: &Question, place: usize) -> String {
    let Question { recipient, recipient_type, channel, .. } = question;
    let recipient = utf8_percent_encode(recipient, NON_ALPHANUMERIC);
    format!("?brandCode={BRAND}&recipient={recipient}&type={channel}&recipientType={recipient_type}&reference={place}")
}

async fn http_line(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<Answer> {
    let (client, url) = (reqwest::Client::new(), format!("{}/v1/check", gateway.http));
    let ask = move |place: usize, question: Question| {
        let request = client.get(format!("{url}{}", query(&question, place))).header("accept", "text/plain");
        async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{question:?}");
            let line = answer.text().await.unwrap();
            let (decision, reason) = line.strip_suffix('\n').and_then(|line| line.split_once(' ')).unwrap();
            (decision.to_owned(), reason.to_owned())
        }
    };
    one_by_one(questions, ask).await
}

async fn agi(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<Answer> {
    let agi = Arc::new(Agi::start(&gateway.http));
    let ask = move |place: usize, question: Question| {
        let agi = Arc::clone(&agi);
        let call = move || {
            let told = variables(&agi.call(&environment(&agi.url(&query(&question, place)), &[])));
            assert_eq!(told["IZINGATE_ALLOWED"] == "1", told["IZINGATE_DECISION"] == "ALLOW", "{told:?}");
            (told["IZINGATE_DECISION"].clone(), told["IZINGATE_REASON"].clone())
        };
        async move { tokio::task::spawn_blocking(call).await.unwrap() }
    };
    one_by_one(questions, ask).await
}

fn of_json(answer: &Value) -> Answer {
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned();
    (text("decision"), text("reason"))
}

async fn grpc_check(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<Answer> {
    let client = gateway.permission().await;
    let ask = move |place: usize, question: Question| {
        let mut client = client.clone();
        async move {
            let answer = client.check(message(&question, place)).await.unwrap().into_inner();
            assert_eq!(answer.reference, place.to_string(), "{question:?}");
            verdict(&answer)
        }
    };
    one_by_one(questions, ask).await
}

/// Asks questions one a call, many calls at once.
async fn one_by_one<F>(questions: &Arc<[Question]>, ask: impl Fn(usize, Question) -> F + Clone + Send + 'static) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send,
{
    let mut workers = JoinSet::new();
    for first in 0..AT_ONCE {
        let (questions, ask) = (Arc::clone(questions), ask.clone());
        workers.spawn(async move {
            let mut answers = Vec::new();
            for place in (first..questions.len()).step_by(AT_ONCE) {
                answers.push((place, ask(place, questions[place].clone()).await));
            }
            answers
        });
    }
    in_order(workers.join_all().await.into_iter().flatten().collect())
}

fn in_order(mut answers: Vec<(usize, Answer)>) -> Vec<Answer> {
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The places of the questions that one batch can hold: of one channel and recipient type.
fn batches(questions: &[Question]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, question) in questions.iter().enumerate() {
        groups.entry((&question.channel, &question.recipient_type)).or_default().push(place);
    }
    groups.into_values().flat_map(|group| group.chunks(BATCH).map(<[usize]>::to_vec).collect::<Vec<_>>()).collect()
}

async fn http_batch(gateway: &Gateway, questions: &[Question]) -> Vec<Answer> {
    let (client, url) = (reqwest::Client::new(), format!("{}/v1/check/batch", gateway.http));
    let mut answers = Vec::new();
    for batch in batches(questions) {
        let first = &questions[batch[0]];
        let recipients: Vec<&str> = batch.iter().map(|place| questions[*place].recipient.as_str()).collect();
        let body =
            json!({ "brandCode": BRAND, "type": first.channel, "recipientType": first.recipient_type, "recipients": recipients });
        let answer = client.post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{} {}", first.channel, first.recipient_type);
        let answer: Value = answer.json().await.unwrap();
        let results: Vec<Answer> = answer["results"].as_array().unwrap().iter().map(of_json).collect();
        let count = |decision: &str| results.iter().filter(|result| result.0 == decision).count();
        assert_eq!(answer["counts"], json!({ "ALLOW": count("ALLOW"), "DENY": count("DENY"), "DEFER": count("DEFER") }));
        assert_eq!(results.len(), batch.len());
        answers.extend(batch.into_iter().zip(results));
    }
    in_order(answers)
}

async fn grpc_batch(gateway: &Gateway, questions: &[Question]) -> Vec<Answer> {
    let mut client = gateway.permission().await;
    let mut answers = Vec::new();
    for batch in batches(questions) {
        let first = &questions[batch[0]];
        let recipients = batch.iter().map(|place| questions[*place].recipient.clone()).collect();
        let request = CheckBatchRequest {
            brand_code: BRAND,
            channel: channel(&first.channel),
            recipient_type: recipient_type(&first.recipient_type),
            recipients,
            ..CheckBatchRequest::default()
        };
        let answer = client.check_batch(request).await.unwrap().into_inner();
        let results: Vec<Answer> = answer.results.iter().map(|byte| of_byte(*byte)).collect();
        let count = |decision: &str| u32::try_from(results.iter().filter(|result| result.0 == decision).count()).unwrap();
        assert_eq!(answer.counts, Some(Counts { allow: count("ALLOW"), deny: count("DENY"), defer: count("DEFER") }));
        assert_eq!(results.len(), batch.len());
        answers.extend(batch.into_iter().zip(results));
    }
    in_order(answers)
}

fn of_byte(byte: u8) -> Answer {
    let (decision, reason) = Verdict::parts(byte).unwrap_or_else(|| panic!("{byte:#010b} is no result"));
    // A reason has one number, inside and on the wire.
    let on_wire = Reason::try_from(i32::from(byte & 0x3F)).unwrap();
    assert_eq!(short(on_wire.as_str_name(), "REASON_"), reason.name());
    (decision.name().to_owned(), reason.name().to_owned())
}

async fn grpc_stream(gateway: &Gateway, questions: &Arc<[Question]>) -> Vec<Answer> {
    let mut client = gateway.permission().await;
    let asked = Arc::clone(questions);
    let requests = (0..questions.len()).map(move |place| message(&asked[place], place));
    let mut stream = client.check_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let mut answers = Vec::with_capacity(questions.len());
    while let Some(answer) = stream.message().await.unwrap() {
        assert_eq!(answer.reference, answers.len().to_string(), "answers come in the order of their questions");
        answers.push(verdict(&answer));
    }
    answers
}

/// One question to a gateway.
pub async fn check_one(
    client: &mut proto::permission_service_client::PermissionServiceClient<Channel>,
    recipient: &str,
    channel_name: &str,
    min_revision: u64,
) -> CheckResponse {
    let request = CheckRequest {
        brand_code: BRAND,
        channel: channel(channel_name),
        recipient: Some(recipient.to_owned()),
        min_revision,
        ..CheckRequest::default()
    };
    client.check(request).await.unwrap().into_inner()
}
