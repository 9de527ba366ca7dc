//! The command: files in, files out, each with its decisions on record.

use super::{FILTERED, LIST, count, filter, long_answer, long_list, names, piped, text};
use crate::evidence::{found, verified};
use crate::support::known::{APPROVED, Known, REFUSED, apply, movement};
use crate::support::web::post;
use crate::support::{BRAND, run};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Every way to decide.
fn deciders<'a>(known: &'a Known, data: &'a str) -> [[&'a str; 2]; 2] {
    [["--data", data], ["--endpoint", &known.gateway.http]]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_beside_a_gateway_and_through_it() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let data = data.to_str().unwrap();
    let list = dir.join("liste.csv");
    fs::write(&list, LIST).unwrap();
    for decider in deciders(&known, data) {
        let out = dir.join(format!("{}.csv", decider[0].trim_start_matches('-')));
        let done = filter(&[&decider[..], &["--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!(fs::read_to_string(&out).unwrap(), FILTERED, "{decider:?}");
        let counts = ["rows in", "rows out", "rows unreadable", "ALLOW APPROVED", "DENY REFUSED", "DENY NO_RECORD", "header"];
        assert_eq!(counts.map(|name| count(&done, name)), [4, 4, 0, 1, 1, 1, 1], "{done:?}");
    }
    let left = ["data.csv", "data.csv.evidence", "endpoint.csv", "liste.csv"];
    let mut kept = names(dir);
    kept.retain(|name| name.contains("csv"));
    assert_eq!(kept, left, "nothing unfinished is left");
}

/// A brand in shadow: refused people come out as ALLOW, and every way says how many.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_mode_alone_let_through_is_said_every_way() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let set =
        run(&["brand", "mode", "--endpoint", &known.gateway.http, "--brand", "601234", "--type", "MESAJ", "--mode", "shadow"]);
    assert!(set.status.success(), "{set:?}");
    let list = dir.join("liste.csv");
    fs::write(&list, format!("{APPROVED}\n{REFUSED}\n")).unwrap();
    let rows = format!("{APPROVED},ALLOW,APPROVED\n{REFUSED},ALLOW,REFUSED NOT_ENFORCED\n");
    for decider in deciders(&known, data.to_str().unwrap()) {
        let done = filter(&[&decider[..], &[list.to_str().unwrap()]].concat());
        assert_eq!((done.status.code(), text(&done.stdout)), (Some(0), rows.clone()), "{decider:?}");
        let said = text(&done.stderr);
        assert_eq!(count(&done, "let through by a mode alone"), 1, "{said}");
        assert!(
            said.contains("NOT ENFORCED: ") && said.contains("  1 601234 MESAJ: izingate brand mode --brand 601234"),
            "{said}"
        );
        // In files, too: in one of their own, and in another colour.
        let out = dir.join(format!("{}.csv", decider[0].trim_start_matches('-')));
        let args = [&decider[..], &["--split", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat();
        assert_eq!(filter(&args).status.code(), Some(0));
        let part = |name: &str| fs::read_to_string(out.with_extension(format!("{name}.csv"))).unwrap();
        let parts = ["allowed", "blocked", "deferred", "not-enforced"].map(part);
        assert_eq!(parts, [format!("{APPROVED}\n"), String::new(), String::new(), format!("{REFUSED}\n")], "{decider:?}");
    }
    let path = "/v1/filter?brandCode=601234&type=MESAJ&summary=true";
    let reply = post(&known.gateway.http, path, "text/csv", format!("{REFUSED}\n")).await;
    let (_, summary) = reply.text.split_once("#izingate ").unwrap();
    let summary: Value = serde_json::from_str(summary).unwrap();
    assert_eq!((&summary["letThrough"], &summary["rows"]), (&1.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_takes_in_is_seen_at_once_and_its_own_files_are_let_be() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let logs = |data: &Path| names(&data.join("store")).into_iter().filter(|name| name.starts_with("LOG")).collect::<Vec<_>>();
    let (before, list) = (logs(&data), dir.join("liste.csv"));
    fs::write(&list, format!("{APPROVED}\n")).unwrap();
    let evidence = dir.join("kanit");
    let args = ["--data", data.to_str().unwrap(), "--evidence", evidence.to_str().unwrap(), list.to_str().unwrap()];
    assert_eq!(text(&filter(&args).stdout), format!("{APPROVED},ALLOW,APPROVED\n"));
    apply(&known.gateway, vec![movement(APPROVED, "RET", "2026-11-09 10:00:00")]).await;
    assert_eq!(text(&filter(&args).stdout), format!("{APPROVED},DENY,REFUSED\n"));
    assert_eq!(logs(&data), before, "the gateway's log file is not rotated away");
    // Both are on a record of their own, which verifies.
    let (said, code) = verified(&evidence);
    assert_eq!(code, Some(0), "{said}");
    fs::copy(data.join("secret.key"), evidence.join("secret.key")).unwrap();
    let reasons: Vec<Value> = found(&evidence, APPROVED).iter().map(|found| found["reason"].clone()).collect();
    assert_eq!(reasons, ["APPROVED", "REFUSED"]);
    // The gateway's own record has nothing of it, and is searched with the list's.
    let of_list: Vec<_> = found(&data, APPROVED).into_iter().map(|found| found["caller"].clone()).collect();
    assert_eq!(of_list, ["izingate-filter"; 2]);
    assert!(!evidence.join("following").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn between_two_pipes() {
    let known = Known::start().await;
    let (data, evidence) = (known.data(), known.dir.path().join("kanit"));
    let done = piped(&["--endpoint", &known.gateway.http, "-"], LIST.as_bytes());
    assert_eq!((text(&done.stdout), done.status.code()), (FILTERED.to_owned(), Some(0)));
    let done = piped(&["--data", data.to_str().unwrap()], LIST.as_bytes());
    assert!(text(&done.stderr).contains("EVIDENCE_WHERE"), "{done:?}");
    let args = ["--data", data.to_str().unwrap(), "--evidence", evidence.to_str().unwrap()];
    let done = piped(&args, LIST.as_bytes());
    assert_eq!((text(&done.stdout), count(&done, "rows out")), (FILTERED.to_owned(), 4));
    // The first lines are answered for: what is written is the rest.
    let first: usize = FILTERED.split_inclusive('\n').take(3).map(str::len).sum();
    let rest = piped(&[&args[..], &["--skip-lines", "3"]].concat(), LIST.as_bytes());
    assert_eq!(text(&rest.stdout), FILTERED[first..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_are_kept_with_their_reason() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let (list, out) = (dir.join("liste.csv"), dir.join("out.csv"));
    fs::write(&list, format!("ad,gsm\nA,{APPROVED}\nB,{REFUSED},fazla\n\"C,x\nD,{REFUSED}\n")).unwrap();
    for decider in deciders(&known, data.to_str().unwrap()) {
        let args = [&decider[..], &["--force", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat();
        let done = filter(&args);
        assert_eq!(done.status.code(), Some(2), "{done:?}");
        let rows = format!("ad,gsm,decision,reason\nA,{APPROVED},ALLOW,APPROVED\nD,{REFUSED},DENY,REFUSED\n");
        assert_eq!(fs::read_to_string(&out).unwrap(), rows);
        let rejected = format!(
            "line,reason,detail,row\n\
             3,WRONG_FIELD_COUNT,more or fewer fields than the first line has; is its delimiter another one?,\"B,{REFUSED},fazla\"\n\
             4,QUOTE_NOT_CLOSED,a quote is not closed,\"\"\"C,x\"\n"
        );
        assert_eq!(fs::read_to_string(dir.join("out.csv.rejected.csv")).unwrap(), rejected);
        assert_eq!(["rows in", "rows out", "rows unreadable"].map(|name| count(&done, name)), [4, 2, 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_pairs_duplicates_sentences_and_files_of_their_own() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let add = ["brand", "add", "--endpoint", &known.gateway.http, "--brand", "601235", "--iys-code", "600000", "--title", "İki"];
    assert!(run(&add).status.success());
    let list = dir.join("liste.csv");
    fs::write(&list, format!("telefon,eposta\n{APPROVED},ayse@ornek.com.tr\n{REFUSED},x\n{APPROVED},\n")).unwrap();
    let list = list.to_str().unwrap();
    for (number, decider) in deciders(&known, data.to_str().unwrap()).into_iter().enumerate() {
        let out = dir.join(format!("{number}.csv"));
        let out = out.to_str().unwrap();
        let more = ["--brand", "601235", "--type", "EPOSTA", "--duplicates", "--out", out, list];
        assert_eq!(filter(&[&decider[..], &more].concat()).status.code(), Some(0));
        let expected = format!(
            "telefon,eposta,decision_601234_MESAJ,reason_601234_MESAJ,decision_601234_EPOSTA,reason_601234_EPOSTA,\
             decision_601235_MESAJ,reason_601235_MESAJ,decision_601235_EPOSTA,reason_601235_EPOSTA,duplicate\n\
             {APPROVED},ayse@ornek.com.tr,ALLOW,APPROVED,ALLOW,APPROVED,DENY,NO_RECORD,DENY,NO_RECORD,\n\
             {REFUSED},x,DENY,REFUSED,DENY,INVALID_RECIPIENT,DENY,NO_RECORD,DENY,INVALID_RECIPIENT,\n\
             {APPROVED},,ALLOW,APPROVED,DENY,INVALID_RECIPIENT,DENY,NO_RECORD,DENY,INVALID_RECIPIENT,DUPLICATE\n"
        );
        assert_eq!(fs::read_to_string(out).unwrap(), expected);
        let split = dir.join(format!("{number}.split.csv"));
        let args = [&decider[..], &["--split", "--out", split.to_str().unwrap(), list]].concat();
        assert_eq!(filter(&args).status.code(), Some(0));
        let part = |name: &str| fs::read_to_string(dir.join(format!("{number}.split.{name}.csv"))).unwrap();
        assert_eq!(part("allowed"), format!("telefon,eposta\n{APPROVED},ayse@ornek.com.tr\n{APPROVED},\n"));
        assert_eq!(part("blocked"), format!("telefon,eposta\n{REFUSED},x\n"));
        assert_eq!(part("deferred"), "telefon,eposta\n");
    }
    let done = piped(&["--endpoint", &known.gateway.http, "--language", "tr"], format!("{REFUSED}\n").as_bytes());
    assert_eq!(text(&done.stdout), format!("{REFUSED},DENY,REFUSED,\"Alıcı bu markanın bu kanaldaki iletilerini reddetti.\"\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_list_keeps_its_order() {
    const ROWS: u32 = 300_000;
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let list = dir.join("liste.csv");
    fs::write(&list, long_list(ROWS)).unwrap();
    let expected = long_answer(ROWS);
    for decider in deciders(&known, data.to_str().unwrap()) {
        let out = dir.join("out.csv");
        let done = filter(&[&decider[..], &["--force", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert!(fs::read_to_string(&out).unwrap() == expected, "{decider:?}");
    }
    let (said, code) = verified(&dir.join("out.csv.evidence"));
    assert!(code == Some(0) && said.contains("300000"), "{said}");
    assert_eq!(BRAND, 601_234);
}
