//! The ways in and the doors through which the inputs go, and what is said there.

use super::table::Case;
use crate::support::web::{JSON, Reply, client, send};
use crate::support::{Gateway, izingate};
use izingate::api::proto::{ApplyRequest, Movement};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// What became of an input at a door.
#[derive(Default)]
pub struct Outcome {
    pub door: &'static str,
    pub exit: Option<i32>,
    pub status: Option<u16>,
    /// Everything that was said, but for the rows of a list.
    pub said: String,
    /// The rows of a list as they came out, or the answer of a question.
    pub answer: String,
    /// Whether it was said that the input was not taken whole.
    pub told: bool,
}

pub async fn handed_in(gateway: &Gateway, case: &Case, folder: &Path) -> Vec<Outcome> {
    match &case.way[..] {
        "import" => vec![import(gateway, case, folder).await],
        "movements" => {
            let request = client().post(format!("{}/v1/movements?brandCode={}", gateway.http, case.brand));
            vec![movements(&send(with_body(request, case, JSON)).await)]
        }
        "apply" => vec![apply(gateway, case).await],
        "filter" => {
            let mut outcomes = Vec::new();
            for door in &case.doors {
                outcomes.push(match &door[..] {
                    "file" => filter(gateway, case, folder, true).await,
                    "stdin" => filter(gateway, case, folder, false).await,
                    _ => filter_http(gateway, case).await,
                });
            }
            outcomes
        }
        "check" => check(gateway, case).await,
        "get-check" => {
            let query = case.with_brand(case.query.as_deref().unwrap());
            vec![question("GET", send(client().get(format!("{}/v1/check?{query}", gateway.http))).await)]
        }
        "post-check" => {
            let request = client().post(format!("{}/v1/check", gateway.http));
            vec![question("POST", send(with_body(request, case, JSON)).await)]
        }
        unknown => panic!("{unknown} is no way in"),
    }
}

fn with_body(request: reqwest::RequestBuilder, case: &Case, media: &str) -> reqwest::RequestBuilder {
    let request = request.header("content-type", case.content_type.as_deref().unwrap_or(media)).body(case.bytes());
    match &case.content_encoding {
        None => request,
        Some(encoding) => request.header("content-encoding", encoding),
    }
}

/// An answer to movements.
pub fn movements(reply: &Reply) -> Outcome {
    let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let refused = body["refused"].as_array().is_some_and(|refused| !refused.is_empty());
    let said = reply.text.replace("\"refused\":[]", "");
    Outcome { door: "http", status: Some(reply.status), said, told: reply.status >= 400 || refused, ..Outcome::default() }
}

fn question(door: &'static str, reply: Reply) -> Outcome {
    let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let field = |name: &str| body[name].as_str().unwrap_or_default();
    let answer = format!("{} {}", field("decision"), field("reason"));
    Outcome { door, status: Some(reply.status), answer, told: reply.status >= 400, said: reply.text, ..Outcome::default() }
}

async fn import(gateway: &Gateway, case: &Case, folder: &Path) -> Outcome {
    let name = case.file.as_deref().unwrap_or("rows.csv");
    fs::write(folder.join(name), case.bytes()).unwrap();
    let mut command = izingate();
    command
        .args(["import", "--endpoint", &gateway.http, "--brand", &case.brand.to_string()])
        .args(&case.args)
        .arg(folder.join(name));
    let (exit, out, err) = ended(command).await;
    let rejected = fs::read(folder.join(format!("{name}.rejected.csv"))).unwrap_or_default();
    let said = format!("{out}{err}{}", String::from_utf8_lossy(&rejected));
    Outcome { door: "import", exit: Some(exit), told: exit != 0, said, ..Outcome::default() }
}

async fn ended(mut command: Command) -> (i32, String, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| readable(bytes);
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Text of UTF-16 with its mark, or of UTF-8.
fn readable(bytes: &[u8]) -> String {
    let units = |from: fn([u8; 2]) -> u16| bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect::<Vec<u16>>();
    match bytes {
        [0xFF, 0xFE, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xFE, 0xFF, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

async fn apply(gateway: &Gateway, case: &Case) -> Outcome {
    let (recipient, channel, status) = (case.recipient.clone(), "MESAJ".to_owned(), "RET".to_owned());
    let movement = Movement { recipient, r#type: channel, status, ..Movement::default() };
    let request = ApplyRequest { brand_code: case.brand, movements: vec![movement], ..ApplyRequest::default() };
    let refused = gateway.consent().await.apply(request).await.unwrap().into_inner().refused;
    Outcome { door: "Apply", told: !refused.is_empty(), said: format!("{refused:?}"), ..Outcome::default() }
}

async fn check(gateway: &Gateway, case: &Case) -> Vec<Outcome> {
    let channel = case.channel.as_deref().unwrap_or("MESAJ");
    let recipient = utf8_percent_encode(&case.recipient, NON_ALPHANUMERIC);
    let url = format!("{}/v1/check?brandCode={}&type={channel}&recipient={recipient}", gateway.http, case.brand);
    let body = json!({ "brandCode": case.brand, "type": channel, "recipient": case.recipient });
    vec![
        question("GET", send(client().get(url)).await),
        question("POST", send(client().post(format!("{}/v1/check", gateway.http)).json(&body)).await),
    ]
}

async fn filter(gateway: &Gateway, case: &Case, folder: &Path, as_file: bool) -> Outcome {
    let list = folder.join(case.file.as_deref().unwrap_or("list.csv"));
    fs::write(&list, case.bytes()).unwrap();
    let out = folder.join("out.csv");
    let mut command = izingate();
    command.args(["filter", "--endpoint", &gateway.http, "--brand", &case.brand.to_string(), "--type"]);
    command.arg(case.channel.as_deref().unwrap_or("MESAJ")).args(&case.args);
    for (flag, value) in [("--recipient-type", &case.recipient_type), ("--column", &case.column)] {
        command.args(value.iter().flat_map(|value| [flag, value]));
    }
    if as_file {
        command.arg("--out").arg(&out).arg(&list).stdin(Stdio::null());
    } else {
        command.args(["--rejected", folder.join("rejected.csv").to_str().unwrap()]).stdin(File::open(&list).unwrap());
    }
    let (exit, stdout, stderr) = ended(command).await;
    // The summary goes where the rows do not.
    let (answer, said) =
        if as_file { (readable(&fs::read(&out).unwrap_or_default()), stdout + &stderr) } else { (stdout, stderr) };
    Outcome { door: if as_file { "file" } else { "stdin" }, exit: Some(exit), told: exit != 0, said, answer, status: None }
}

async fn filter_http(gateway: &Gateway, case: &Case) -> Outcome {
    let query = case.query.as_deref().map_or_else(
        || {
            let mut query = format!("brandCode=$B&type={}", case.channel.as_deref().unwrap_or("MESAJ"));
            for (name, value) in [("recipientType", &case.recipient_type), ("column", &case.column)] {
                if let Some(value) = value {
                    let _ = write!(query, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
                }
            }
            query
        },
        str::to_owned,
    );
    let request = client().post(format!("{}/v1/filter?{}", gateway.http, case.with_brand(&query)));
    let mut response = with_body(request, case, "text/csv").send().await.unwrap();
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // A list that ends in the middle has no last chunk.
    let cut = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend(chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let text = readable(&body);
    let told = status >= 400 || cut;
    Outcome { door: "http", exit: None, status: Some(status), told, said: text.clone(), answer: text }
}
