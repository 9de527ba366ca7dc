//! What is on file of senders and decides beside the consents: declarations, modes, who lies outside.

use super::process::failure;
use super::support::ask::channel;
use super::support::data::fresh;
use super::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER};
use super::support::web::{client, get, post_json, send};
use super::support::{BRAND, Gateway, izingate, run};
use izingate::api::proto;
use izingate::api::proto::{
    AddDeclarationRequest, Brand, ChannelMode, CheckBatchRequest, CheckRequest, CheckResponse, DataKeeper, Decision, Declaration,
    ExplainRequest, Language, ListBrandsRequest, ListDeclarationsRequest, Mode, Purpose, PutBrandRequest, Reason,
    RevokeDeclarationRequest, SetModeRequest,
};
use izingate::model::time::IysTime;
use serde_json::json;
use std::fs;
use std::path::Path;
use tonic_types::StatusExt;

fn now() -> i64 {
    IysTime::now().unix().into()
}

fn code(status: &tonic::Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

fn ask(recipient: &str, channel_name: &str, purpose: Purpose) -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: channel(channel_name),
        recipient: Some(recipient.to_owned()),
        purpose: purpose.into(),
        ..CheckRequest::default()
    }
}

async fn check(gateway: &Gateway, request: CheckRequest) -> CheckResponse {
    gateway.permission().await.check(request).await.unwrap().into_inner()
}

async fn reason(gateway: &Gateway, recipient: &str, channel: &str, purpose: Purpose) -> Reason {
    check(gateway, ask(recipient, channel, purpose)).await.reason()
}

/// A declaration of the test brand for 6(2), made a minute ago.
fn declared() -> Declaration {
    Declaration {
        brand_code: BRAND,
        purpose: Purpose::Exempt62.into(),
        declared_by: "Ayşe Yılmaz".to_owned(),
        declared_at: now() - 60,
        document_sha256: "ab".repeat(32),
        ..Declaration::default()
    }
}

async fn add(gateway: &Gateway, declaration: Declaration) -> Result<Declaration, String> {
    let request = AddDeclarationRequest { declaration: Some(declaration) };
    let added = gateway.admin().await.add_declaration(request).await.map_err(|status| code(&status))?;
    Ok(added.into_inner().declaration.unwrap())
}

async fn list(gateway: &Gateway, request: ListDeclarationsRequest) -> Vec<Declaration> {
    gateway.admin().await.list_declarations(request).await.unwrap().into_inner().declarations
}

async fn revoke(gateway: &Gateway, id: u64) -> Result<Declaration, String> {
    let revoked = gateway.admin().await.revoke_declaration(RevokeDeclarationRequest { id }).await;
    Ok(revoked.map_err(|status| code(&status))?.into_inner().declaration.unwrap())
}

#[tokio::test]
async fn an_exempt_message_goes_out_under_a_valid_declaration() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let of_62 = async |recipient| check(gateway, ask(recipient, "MESAJ", Purpose::Exempt62)).await;
    assert_eq!(of_62(APPROVED).await.reason(), Reason::DeclarationMissing);

    let first = add(gateway, declared()).await.unwrap();
    assert_eq!(first, Declaration { id: 1, ..first.clone() });
    let answer = of_62(STRANGER).await;
    let outcome = (answer.allowed, answer.decision(), answer.reason(), answer.enforced, answer.refusal_on_record);
    assert_eq!(outcome, (true, Decision::Allow, Reason::Exempt, true, false));
    assert_eq!((answer.article.as_str(), answer.declaration_id), ("6/5, 11/8", 1));
    assert!(of_62(REFUSED).await.refusal_on_record);
    assert_eq!(reason(gateway, APPROVED, "MESAJ", Purpose::Exempt61).await, Reason::DeclarationMissing, "of another purpose");
    assert_eq!(reason(gateway, REFUSED, "MESAJ", Purpose::Commercial).await, Reason::Refused);

    let second = add(gateway, Declaration { valid_until: now() + 3600, ..declared() }).await.unwrap();
    let ended = add(gateway, Declaration { declared_at: now() - 90, valid_until: now() - 60, ..declared() }).await.unwrap();
    assert_eq!(of_62(STRANGER).await.declaration_id, second.id, "the newest that is valid");
    let revoked = revoke(gateway, second.id).await.unwrap();
    assert!((now() - 60..=now()).contains(&revoked.revoked_at));
    assert_eq!(revoke(gateway, second.id).await, Ok(revoked.clone()), "once is enough");
    assert_eq!(of_62(STRANGER).await.declaration_id, first.id);
    revoke(gateway, first.id).await.unwrap();
    assert_eq!(of_62(STRANGER).await.reason(), Reason::DeclarationMissing, "the last one has ended");
    let listed = list(gateway, ListDeclarationsRequest { brand_code: BRAND, ..ListDeclarationsRequest::default() }).await;
    assert_eq!(listed.iter().map(|declaration| declaration.id).collect::<Vec<_>>(), [1, 2, 3], "all stay on file");
    assert_eq!((&listed[1], &listed[2]), (&revoked, &ended));
    assert_eq!(
        list(gateway, ListDeclarationsRequest { after_id: 1, limit: 1, ..ListDeclarationsRequest::default() }).await,
        [listed[1].clone()]
    );
    let other = ListDeclarationsRequest { brand_code: 7, ..ListDeclarationsRequest::default() };
    assert_eq!(list(gateway, other).await, []);
}

#[tokio::test]
async fn declarations_and_modes_are_there_after_a_kill() {
    let known = Known::start().await;
    let valid = add(&known.gateway, declared()).await.unwrap();
    let gone = add(&known.gateway, declared()).await.unwrap();
    revoke(&known.gateway, gone.id).await.unwrap();
    set_mode(&known.gateway, Mode::Advise, &[proto::Channel::Mesaj], 0).await.unwrap();
    let before = list(&known.gateway, ListDeclarationsRequest::default()).await;
    let Known { gateway, dir } = known;
    gateway.kill();
    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(list(&gateway, ListDeclarationsRequest::default()).await, before);
    let answer = check(&gateway, ask(REFUSED, "MESAJ", Purpose::Exempt62)).await;
    assert_eq!((answer.reason(), answer.declaration_id), (Reason::Exempt, valid.id));
    assert!(!check(&gateway, ask(REFUSED, "MESAJ", Purpose::Commercial)).await.enforced);
    assert_eq!(add(&gateway, declared()).await.unwrap().id, 3, "no number is given twice");
}

#[tokio::test]
async fn what_is_no_declaration_is_refused() {
    let known = Known::start().await;
    for (wrong, expected) in [
        (Declaration { brand_code: 0, ..declared() }, "MISSING_FIELD"),
        (Declaration { brand_code: 7, ..declared() }, "UNKNOWN_BRAND"),
        (Declaration { purpose: Purpose::Commercial.into(), ..declared() }, "INVALID_FIELD"),
        (Declaration { purpose: Purpose::OutOfScope.into(), ..declared() }, "INVALID_FIELD"),
        (Declaration { declared_by: " ".to_owned(), ..declared() }, "INVALID_FIELD"),
        (Declaration { declared_by: "ü".repeat(101), ..declared() }, "INVALID_FIELD"),
        (Declaration { declared_at: now() + 3600, ..declared() }, "INVALID_FIELD"),
        (Declaration { declared_at: -1, ..declared() }, "INVALID_FIELD"),
        (Declaration { valid_until: now() - 61, ..declared() }, "INVALID_FIELD"),
        (Declaration { document_sha256: "ab".repeat(31), ..declared() }, "INVALID_FIELD"),
        (Declaration { id: 7, ..declared() }, "INVALID_FIELD"),
        (Declaration { revoked_at: 7, ..declared() }, "INVALID_FIELD"),
    ] {
        assert_eq!(add(&known.gateway, wrong.clone()).await, Err(expected.to_owned()), "{wrong:?}");
    }
    assert_eq!(revoke(&known.gateway, 1).await, Err("UNKNOWN_DECLARATION".to_owned()));
    assert_eq!(list(&known.gateway, ListDeclarationsRequest::default()).await, []);
}

async fn set_mode(gateway: &Gateway, mode: Mode, channels: &[proto::Channel], from: i64) -> Result<Brand, String> {
    let channels = channels.iter().map(|channel| (*channel).into()).collect();
    let request = SetModeRequest { brand_code: BRAND, channels, mode: mode.into(), effective_from: from };
    let set = gateway.admin().await.set_mode(request).await.map_err(|status| code(&status))?;
    Ok(set.into_inner().brand.unwrap())
}

/// Allowed, decision, reason, enforced.
async fn outcome(gateway: &Gateway, recipient: &str, channel: &str) -> (bool, Decision, Reason, bool) {
    let answer = check(gateway, ask(recipient, channel, Purpose::Commercial)).await;
    (answer.allowed, answer.decision(), answer.reason(), answer.enforced)
}

#[tokio::test]
async fn a_mode_lets_through_what_its_rows_stop_and_counts_it() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let stopped = (false, Decision::Deny, Reason::Refused, true);
    assert_eq!(outcome(gateway, REFUSED, "MESAJ").await, stopped);
    let brand = set_mode(gateway, Mode::Shadow, &[proto::Channel::Mesaj], 0).await.unwrap();
    let [ChannelMode { channel, mode, effective_from }] = brand.modes[..] else { panic!("{brand:?}") };
    assert_eq!((channel, mode), (proto::Channel::Mesaj.into(), Mode::Shadow.into()));
    assert!((now() - 60..=now()).contains(&effective_from));
    assert_eq!(outcome(gateway, REFUSED, "MESAJ").await, (true, Decision::Allow, Reason::Refused, false));
    assert_eq!(outcome(gateway, STRANGER, "MESAJ").await, (true, Decision::Allow, Reason::NoRecord, false));
    assert_eq!(outcome(gateway, APPROVED, "MESAJ").await, (true, Decision::Allow, Reason::Approved, true));
    assert_eq!(outcome(gateway, "x", "MESAJ").await, (false, Decision::Deny, Reason::InvalidRecipient, true));
    assert_eq!(outcome(gateway, REFUSED, "ARAMA").await, (false, Decision::Deny, Reason::NoRecord, true), "another channel");
    assert_eq!(reason(gateway, APPROVED, "MESAJ", Purpose::Exempt61).await, Reason::DeclarationMissing, "row 5 stands");

    let request = CheckBatchRequest {
        brand_code: BRAND,
        channel: proto::Channel::Mesaj.into(),
        recipients: [APPROVED, REFUSED, STRANGER, "x"].map(str::to_owned).into(),
        ..CheckBatchRequest::default()
    };
    let batch = gateway.permission().await.check_batch(request).await.unwrap().into_inner();
    assert_eq!(batch.results, [0b0100_1100_u8, 0b0100_1001, 0b0100_1010, 0b1000_0011].as_slice());
    assert_eq!(batch.counts.map(|counts| (counts.allow, counts.deny)), Some((3, 1)));
    let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": REFUSED });
    let body = post_json(&gateway.http, "/v1/check", &asked).await.json();
    assert_eq!((&body["allowed"], &body["enforced"], &body["reason"]), (&json!(true), &json!(false), &json!("REFUSED")));

    set_mode(gateway, Mode::Advise, &[], 0).await.unwrap();
    assert_eq!(outcome(gateway, REFUSED, "ARAMA").await, (true, Decision::Allow, Reason::NoRecord, false));
    let page = get(&gateway.admin, "/metrics").await.text;
    for line in [
        r#"izingate_checks_not_enforced_total{channel="MESAJ",mode="shadow",reason="REFUSED"} 3"#,
        r#"izingate_checks_not_enforced_total{channel="MESAJ",mode="shadow",reason="NO_RECORD"} 2"#,
        r#"izingate_checks_not_enforced_total{channel="ARAMA",mode="advise",reason="NO_RECORD"} 1"#,
        r#"izingate_checks_total{edge="http",channel="MESAJ",decision="ALLOW",reason="REFUSED"} 1"#,
    ] {
        assert!(page.contains(&format!("{line}\n")), "{line}\n{page}");
    }
    set_mode(gateway, Mode::Enforce, &[], 0).await.unwrap();
    assert_eq!(outcome(gateway, REFUSED, "MESAJ").await, stopped);
}

#[tokio::test]
async fn a_mode_that_is_planned_waits_for_its_moment() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let later = now() + 3600;
    let brand = set_mode(gateway, Mode::Advise, &[proto::Channel::Mesaj], later).await.unwrap();
    assert!(brand.modes.iter().any(|step| (step.mode(), step.effective_from) == (Mode::Advise, later)), "{brand:?}");
    assert_eq!(outcome(gateway, REFUSED, "MESAJ").await, (false, Decision::Deny, Reason::Refused, true));
    set_mode(gateway, Mode::Shadow, &[proto::Channel::Mesaj], 0).await.unwrap();
    let brand = set_mode(gateway, Mode::Enforce, &[proto::Channel::Mesaj], later).await.unwrap();
    let modes: Vec<_> = brand.modes.iter().map(|step| (step.mode(), step.effective_from == later)).collect();
    assert_eq!(modes, [(Mode::Shadow, false), (Mode::Enforce, true)]);
    assert!(outcome(gateway, REFUSED, "MESAJ").await.0, "what is in force stays until then");
    for (mode, channels, from, expected) in [
        (Mode::Unspecified, vec![], 0, "MISSING_FIELD"),
        (Mode::Advise, vec![proto::Channel::Unspecified], 0, "MISSING_FIELD"),
        (Mode::Advise, vec![], -1, "INVALID_FIELD"),
    ] {
        assert_eq!(set_mode(gateway, mode, &channels, from).await, Err(expected.to_owned()));
    }
    let unknown = SetModeRequest { brand_code: 7, mode: Mode::Advise.into(), ..SetModeRequest::default() };
    assert_eq!(code(&gateway.admin().await.set_mode(unknown).await.unwrap_err()), "UNKNOWN_BRAND");
}

async fn put(gateway: &Gateway, brand: Brand) -> Result<Brand, String> {
    let put = gateway.admin().await.put_brand(PutBrandRequest { brand: Some(brand) }).await;
    Ok(put.map_err(|status| code(&status))?.into_inner().brand.unwrap())
}

/// A brand that has no number at İYS.
fn unregistered(code: u32) -> Brand {
    Brand { brand_code: code, title: "Okul".to_owned(), active: true, ..Brand::default() }
}

#[expect(clippy::unnecessary_wraps, reason = "a field that may be absent")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn a_sender_outside_the_regulation_needs_no_number_at_iys() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let school = Brand { out_of_scope: text("2/2-b"), declaration: text("Müdür, 2026-09-01"), ..unregistered(7) };
    for (wrong, expected) in [
        (unregistered(7), "MISSING_FIELD"),
        (Brand { out_of_scope: text(""), ..school.clone() }, "MISSING_FIELD"),
        (Brand { out_of_scope: text("2/2"), ..school.clone() }, "INVALID_FIELD"),
        (Brand { declaration: None, ..school.clone() }, "DECLARATION_NEEDED"),
        (Brand { declaration: text("two\nlines"), ..school.clone() }, "INVALID_FIELD"),
    ] {
        assert_eq!(put(gateway, wrong.clone()).await, Err(expected.to_owned()), "{wrong:?}");
    }
    assert_eq!(put(gateway, school.clone()).await, Ok(school.clone()));
    let of_school = |recipient, channel, purpose| CheckRequest { brand_code: 7, ..ask(recipient, channel, purpose) };
    let answer = check(gateway, of_school(STRANGER, "MESAJ", Purpose::OutOfScope)).await;
    assert_eq!((answer.allowed, answer.reason(), answer.article.as_str()), (true, Reason::OutOfScope, "2/2"));
    assert_eq!(answer.declaration_id, 0);
    for purpose in [Purpose::Commercial, Purpose::Exempt62] {
        let other = check(gateway, of_school(STRANGER, "MESAJ", purpose)).await;
        assert_eq!(other.reason(), Reason::SenderNotRegistered, "its other sends follow the table");
    }
    assert_eq!(reason(gateway, APPROVED, "MESAJ", Purpose::OutOfScope).await, Reason::DeclarationMissing, "not on file as such");

    let renamed = put(gateway, Brand { iys_code: 8, title: "Kolej".to_owned(), ..unregistered(7) }).await.unwrap();
    let registered = Brand { iys_code: 8, title: "Kolej".to_owned(), ..school.clone() };
    assert_eq!(renamed, registered, "what is not said stays");
    assert_eq!(check(gateway, of_school(STRANGER, "MESAJ", Purpose::Commercial)).await.reason(), Reason::NoRecord);
    let Known { gateway, dir } = known;
    gateway.kill();
    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(check(&gateway, of_school(STRANGER, "MESAJ", Purpose::OutOfScope)).await.reason(), Reason::OutOfScope);
    let ended = put(&gateway, Brand { out_of_scope: text(""), ..registered.clone() }).await.unwrap();
    assert_eq!(ended, Brand { out_of_scope: None, declaration: None, ..registered });
    assert_eq!(check(&gateway, of_school(STRANGER, "MESAJ", Purpose::OutOfScope)).await.reason(), Reason::DeclarationMissing);
}

#[tokio::test]
async fn exempt_only_senders_are_accepted_only_where_that_is_set() {
    let sender = Brand { exempt_only: Some(true), declaration: text("Sözleşme 7"), ..unregistered(7) };
    let strict = Known::start().await;
    assert_eq!(put(&strict.gateway, sender.clone()).await, Err("EXEMPT_ONLY_NOT_ACCEPTED".to_owned()));
    let accepting = Known::start_with_env(&[("IZINGATE_POLICY_EXEMPT_ONLY", "true")]).await;
    let gateway = &accepting.gateway;
    assert_eq!(put(gateway, sender.clone()).await, Ok(sender));
    let of_sender = |purpose| CheckRequest { brand_code: 7, ..ask(STRANGER, "MESAJ", purpose) };
    assert_eq!(check(gateway, of_sender(Purpose::Exempt62)).await.reason(), Reason::DeclarationMissing);
    add(gateway, Declaration { brand_code: 7, ..declared() }).await.unwrap();
    assert_eq!(check(gateway, of_sender(Purpose::Exempt62)).await.reason(), Reason::Exempt);
    assert_eq!(check(gateway, of_sender(Purpose::Commercial)).await.reason(), Reason::SenderNotRegistered);
    let Known { gateway, dir } = accepting;
    assert!(gateway.stop().success());
    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(
        check(&gateway, of_sender(Purpose::Exempt62)).await.reason(),
        Reason::SenderNotRegistered,
        "what was taken once counts only while it is accepted"
    );
}

#[tokio::test]
async fn exempt_emails_need_a_declaration_only_where_the_brand_says_so() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let freed =
        check(gateway, CheckRequest { language: Language::English.into(), ..ask(EMAIL, "EPOSTA", Purpose::Exempt62) }).await;
    assert_eq!((freed.reason(), freed.article.as_str(), freed.declaration_id), (Reason::Exempt, "6/5", 0));
    assert_eq!(freed.explanation, "The message is exempt, and e-mail needs no declaration (17/A).");
    let ours = gateway.admin().await.list_brands(ListBrandsRequest::default()).await.unwrap().into_inner().brands.remove(0);
    let keeper =
        DataKeeper { partner: "Ortak A.Ş.".to_owned(), declaration: "Sözleşme 7".to_owned(), declared_at: now() - 60 };
    let strict = Brand { require_declaration: Some(true), keeper: Some(keeper), ..ours.clone() };
    assert_eq!(put(gateway, strict.clone()).await, Ok(strict.clone()));
    assert_eq!(put(gateway, ours).await, Ok(strict), "what is not said stays");
    let asked = ask(EMAIL, "EPOSTA", Purpose::Exempt62);
    assert_eq!(check(gateway, asked.clone()).await.reason(), Reason::DeclarationMissing);
    add(gateway, declared()).await.unwrap();
    let answer = check(gateway, asked).await;
    assert_eq!((answer.reason(), answer.article.as_str(), answer.declaration_id), (Reason::Exempt, "6/5", 1));
}

#[tokio::test]
async fn an_answer_is_explained_in_the_language_of_its_caller() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let explained = |language: Language| CheckRequest { language: language.into(), ..ask(REFUSED, "MESAJ", Purpose::Commercial) };
    let turkish = "Alıcı bu markanın bu kanaldaki iletilerini reddetti.";
    let english = "The recipient has refused messages of this brand on this channel.";
    for (language, expected) in [(Language::Unspecified, ""), (Language::English, english), (Language::Turkish, turkish)] {
        assert_eq!(check(gateway, explained(language)).await.explanation, expected);
    }
    let wrong = CheckRequest { language: 9, ..explained(Language::English) };
    assert_eq!(code(&gateway.permission().await.check(wrong).await.unwrap_err()), "INVALID_FIELD");
    let requests = [Language::English, Language::Turkish].map(explained);
    let mut answers = gateway.permission().await.check_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().explanation, english);
    assert_eq!(answers.message().await.unwrap().unwrap().explanation, turkish);

    let url = format!("{}/v1/check?brandCode={BRAND}&type=MESAJ&recipient=05321234562", gateway.http);
    let of = async |languages: Option<&str>| {
        let request = client().get(&url);
        let request = languages.iter().fold(request, |request, languages| request.header("accept-language", *languages));
        send(request).await.json()["explanation"].clone()
    };
    assert_eq!(of(None).await, json!(null));
    assert_eq!(of(Some("de")).await, json!(null));
    assert_eq!(of(Some("tr-TR, en;q=0.8")).await, json!(turkish));
    assert_eq!(of(Some("en")).await, json!(english));
}

#[tokio::test]
async fn explain_names_the_declaration_and_the_mode() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let declaration = add(gateway, declared()).await.unwrap();
    set_mode(gateway, Mode::Shadow, &[], 0).await.unwrap();
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: proto::Channel::Mesaj.into(),
        recipient: text(REFUSED),
        purpose: Purpose::Exempt62.into(),
        ..ExplainRequest::default()
    };
    let explained = gateway.permission().await.explain(request.clone()).await.unwrap().into_inner();
    assert_eq!((explained.mode(), explained.declaration), (Mode::Shadow, Some(declaration.clone())));
    let check = explained.check.unwrap();
    assert_eq!((check.declaration_id, check.refusal_on_record), (declaration.id, true));
    let path = format!("/v1/explain?brandCode={BRAND}&type=MESAJ&recipient=05321234562&purpose=MUAF_6_2");
    let body = get(&gateway.http, &path).await.json();
    let on_file = json!({
        "id": 1, "purpose": "MUAF_6_2", "declaredBy": "Ayşe Yılmaz", "documentSha256": "ab".repeat(32), "validUntil": null,
        "declaredAt": IysTime::from_unix(u32::try_from(declaration.declared_at).unwrap()).rfc3339(),
    });
    assert_eq!((&body["mode"], &body["declaration"]), (&json!("shadow"), &on_file));
    assert_eq!((&body["check"]["refusalOnRecord"], &body["check"]["declarationId"]), (&json!(true), &json!(1)));
    let commercial = ExplainRequest { purpose: 0, ..request };
    let explained = gateway.permission().await.explain(commercial).await.unwrap().into_inner();
    assert_eq!(explained.declaration, None);
    assert!(explained.explanation_en.ends_with("does not enforce this."), "{}", explained.explanation_en);
}

fn told(words: &[&str], target: [&str; 2]) -> String {
    let output = run(&[words, &target].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_commands_do_the_same_online_and_offline() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let document = dir.path().join("beyan.pdf");
    fs::write(&document, "abc").unwrap();
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let offline = ["--data", data.to_str().unwrap()];
    let words = ["declaration", "add", "--brand", "601234", "--purpose", "MUAF_6_2", "--declared-by", "Ayşe Yılmaz"];
    let at = ["--declared-at", "2026-11-01 09:00:00"];
    let file = ["--document", document.to_str().unwrap()];
    let line = |id: u32, end: &str| format!("{id:>6}      601234  MUAF_6_2  2026-11-01 09:00:00  {hash}  Ayşe Yılmaz{end}\n");
    assert_eq!(told(&[&words[..], &at, &file].concat(), offline), line(1, ""));
    let mode = ["brand", "mode", "--brand", "601234", "--type", "MESAJ", "--mode", "shadow"];
    assert!(told(&mode, offline).contains("\n            MESAJ: shadow from 20"));
    let school = ["brand", "add", "--brand", "7", "--title", "Okul", "--out-of-scope", "2/2-b", "--declaration", "Müdür 7"];
    let expected = "         7  iys          -  active      import  -            Okul\n            out of scope 2/2-b: Müdür 7\n";
    assert_eq!(told(&school, offline), format!("{expected}added in {}\n", data.display()));

    let gateway = Gateway::start(&data);
    let online = ["--endpoint", gateway.http.as_str()];
    assert_eq!(told(&school, online), format!("{expected}on file at {} as it was: nothing changed\n", gateway.http));
    assert_eq!(reason(&gateway, STRANGER, "MESAJ", Purpose::Exempt62).await, Reason::Exempt);
    assert!(!check(&gateway, ask(STRANGER, "MESAJ", Purpose::Commercial)).await.enforced);
    let until = ["--valid-until", "2099-01-01 00:00:00"];
    let added = told(&[&words[..], &at, &until, &["--document-sha256", hash]].concat(), online);
    assert_eq!(added, line(2, "  until 2099-01-01 00:00:00"));
    assert_eq!(told(&["declaration", "list"], online), line(1, "") + &added);
    assert_eq!(told(&["declaration", "list", "--brand", "7"], online), "");
    let revoked = told(&["declaration", "revoke", "2"], online);
    assert!(revoked.starts_with(line(2, "  revoked 20").trim_end()), "{revoked}");
    let planned = told(&[&mode[..7], &["enforce", "--from", "2099-01-01 00:00:00"]].concat(), online);
    assert!(
        planned.contains("MESAJ: shadow from 20") && planned.contains(", then enforce from 2099-01-01 00:00:00\n"),
        "{planned}"
    );
    let keeper = ["brand", "add", "--brand", "601234", "--iys-code", "600000", "--title", "Örnek", "--require-declaration"];
    let kept = told(&[&keeper[..], &["--keeper-self", "--keeper-declaration", "Beyan 9"]].concat(), online);
    assert!(kept.contains("            exempt e-mails need a declaration\n"), "{kept}");
    assert!(kept.contains("            data kept by the provider itself, declared 20") && kept.contains(": Beyan 9\n"), "{kept}");
    let listed = told(&["brand", "list"], online);
    let (row, _) = kept.split_once(&format!("changed at {}; before:\n", gateway.http)).unwrap();
    assert_eq!(listed, expected.to_owned() + row);
    assert!(gateway.stop().success());
    assert_eq!(told(&["brand", "list"], offline), listed);
    assert_eq!(told(&["declaration", "list"], offline), line(1, "") + &revoked);
    told(&["declaration", "revoke", "1"], offline);
    refusals(&data);
}

fn refusals(data: &Path) {
    let declare = ["declaration", "add", "--purpose", "MUAF_6_1", "--declared-by", "Ad", "--document-sha256"];
    let hash = "ab".repeat(32);
    for (words, expected) in [
        ([&declare[..], &[&hash, "--brand", "9"]].concat(), "UNKNOWN_BRAND"),
        ([&declare[..], &[&hash, "--brand", "7", "--declared-at", "2099-01-01 00:00:00"]].concat(), "INVALID_FIELD"),
        ([&declare[..6], &["--document", "/nowhere", "--brand", "7"]].concat(), "UNREADABLE"),
        (vec!["declaration", "revoke", "9"], "UNKNOWN_DECLARATION"),
        (vec!["brand", "mode", "--brand", "9", "--mode", "advise"], "UNKNOWN_BRAND"),
        (vec!["brand", "add", "--brand", "8", "--title", "x", "--out-of-scope", "2/2-c"], "DECLARATION_NEEDED"),
        (vec!["brand", "add", "--brand", "8", "--title", "x", "--exempt-only=false"], "MISSING_FIELD"),
    ] {
        let mut command = izingate();
        command.args(&words).arg("--data").arg(data);
        assert_eq!(failure(&mut command), (1, expected.to_owned()), "{words:?}");
    }
}

#[test]
fn the_table_is_printed_in_both_languages() {
    let table = |words: &[&str]| String::from_utf8(run(&[&["policy", "table"], words].concat()).stdout).unwrap();
    assert!(table(&[]).starts_with("| # | case | decision | reason |"));
    assert!(table(&["--lang", "tr"]).contains("| 10 | kayıtlı durum ONAY | ALLOW | APPROVED |"));
}
