//! Inputs from outside with their right answers: each is handed in, and all that differ are told at once.

mod book;
mod pushes;
mod table;
mod ways;

use crate::support::{Gateway, add_brand, web};
use izingate::api::proto::{ApplyRequest, Brand, Movement, PutBrandRequest};
use serde_json::{Value, json};
use std::sync::Arc;
use table::{Case, SHARED_BRAND, cases};
use tempfile::TempDir;
use tokio::task::JoinSet;
use ways::{Outcome, handed_in};

/// Inputs that are handed in at once.
const AT_ONCE: usize = 6;

/// What is on record before: recipient, channel, recipient type, status.
const ON_RECORD: [[&str; 4]; 9] = [
    ["+905320001001", "MESAJ", "BIREYSEL", "ONAY"],
    ["+905320001001", "ARAMA", "BIREYSEL", "ONAY"],
    ["+905320001001", "MESAJ", "TACIR", "ONAY"],
    ["+905320001001", "ARAMA", "TACIR", "ONAY"],
    ["+905320001002", "MESAJ", "BIREYSEL", "RET"],
    ["+905320001004", "MESAJ", "BIREYSEL", "ONAY"],
    ["+4522123456", "MESAJ", "BIREYSEL", "ONAY"],
    ["info@ornek.com.tr", "EPOSTA", "BIREYSEL", "ONAY"],
    ["mehmet@ornek.com.tr", "EPOSTA", "BIREYSEL", "RET"],
];

fn on_record() -> Vec<Movement> {
    let movement = |[recipient, channel, recipient_type, status]: [&str; 4]| Movement {
        creation_date: "2025-11-02 09:15:00".to_owned(),
        transaction_id: "0a".to_owned(),
        recipient: recipient.to_owned(),
        recipient_type: recipient_type.to_owned(),
        r#type: channel.to_owned(),
        status: status.to_owned(),
        consent_date: "2025-11-02 09:15:00".to_owned(),
        source: "HS_WEB".to_owned(),
        brand_code: String::new(),
    };
    ON_RECORD.map(movement).to_vec()
}

/// A gateway that knows the brands of these cases and what is on record of each.
async fn gateway(cases: &[Case]) -> (Gateway, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    let mut brands: Vec<u32> = cases.iter().map(|case| case.brand).collect();
    brands.dedup();
    let (admin, consent) = (gateway.admin().await, gateway.consent().await);
    let mut tasks = JoinSet::new();
    for brand_code in brands {
        let (mut admin, mut consent) = (admin.clone(), consent.clone());
        tasks.spawn(async move {
            let title = "Deneme".to_owned();
            let brand = Some(Brand { brand_code, iys_code: brand_code, title, active: true, ..Brand::default() });
            admin.put_brand(PutBrandRequest { brand }).await.unwrap();
            let request = ApplyRequest { brand_code, movements: on_record(), ..ApplyRequest::default() };
            let answer = consent.apply(request).await.unwrap().into_inner();
            assert_eq!((answer.applied as usize, answer.refused.len()), (ON_RECORD.len(), 0), "{answer:?}");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    (gateway, dir)
}

/// Hands the cases in, and panics with all that differ.
async fn tried(cases: Vec<Case>) {
    assert!(!cases.is_empty());
    let (gateway, dir) = gateway(&cases).await;
    let (gateway, number) = (Arc::new(gateway), cases.len());
    let mut waiting = cases.into_iter().enumerate();
    let (mut tasks, mut differing) = (JoinSet::new(), Vec::new());
    loop {
        while tasks.len() < AT_ONCE
            && let Some((place, case)) = waiting.next()
        {
            let (gateway, folder) = (Arc::clone(&gateway), dir.path().join(place.to_string()));
            tasks.spawn(async move {
                std::fs::create_dir(&folder).unwrap();
                let outcomes = handed_in(&gateway, &case, &folder).await;
                differences(&gateway, &case, &outcomes).await
            });
        }
        let Some(done) = tasks.join_next().await else { break };
        differing.extend(done.unwrap());
    }
    tell(&differing, number);
}

fn tell(differing: &[String], number: usize) {
    assert!(differing.is_empty(), "{} of {number} differ:\n\n{}", differing.len(), differing.join("\n\n"));
}

/// What differs of a case, in words.
async fn differences(gateway: &Gateway, case: &Case, outcomes: &[Outcome]) -> Option<String> {
    let mut wrong = Vec::new();
    for outcome in outcomes {
        let before = wrong.len();
        if case.changes_nothing() {
            of_answers(case, outcome, &mut wrong);
        } else {
            of_state(gateway, case, outcome, &mut wrong).await;
        }
        of_words(case, outcome, &mut wrong);
        if wrong.len() > before {
            let Outcome { door, exit, status, said, answer, .. } = outcome;
            wrong.push(format!("{door}: exit {exit:?} status {status:?} said {said:?} answer {answer:?}"));
        }
    }
    (!wrong.is_empty()).then(|| format!("# {}\n  {}", case.name, wrong.join("\n  ")))
}

fn of_words(case: &Case, outcome: &Outcome, wrong: &mut Vec<String>) {
    if let (Some(want), Some(exit)) = (case.exit, outcome.exit)
        && want != exit
    {
        wrong.push(format!("want exit {want}"));
    }
    // Over HTTP a list that fails is an error, or is cut short.
    if case.exit.is_some_and(|exit| exit == 1) && outcome.exit.is_none() && outcome.status.is_some() && !outcome.told {
        wrong.push("want an error".to_owned());
    }
    if let (Some(want), Some(status)) = (case.status, outcome.status)
        && want != status
    {
        wrong.push(format!("want status {want}"));
    }
    if let Some(code) = &case.code
        && !outcome.said.contains(code)
    {
        wrong.push(format!("want {code} to be said"));
    }
}

async fn of_state(gateway: &Gateway, case: &Case, outcome: &Outcome, wrong: &mut Vec<String>) {
    if case.told && outcome.told {
        return;
    }
    let ask = case.ask.clone().unwrap_or_else(|| "+905320001001".to_owned());
    let channel = case.ask_type.clone().unwrap_or_else(|| "MESAJ".to_owned());
    let first = case.want.clone().map(|want| [ask, channel, "BIREYSEL".to_owned(), want]);
    for [recipient, channel, recipient_type, want] in first.iter().chain(&case.also) {
        let question =
            json!({ "brandCode": case.brand, "type": channel, "recipient": recipient, "recipientType": recipient_type });
        let body: Value = web::post_json(&gateway.http, "/v1/check", &question).await.json();
        let answer = format!("{} {}", body["decision"].as_str().unwrap(), body["reason"].as_str().unwrap());
        if *want != answer {
            wrong.push(format!("{recipient} {channel} {recipient_type}: {answer}, want {want}"));
        }
    }
}

fn of_answers(case: &Case, outcome: &Outcome, wrong: &mut Vec<String>) {
    if case.way == "filter" {
        let decided = decided(&outcome.answer);
        if let Some(never) = &case.never_allowed
            && decided.iter().any(|(row, decision)| row.contains(never) && decision.starts_with("ALLOW"))
        {
            wrong.push(format!("a row with {never:?} is allowed"));
        }
        let decisions: Vec<&str> = decided.iter().map(|(_, decision)| &decision[..]).collect();
        if let Some(rows) = &case.rows
            && *rows != decisions
            && !(case.told && outcome.told)
        {
            wrong.push(format!("{decisions:?}, want {rows:?}"));
        }
        return;
    }
    if case.want.as_ref().is_some_and(|want| *want != outcome.answer) {
        wrong.push(format!("want {}", case.want.as_ref().unwrap()));
    }
    if case.never.as_ref() == Some(&outcome.answer) {
        wrong.push(format!("never {}", outcome.answer));
    }
}

/// The rows of a list that were decided, each with its decision.
fn decided(list: &str) -> Vec<(String, String)> {
    let (mut rows, mut row) = (Vec::new(), String::new());
    for line in list.split('\n') {
        let line = line.trim_end_matches('\r');
        let mut fields = line.rsplit([',', ';', '\t', '|']).map(|field| field.trim_matches('"'));
        let (reason, decision) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        row.push_str(line);
        if ["ALLOW", "DENY", "DEFER"].contains(&decision) {
            rows.push((std::mem::take(&mut row), format!("{decision} {reason}")));
        }
        row.push('\n');
    }
    rows
}

fn of_ways(ways: &[&str]) -> Vec<Case> {
    cases().into_iter().filter(|case| ways.contains(&&case.way[..])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_leave_what_is_right() {
    tried(of_ways(&["import"])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn movements_leave_what_is_right() {
    tried(of_ways(&["movements", "apply"])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_questions_are_answered_right() {
    let cases = of_ways(&["filter", "check", "get-check", "post-check"]);
    assert!(cases.iter().all(|case| case.brand == SHARED_BRAND));
    tried(cases).await;
}
