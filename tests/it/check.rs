//! `izingate check`: one question from a shell.

use super::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER};
use super::support::{Gateway, izingate};
use std::process::Output;

/// Standard output without what no test can know, and the exit code.
fn settled(output: &Output) -> (String, Option<i32>) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let known = |line: &&str| !["data as of", "veri tarihi", "decision id", "karar no"].iter().any(|head| line.starts_with(head));
    let lines: Vec<&str> = text.lines().filter(known).collect();
    assert!(lines.is_empty() || text.lines().count() > lines.len(), "{text}");
    (lines.join("\n"), output.status.code())
}

fn asked(args: &[&str]) -> Output {
    izingate().args(["check", "--brand", "601234"]).args(args).output().unwrap()
}

const YES: &str = "ALLOW APPROVED\n\
                   The recipient has approved messages of this brand on this channel.\n\
                   asked for     601234, MESAJ, BIREYSEL\n\
                   revision      1";

#[tokio::test]
async fn the_decision_is_the_exit_code() {
    let known = Known::start().await;
    let host = known.gateway.address().to_string();
    let data = known.data();
    let data = data.to_str().unwrap();
    for place in [["--endpoint", host.as_str()], ["--endpoint", known.gateway.http.as_str()], ["--data", data]] {
        let ask = |args: &[&str]| settled(&asked(&[&place[..], args].concat()));
        assert_eq!(ask(&["--type", "MESAJ", "0532 123 45 61"]), (YES.to_owned(), Some(0)), "{place:?}");
        let (text, code) = ask(&["--type", "MESAJ", REFUSED]);
        assert!(text.starts_with("DENY REFUSED\n") && text.contains("\narticle       9, 11/7\n"), "{text}");
        assert_eq!(code, Some(6));
        for (args, expected, code) in [
            (&["--type", "EPOSTA", EMAIL][..], "ALLOW APPROVED", 0),
            (&["--type", "MESAJ", STRANGER], "DENY NO_RECORD", 6),
            (&["--type", "MESAJ", "-5"], "DENY INVALID_RECIPIENT", 6),
            (&["--type", "MESAJ", ""], "DENY INVALID_RECIPIENT", 6),
            (&["--type", "MESAJ", "--recipient-type", "TACIR", APPROVED], "DENY NO_RECORD", 6),
            (&["--type", "MESAJ", "--purpose", "MUAF_6_1", APPROVED], "DENY DECLARATION_MISSING", 6),
            (&["--type", "MESAJ", "--min-revision", "9", APPROVED], "DEFER REVISION_NOT_REACHED", 5),
            (&["--type", "MESAJ", "--brand", "9", APPROVED], "", 64),
        ] {
            let (text, found) = ask(args);
            assert_eq!((text.lines().next().unwrap_or_default(), found), (expected, Some(code)), "{place:?} {args:?}: {text}");
        }
    }
    let stranger = izingate().args(["check", "--brand", "9", "--type", "MESAJ", "--data", data, APPROVED]).output().unwrap();
    assert_eq!(settled(&stranger).0.lines().next(), Some("DENY SENDER_NOT_REGISTERED"));
}

#[tokio::test]
async fn it_answers_in_the_language_of_the_locale() {
    let known = Known::start().await;
    let args = ["check", "--brand", "601234", "--type", "MESAJ", "--endpoint", &known.gateway.http, APPROVED];
    let turkish = "ALLOW APPROVED\n\
                   Alıcı bu markanın bu kanaldaki iletilerini onayladı.\n\
                   sorulan       601234, MESAJ, BIREYSEL\n\
                   sürüm         1";
    let output = izingate().env("LC_ALL", "tr_TR.UTF-8").args(args).output().unwrap();
    assert_eq!(settled(&output), (turkish.to_owned(), Some(0)));
    let output = izingate().args(args).args(["--lang", "tr"]).output().unwrap();
    assert_eq!(settled(&output), (turkish.to_owned(), Some(0)));
    let help = izingate().env("LC_ALL", "tr_TR.UTF-8").args(["check", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().starts_with("Tek bir soru sorar:"));
}

/// What was decided offline is found where everybody looks for it.
#[tokio::test]
async fn the_decision_is_on_record() {
    let known = Known::start().await;
    let data = known.data();
    let data = data.to_str().unwrap();
    let output = asked(&["--type", "MESAJ", "--data", data, "--reference", "from the shell", APPROVED]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let found = izingate().args(["evidence", "find", "--json", "--data", data, "--recipient", APPROVED]).output().unwrap();
    let text = String::from_utf8(found.stdout).unwrap();
    assert!(text.contains("\"reference\":\"from the shell\"") && text.contains("\"caller\":\"izingate-check\""), "{text}");
    assert!(std::path::Path::new(&format!("{data}.evidence")).is_dir());
}

/// One default of all commands, the environment's over it, and a host and a port are enough.
#[tokio::test]
async fn where_the_gateway_is() {
    let known = Known::start().await;
    let host = known.gateway.address().to_string();
    let listed = |gateway: &Gateway| {
        let output = izingate().args(["brand", "list", "--endpoint", &gateway.http]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = listed(&known.gateway);
    for value in [host.as_str(), known.gateway.http.as_str()] {
        let output = izingate().env("IZINGATE_ENDPOINT", value).args(["brand", "list"]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{value}");
    }
    let output = izingate().env("IZINGATE_ENDPOINT", "nowhere").args(["brand", "list", "--endpoint", &host]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "what is given stands over it");
    let output = izingate().env("IZINGATE_ENDPOINT", "nowhere").args(["brand", "list"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(error.starts_with("izingate: ENDPOINT_INVALID: IZINGATE_ENDPOINT: nowhere: "), "{error}");
}
