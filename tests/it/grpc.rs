//! The gRPC services of design §8: whole answers, stable codes in errors, health and reflection.

use super::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER, apply, movement};
use super::support::{BRAND, Gateway, web};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use izingate::api::proto;
use izingate::api::proto::{
    ApplyRequest, ApplyResponse, BrandState, Channel, CheckBatchRequest, CheckBatchResponse, CheckRequest, CheckResponse, Counts,
    Decision, ExplainRequest, GetStateRequest, GetStateResponse, Movement, Purpose, Reason, RecipientType, RefusedMovement,
};
use prost::Message;
use std::collections::HashMap;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};

fn ask(recipient: &str) -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some(recipient.to_owned()),
        reference: "r".to_owned(),
        ..CheckRequest::default()
    }
}

fn batch(recipients: &[&str]) -> CheckBatchRequest {
    CheckBatchRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipients: recipients.iter().map(|&text| text.to_owned()).collect(),
        ..CheckBatchRequest::default()
    }
}

fn answer(decision: Decision, reason: Reason, article: &str) -> CheckResponse {
    CheckResponse {
        allowed: decision == Decision::Allow,
        decision: decision.into(),
        enforced: true,
        reason: reason.into(),
        article: article.to_owned(),
        revision: 1,
        reference: "r".to_owned(),
        ..CheckResponse::default()
    }
}

/// An answer without what no test can know; its shape is checked.
fn settled(mut answer: CheckResponse) -> CheckResponse {
    let id = std::mem::take(&mut answer.decision_id);
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    assert!(std::mem::take(&mut answer.as_of) > 1_700_000_000);
    answer
}

/// Decision and reason of each byte of a batch's answer.
fn verdicts(results: &[u8]) -> Vec<(Decision, Reason)> {
    let parts = |&byte: &u8| (Decision::try_from(i32::from(byte >> 6)).unwrap(), Reason::try_from(i32::from(byte & 63)).unwrap());
    results.iter().map(parts).collect()
}

/// gRPC code and stable code of an error, whose details are checked.
fn code(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "izingate");
    assert!(status.message().starts_with(&format!("{}: ", info.reason)), "{}", status.message());
    (status.code(), info.reason.clone())
}

fn error(code: Code, reason: &str) -> (Code, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn one_question() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    for (request, expected) in [
        (ask(APPROVED), answer(Decision::Allow, Reason::Approved, "")),
        (ask("0532 123 45 61"), answer(Decision::Allow, Reason::Approved, "")),
        (ask(REFUSED), answer(Decision::Deny, Reason::Refused, "9, 11/7")),
        (ask(STRANGER), answer(Decision::Deny, Reason::NoRecord, "5/3, 7/12, 11/7")),
        (ask(""), answer(Decision::Deny, Reason::InvalidRecipient, "")),
        (ask(&"5".repeat(10 << 20)), answer(Decision::Deny, Reason::InvalidRecipient, "")),
        (ask("\0"), answer(Decision::Deny, Reason::InvalidRecipient, "")),
        (ask(EMAIL), answer(Decision::Deny, Reason::InvalidRecipient, "")),
        (CheckRequest { channel: Channel::Eposta.into(), ..ask(EMAIL) }, answer(Decision::Allow, Reason::Approved, "")),
        (
            CheckRequest { recipient_type: RecipientType::Tacir.into(), ..ask(APPROVED) },
            answer(Decision::Deny, Reason::NoRecord, "6/6"),
        ),
        (CheckRequest { min_revision: 1, ..ask(APPROVED) }, answer(Decision::Allow, Reason::Approved, "")),
        (CheckRequest { min_revision: 2, ..ask(APPROVED) }, answer(Decision::Defer, Reason::RevisionNotReached, "")),
    ] {
        assert_eq!(settled(client.check(request).await.unwrap().into_inner()), expected);
    }
}

#[tokio::test]
async fn no_purpose_and_no_retailer_leads_to_allow() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let exempt = [Purpose::Exempt61, Purpose::Exempt62, Purpose::Exempt64, Purpose::OutOfScope];
    let retailer = answer(Decision::Deny, Reason::RetailerNotAuthorised, "");
    let undeclared = answer(Decision::Deny, Reason::DeclarationMissing, "11/8");
    let cases = exempt.map(|purpose| (purpose, 0, undeclared.clone())).into_iter();
    let cases = cases.chain([(Purpose::Commercial, 7, retailer.clone()), (Purpose::Unspecified, u32::MAX, retailer)]);
    for (purpose, retailer_code, expected) in cases {
        let one = CheckRequest { purpose: purpose.into(), retailer_code, ..ask(APPROVED) };
        let verdict = (expected.decision(), expected.reason());
        assert_eq!(settled(client.check(one).await.unwrap().into_inner()), expected, "{purpose:?}");
        let many = CheckBatchRequest { purpose: purpose.into(), retailer_code, ..batch(&[APPROVED, APPROVED]) };
        let results = client.check_batch(many).await.unwrap().into_inner().results;
        assert_eq!(verdicts(&results), [verdict; 2], "{purpose:?}");
    }
}

#[tokio::test]
async fn a_batch_spelled_or_packed() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let (allow, deny) = ((Decision::Allow, Reason::Approved), |reason| (Decision::Deny, reason));
    let spelled = batch(&[REFUSED, APPROVED, "05321234561", "", STRANGER, APPROVED]);
    let packed = vec![905_321_234_562, 905_321_234_561, 905_321_234_561, 0, 905_321_234_569, 9_005_321_234_561];
    let packed = CheckBatchRequest { recipients: Vec::new(), phones: packed, ..spelled.clone() };
    let expected = [deny(Reason::Refused), allow, allow, deny(Reason::InvalidRecipient), deny(Reason::NoRecord), allow];
    for request in [spelled, packed] {
        let CheckBatchRequest { reference, .. } = request.clone();
        let mut answer = client.check_batch(request).await.unwrap().into_inner();
        assert_eq!(verdicts(&std::mem::take(&mut answer.results)), expected);
        assert!(std::mem::take(&mut answer.decision_id).len() == 32 && std::mem::take(&mut answer.as_of) > 0);
        let counts = Some(Counts { allow: 3, deny: 3, defer: 0 });
        assert_eq!(answer, CheckBatchResponse { counts, revision: 1, reference, ..CheckBatchResponse::default() });
    }
    // Ten digits may be a number of Türkiye without its 90: as a text they are one, packed they would be another country's.
    let bare = CheckBatchRequest { phones: vec![5_321_234_561, 4_522_123_456, 491_511_234_567], ..batch(&[]) };
    let results = client.check_batch(bare).await.unwrap().into_inner().results;
    assert_eq!(verdicts(&results), [deny(Reason::InvalidRecipient), deny(Reason::InvalidRecipient), deny(Reason::NoRecord)]);
    let mails = CheckBatchRequest { channel: Channel::Eposta.into(), phones: vec![905_321_234_561], ..batch(&[]) };
    let results = client.check_batch(mails).await.unwrap().into_inner().results;
    assert_eq!(verdicts(&results), [deny(Reason::InvalidRecipient)]);

    let full = CheckBatchRequest { phones: vec![905_321_234_561; 100_000], ..batch(&[]) };
    let counts = client.check_batch(full.clone()).await.unwrap().into_inner().counts;
    assert_eq!(counts, Some(Counts { allow: 100_000, deny: 0, defer: 0 }));
    let over = CheckBatchRequest { phones: vec![905_321_234_561; 100_001], ..full };
    for (request, expected) in [
        (over, error(Code::InvalidArgument, "BATCH_TOO_LARGE")),
        (batch(&vec![APPROVED; 100_001]), error(Code::InvalidArgument, "BATCH_TOO_LARGE")),
        (batch(&[]), error(Code::InvalidArgument, "MISSING_FIELD")),
        (CheckBatchRequest { phones: vec![1], ..batch(&[APPROVED]) }, error(Code::InvalidArgument, "INVALID_FIELD")),
    ] {
        assert_eq!(code(&client.check_batch(request).await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn a_stream_answers_in_order_until_it_cannot_understand() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let refer = |request: CheckRequest, number: usize| CheckRequest { reference: number.to_string(), ..request };
    let questions: Vec<_> = [APPROVED, REFUSED, "", APPROVED].iter().enumerate().map(|(at, text)| refer(ask(text), at)).collect();
    let answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.map(|answer| (answer.reference.clone(), answer.reason()))).collect().await;
    let expected = [Reason::Approved, Reason::Refused, Reason::InvalidRecipient, Reason::Approved];
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, expected.into_iter().enumerate().map(|(at, reason)| (at.to_string(), reason)).collect::<Vec<_>>());

    let questions = [ask(APPROVED), CheckRequest { recipient: None, ..ask("") }, ask(APPROVED)];
    let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
    assert_eq!(answers.next().await.unwrap().unwrap().reason(), Reason::Approved);
    assert_eq!(code(&answers.next().await.unwrap().unwrap_err()), error(Code::InvalidArgument, "MISSING_FIELD"));
    assert!(answers.next().await.is_none());
}

/// Of many questions on their way nobody else could tell which one it was.
#[tokio::test]
async fn a_bad_question_of_a_stream_is_named() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let marked = |reference: &str| CheckRequest { reference: reference.to_owned(), ..ask(APPROVED) };
    let long = "ü".repeat(200);
    for (bad, text, named, field) in [
        (
            CheckRequest { brand_code: 0, ..marked("order \n7") },
            "MISSING_FIELD: question \"order \\n7\": brand_code is missing".to_owned(),
            ("reference", "order \n7"),
            "brand_code",
        ),
        (
            CheckRequest { recipient: None, ..marked("") },
            "MISSING_FIELD: question 3 of the stream: recipient is missing".to_owned(),
            ("question", "3"),
            "recipient",
        ),
        (
            CheckRequest { min_revision: 1, channel: 9, ..marked("m") },
            "INVALID_FIELD: question \"m\": channel is 9; it is 1 (ARAMA), 2 (MESAJ) or 3 (EPOSTA)".to_owned(),
            ("reference", "m"),
            "channel",
        ),
        (
            marked(&long),
            format!("INVALID_FIELD: question \"{}…\": reference is longer than 128 bytes", "ü".repeat(128)),
            ("reference", &long),
            "reference",
        ),
    ] {
        let questions = [marked("one"), marked("two"), bad];
        let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
        for reference in ["one", "two"] {
            assert_eq!(answers.next().await.unwrap().unwrap().reference, reference);
        }
        let status = answers.next().await.unwrap().unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, text.as_str()));
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            info.metadata,
            HashMap::from([named, ("field", field)].map(|(name, value)| (name.to_owned(), value.to_owned())))
        );
    }
}

/// Whatever arrives together is answered in its order and place: several brands and channels, a demanded
/// revision among them.
#[tokio::test]
async fn a_stream_of_all_sorts_is_answered_one_by_one() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let sorts = [
        (ask(APPROVED), Reason::Approved),
        (ask(REFUSED), Reason::Refused),
        (CheckRequest { brand_code: 9, ..ask(APPROVED) }, Reason::SenderNotRegistered),
        (CheckRequest { min_revision: 1, ..ask(APPROVED) }, Reason::Approved),
        (CheckRequest { channel: Channel::Eposta.into(), ..ask(APPROVED) }, Reason::InvalidRecipient),
    ];
    let questions: Vec<(CheckRequest, Reason)> = (0..1_000).map(|at| sorts[(at * at + at / 7) % sorts.len()].clone()).collect();
    let expected: Vec<(String, Reason)> =
        questions.iter().enumerate().map(|(at, (_, reason))| (at.to_string(), *reason)).collect();
    let questions: Vec<CheckRequest> =
        questions.into_iter().enumerate().map(|(at, (ask, _))| CheckRequest { reference: at.to_string(), ..ask }).collect();
    let answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(Result::unwrap).collect().await;
    assert_eq!(answers.iter().map(|answer| (answer.reference.clone(), answer.reason())).collect::<Vec<_>>(), expected);
    let ids: std::collections::BTreeSet<&str> = answers.iter().map(|answer| answer.decision_id.as_str()).collect();
    assert_eq!(ids.len(), answers.len(), "each has an id of its own");
}

#[tokio::test]
async fn why_and_since_when() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some("0532 123 45 62".to_owned()),
        ..ExplainRequest::default()
    };
    let mut answer = client.explain(request.clone()).await.unwrap().into_inner();
    let check = settled(answer.check.take().unwrap());
    assert_eq!(check, CheckResponse { reference: String::new(), ..self::answer(Decision::Deny, Reason::Refused, "9, 11/7") });
    assert_eq!(answer.explanation_en, "The recipient has refused messages of this brand on this channel.");
    let cell = &answer.cells[0];
    assert_eq!((answer.cells.len(), cell.channel(), cell.recipient_type()), (1, Channel::Mesaj, RecipientType::Bireysel));
    let history: Vec<_> = cell.history.iter().map(|entry| (entry.status(), entry.creation_date, entry.revision)).collect();
    assert_eq!(history, [(proto::Status::Ret, 1_793_689_200, 1), (proto::Status::Onay, 1_793_602_800, 1)]);
    let nobody = ExplainRequest { recipient: None, ..request };
    assert_eq!(code(&client.explain(nobody).await.unwrap_err()), error(Code::InvalidArgument, "MISSING_FIELD"));
}

#[tokio::test]
async fn questions_that_cannot_be_understood() {
    let known = Known::start().await;
    let mut client = known.gateway.permission().await;
    let (missing, invalid) = ("MISSING_FIELD", "INVALID_FIELD");
    for (request, reason) in [
        (CheckRequest { brand_code: 0, ..ask(APPROVED) }, missing),
        (CheckRequest { channel: 0, ..ask(APPROVED) }, missing),
        (CheckRequest { recipient: None, ..ask("") }, missing),
        (CheckRequest { channel: 4, ..ask(APPROVED) }, invalid),
        (CheckRequest { channel: -1, ..ask(APPROVED) }, invalid),
        (CheckRequest { recipient_type: 3, ..ask(APPROVED) }, invalid),
        (CheckRequest { purpose: 6, ..ask(APPROVED) }, invalid),
        (CheckRequest { reference: "r".repeat(129), ..ask(APPROVED) }, invalid),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(code(&client.check(request).await.unwrap_err()), error(Code::InvalidArgument, reason), "{shown}");
    }
}

/// A call in bytes of the test's own making.
async fn call(gateway: &Gateway, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Bytes, Status> {
    let mut request = http::Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(tonic::body::Body::new(Full::new(Bytes::from(body)))).unwrap();
    let mut channel = gateway.channel().await;
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    let told = |headers: &http::HeaderMap| Status::from_header_map(headers).filter(|status| status.code() != Code::Ok);
    if let Some(status) = told(response.headers()) {
        return Err(status);
    }
    let body = response.into_body().collect().await.unwrap();
    if let Some(status) = body.trailers().and_then(told) {
        return Err(status);
    }
    Ok(body.to_bytes())
}

const GRPC: &[(&str, &str)] = &[("content-type", "application/grpc"), ("te", "trailers")];
const CHECK: &str = "/izingate.v1.PermissionService/Check";

/// A message in gRPC's frame.
fn frame(message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((message.len() as u32).to_be_bytes());
    bytes.extend(message);
    bytes
}

#[tokio::test]
async fn malformed_calls() {
    let known = Known::start().await;
    let malformed = error(Code::InvalidArgument, "MALFORMED_PROTOBUF");
    let unknown = error(Code::Unimplemented, "UNIMPLEMENTED");
    let mut torn = frame(&ask(APPROVED).encode_to_vec());
    torn.truncate(20);
    for (path, body, expected) in [
        (CHECK, frame(b"\xff\xff\xff"), &malformed),
        (CHECK, frame(b"\x1a\x02\xc3\x28"), &malformed),
        (CHECK, frame(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &malformed),
        (CHECK, frame(&b"\x0b".repeat(100_000)), &malformed),
        (CHECK, torn, &malformed),
        (CHECK, b"{}".to_vec(), &malformed),
        (CHECK, b"\x07\0\0\0\0".to_vec(), &malformed),
        (CHECK, Vec::new(), &malformed),
        ("/izingate.v1.PermissionService/CheckStream", frame(b"\xff"), &malformed),
        ("/izingate.v1.PermissionService/CheckStream", b"\x07\0\0\0\0".to_vec(), &malformed),
        ("/izingate.v1.ConsentService/Apply", frame(b"\xff"), &malformed),
        (CHECK, frame(&vec![0; (32 << 20) + 1]), &error(Code::ResourceExhausted, "BODY_TOO_LARGE")),
        ("/izingate.v1.PermissionService/Chekc", frame(b""), &unknown),
        ("/izingate.v2.PermissionService/Check", frame(b""), &unknown),
    ] {
        let shown = format!("{path} {:?}", &body[..body.len().min(20)]);
        assert_eq!(code(&call(&known.gateway, path, GRPC, body).await.expect_err(&shown)), *expected, "{shown}");
    }
    let zipped = [GRPC, &[("grpc-encoding", "gzip")]].concat();
    let status = call(&known.gateway, CHECK, &zipped, b"\x01\0\0\0\x01x".to_vec()).await.unwrap_err();
    assert_eq!(code(&status), unknown);

    let mut message = ask(APPROVED).encode_to_vec();
    message.extend(b"\xf8\x07\x01\xfa\x07\x03abc");
    let answer = call(&known.gateway, CHECK, GRPC, frame(&message)).await.unwrap();
    let answer = CheckResponse::decode(&answer[5..]).unwrap();
    assert_eq!(settled(answer), self::answer(Decision::Allow, Reason::Approved, ""), "fields of tomorrow are ignored");
}

#[tokio::test]
async fn json_over_h2_on_the_same_port() {
    let known = Known::start().await;
    let headers = [("content-type", "application/json")];
    let body = serde_json::json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": APPROVED }).to_string();
    let answer = call(&known.gateway, "/v1/check", &headers, body.into_bytes()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["decision"], &answer["reason"]), (&"ALLOW".into(), &"APPROVED".into()));
}

#[tokio::test]
async fn a_revision_that_comes_while_it_is_waited_for() {
    let known = Known::start_with_env(&[("IZINGATE_MAX_REVISION_WAIT", "20s")]).await;
    let mut client = known.gateway.permission().await;
    let waiting = client.check(CheckRequest { min_revision: 2, ..ask(APPROVED) });
    let (answer, applied) = tokio::join!(waiting, apply(&known.gateway, vec![movement(APPROVED, "RET", "2026-11-04 10:00:00")]));
    assert_eq!(applied.revision, 2);
    let expected = CheckResponse { revision: 2, ..self::answer(Decision::Deny, Reason::Refused, "9, 11/7") };
    assert_eq!(settled(answer.unwrap().into_inner()), expected);
}

/// By a client that does not read `grpc-timeout` itself: the gateway has to answer first.
#[tokio::test]
async fn a_revision_that_does_not_come_in_time_is_an_answer() {
    let known = Known::start_with_env(&[("IZINGATE_MAX_REVISION_WAIT", "60s")]).await;
    let question = CheckRequest { min_revision: 2, ..ask(APPROVED) };
    let request = http::Request::post(format!("{}{CHECK}", known.gateway.http)).header("grpc-timeout", "200m");
    let request = request.header("content-type", "application/grpc").body(frame(&question.encode_to_vec()).into());
    let answer = web::h2(&known.gateway, request.unwrap()).await;
    let answer = CheckResponse::decode(&answer.into_body()[5..]).unwrap();
    assert_eq!(settled(answer), self::answer(Decision::Defer, Reason::RevisionNotReached, ""));
}

#[tokio::test]
async fn movements_in() {
    let known = Known::start().await;
    let mut client = known.gateway.consent().await;
    let bare =
        |status: &str| Movement { creation_date: String::new(), transaction_id: String::new(), ..movement(STRANGER, status, "") };
    let of = |brand: &str| Movement { brand_code: brand.to_owned(), ..movement(STRANGER, "ONAY", "2026-11-04 10:00:00") };
    let request = ApplyRequest {
        movements: vec![
            bare("ONAY"),
            of(""),
            of("0601234"),
            of("7"),
            of("x"),
            Movement { transaction_id: String::new(), ..of("601234") },
            movement(STRANGER, "ONAY", "2999-01-01 00:00:00"),
        ],
        ..ApplyRequest::default()
    };
    let mut answer = client.apply(request).await.unwrap().into_inner();
    let refused = std::mem::take(&mut answer.refused);
    assert_eq!(answer, ApplyResponse { revision: 2, applied: 1, ..ApplyResponse::default() });
    let codes: Vec<_> = refused.iter().map(|RefusedMovement { index, code, .. }| (*index, code.as_str())).collect();
    let (brand, unrecorded) = ("INVALID_BRAND", "NOT_RECORDED_AT_IYS");
    assert_eq!(codes, [(0, brand), (1, brand), (3, "UNKNOWN_BRAND"), (4, brand), (5, unrecorded), (6, brand)]);

    let request = ApplyRequest {
        brand_code: BRAND,
        movements: vec![bare("ONAY"), of("7"), bare("RET")],
        export_as_of: 0,
        ..ApplyRequest::default()
    };
    let answer = client.apply(request).await.unwrap().into_inner();
    let codes: Vec<_> = answer.refused.iter().map(|refused| (refused.index, refused.code.as_str())).collect();
    assert_eq!((answer.revision, answer.applied, answer.as_of_now, codes), (3, 1, 1, vec![(0, unrecorded), (1, brand)]));
    let checked = known.gateway.permission().await.check(ask(STRANGER)).await.unwrap().into_inner();
    assert_eq!((checked.reason(), checked.revision), (Reason::Refused, 3), "a refusal told to us blocks at once");

    let unknown = ApplyRequest { brand_code: 7, movements: vec![bare("RET")], export_as_of: 0, ..ApplyRequest::default() };
    assert_eq!(client.apply(unknown).await.unwrap().into_inner().refused[0].code, "UNKNOWN_BRAND");
    let future =
        ApplyRequest { brand_code: BRAND, movements: vec![bare("ONAY")], export_as_of: 4_000_000_000, ..ApplyRequest::default() };
    let answer = client.apply(future).await.unwrap().into_inner();
    assert_eq!((answer.revision, answer.refused[0].code.as_str()), (3, "FUTURE_CREATION_DATE"));
    for (request, expected) in [
        (ApplyRequest { movements: vec![Movement::default(); 10_001], ..ApplyRequest::default() }, "BATCH_TOO_LARGE"),
        (ApplyRequest { export_as_of: -1, ..ApplyRequest::default() }, "INVALID_FIELD"),
    ] {
        assert_eq!(code(&client.apply(request).await.unwrap_err()), error(Code::InvalidArgument, expected));
    }
    let most =
        ApplyRequest { brand_code: BRAND, movements: vec![bare("ONAY"); 10_000], export_as_of: 0, ..ApplyRequest::default() };
    assert_eq!(client.apply(most).await.unwrap().into_inner().refused.len(), 10_000);
}

#[tokio::test]
async fn where_it_stands() {
    let known = Known::start().await;
    let mut state = known.gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner();
    for brand in &mut state.brands {
        assert!(std::mem::take(&mut brand.as_of) > 0 && std::mem::take(&mut brand.age_seconds) < 60);
    }
    let brands = vec![BrandState { brand_code: BRAND, active: true, ..BrandState::default() }];
    assert_eq!(
        state,
        GetStateResponse {
            ready: true,
            revision: 1,
            earliest_revision: 1,
            relations: 3,
            brands,
            feeds: Vec::new(),
            more_brands: false
        }
    );
}

#[tokio::test]
async fn brands() {
    use proto::{Brand, DeactivateBrandRequest, ListBrandsRequest, PutBrandRequest};
    let known = Known::start().await;
    let mut admin = known.gateway.admin().await;
    let mut permission = known.gateway.permission().await;
    let ours = Brand { brand_code: BRAND, iys_code: 600_000, title: "Örnek".to_owned(), active: true, ..Brand::default() };
    let other = Brand {
        brand_code: 7,
        iys_code: 8,
        title: "Yedi".to_owned(),
        active: true,
        max_age_minutes: vec![0, 90, 0],
        ..Brand::default()
    };
    let put = admin.put_brand(PutBrandRequest { brand: Some(other.clone()) }).await.unwrap().into_inner();
    assert_eq!(put.brand, Some(other.clone()));
    let listed = admin.list_brands(ListBrandsRequest::default()).await.unwrap().into_inner().brands;
    assert_eq!(listed, [other, ours.clone()]);

    let gone = admin.deactivate_brand(DeactivateBrandRequest { brand_code: BRAND }).await.unwrap().into_inner();
    assert_eq!(gone.brand, Some(Brand { active: false, ..ours.clone() }));
    let refused = answer(Decision::Deny, Reason::SenderNotRegistered, "11/6");
    assert_eq!(settled(permission.check(ask(APPROVED)).await.unwrap().into_inner()), refused);
    let stranger = permission.check(CheckRequest { brand_code: 9, ..ask(APPROVED) }).await.unwrap().into_inner();
    assert_eq!((stranger.reason(), stranger.as_of), (Reason::SenderNotRegistered, 0));
    admin.put_brand(PutBrandRequest { brand: Some(ours.clone()) }).await.unwrap();
    assert_eq!(permission.check(ask(APPROVED)).await.unwrap().into_inner().reason(), Reason::Approved);

    let unknown = admin.deactivate_brand(DeactivateBrandRequest { brand_code: 9 }).await.unwrap_err();
    assert_eq!(code(&unknown), error(Code::NotFound, "UNKNOWN_BRAND"));
    for (brand, expected) in [
        (None, "MISSING_FIELD"),
        (Some(Brand { brand_code: 0, ..ours.clone() }), "MISSING_FIELD"),
        (Some(Brand { iys_code: 0, ..ours.clone() }), "MISSING_FIELD"),
        (Some(Brand { title: "ü".repeat(101), ..ours.clone() }), "INVALID_FIELD"),
        (Some(Brand { title: "two\nlines".to_owned(), ..ours.clone() }), "INVALID_FIELD"),
        (Some(Brand { title: String::new(), ..ours }), "INVALID_FIELD"),
    ] {
        let status = admin.put_brand(PutBrandRequest { brand }).await.unwrap_err();
        assert_eq!(code(&status), error(Code::InvalidArgument, expected));
    }
}

const SERVICES: [&str; 3] = ["izingate.v1.AdminService", "izingate.v1.ConsentService", "izingate.v1.PermissionService"];

#[tokio::test]
async fn health_while_it_serves_and_while_it_drains() {
    let known = Known::start_with_env(&[("IZINGATE_UNREADY", "60s")]).await;
    let mut streams = Vec::new();
    for service in SERVICES.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut health = HealthClient::new(known.gateway.channel().await);
        streams.push(health.watch(request).await.unwrap().into_inner());
    }
    let until = async |streams: &mut Vec<tonic::Streaming<tonic_health::pb::HealthCheckResponse>>, status| {
        for stream in streams {
            while stream.message().await.unwrap().unwrap().status() != status {}
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, until(&mut streams, ServingStatus::Serving)).await.unwrap();
    known.gateway.terminate();
    tokio::time::timeout(patience, until(&mut streams, ServingStatus::NotServing)).await.unwrap();
    let answer = known.gateway.permission().await.check(ask(APPROVED)).await.unwrap().into_inner();
    assert_eq!(answer.reason(), Reason::Approved, "it answers until its listeners close");
    drop(streams);
    assert!(known.gateway.stop().success(), "asked again, it waits no longer");
}

#[tokio::test]
async fn who_watches_health_does_not_hold_up_the_end() {
    let known = Known::start_with_env(&[("IZINGATE_DRAIN", "60s")]).await;
    let mut health = HealthClient::new(known.gateway.channel().await);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    known.gateway.terminate();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watch.message().await.unwrap().is_none());
    drop((health, watch));
    assert!(known.gateway.ended().success());
}

/// As grpc.health.v1 has it: a watch stays open, for the service may come.
#[tokio::test]
async fn health_of_a_service_that_is_not_known() {
    let known = Known::start_with_env(&[("IZINGATE_DRAIN", "60s")]).await;
    let mut health = HealthClient::new(known.gateway.channel().await);
    let request = || HealthCheckRequest { service: "izingate.v1.Nothing".to_owned() };
    assert_eq!(health.check(request()).await.unwrap_err().code(), Code::NotFound);
    let mut watch = health.watch(request()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::ServiceUnknown);
    let mut whole = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    while whole.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    drop(whole);
    known.gateway.terminate();
    assert!(watch.message().await.unwrap().is_none(), "it stayed open until the gateway ended");
    drop((health, watch));
    assert!(known.gateway.ended().success());
}

#[tokio::test]
async fn reflection_lists_the_services() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_response::MessageResponse};
    let known = Known::start().await;
    let request = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let asked = [
        request(MessageRequest::ListServices(String::new())),
        request(MessageRequest::FileContainingSymbol("izingate.v1.PermissionService".to_owned())),
    ];
    let mut client = ServerReflectionClient::new(known.gateway.channel().await);
    let mut answers = client.server_reflection_info(tokio_stream::iter(asked)).await.unwrap().into_inner();
    let mut next = async || answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(listed) = next().await else { panic!("no list") };
    let mut names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
    names.retain(|name| !name.starts_with("grpc.reflection."));
    names.sort();
    assert_eq!(names, ["grpc.health.v1.Health"].into_iter().chain(SERVICES).collect::<Vec<_>>());
    let MessageResponse::FileDescriptorResponse(file) = next().await else { panic!("no file") };
    assert_eq!(file.file_descriptor_proto.len(), 1);
}
