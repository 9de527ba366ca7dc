//! `izingate evidence export`, beside a running gateway and after it.

use crate::process::failure;
use crate::support::known::{APPROVED, Known, REFUSED};
use crate::support::web::post_json;
use crate::support::{BRAND, Gateway, izingate};
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::json;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

fn export(data: &Path, out: &Path, args: &[&str]) -> Command {
    let mut command = izingate();
    command.args(["evidence", "export", "--data"]).arg(data).arg("--out").arg(out).args(args);
    command
}

fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Decision, reason and reference of every row.
fn rows(path: &Path) -> Vec<[String; 3]> {
    let rows = SerializedFileReader::new(File::open(path).unwrap()).unwrap().into_iter();
    let words = |row: parquet::record::Row| {
        ["decision", "reason", "reference"].map(|wanted| match row.get_column_iter().find(|(name, _)| *name == wanted) {
            Some((_, Field::Str(text))) => text.clone(),
            other => panic!("{other:?}"),
        })
    };
    rows.map(|row| words(row.unwrap())).collect()
}

#[tokio::test]
async fn sealed_segments_are_exported_once() {
    let known = Known::start().await;
    let (data, out) = (known.data(), known.dir.path().join("made/parquet"));
    let ask = |gateway: &Gateway, recipient: &str, reference: &str| {
        let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": recipient, "reference": reference });
        let http = gateway.http.clone();
        async move { post_json(&http, "/v1/check", &asked).await }
    };
    ask(&known.gateway, APPROVED, "a").await;
    let nothing = "written     0\ndecisions   0\nskipped     0\nremoved     0\nmissing     0\n";
    assert_eq!(said(export(&data, &out, &[])), nothing, "what is being written is not sealed");
    assert!(known.gateway.stop().success());
    let gateway = Gateway::start(&data);
    ask(&gateway, REFUSED, "b").await;
    assert_eq!(said(export(&data, &out, &[])), "written     1\ndecisions   1\nskipped     0\nremoved     0\nmissing     0\n");
    assert!(gateway.stop().success());
    assert_eq!(said(export(&data, &out, &[])), "written     1\ndecisions   1\nskipped     1\nremoved     0\nmissing     0\n");
    assert_eq!(
        said(export(&data, &out, &["--from", "2", "--to", "2"])),
        "written     0\ndecisions   0\nskipped     1\nremoved     0\nmissing     0\n"
    );
    let file = |number: u32| out.join(format!("{number:012}.parquet"));
    let words = |words: [&str; 3]| words.map(str::to_owned);
    assert_eq!(rows(&file(1)), [words(["ALLOW", "APPROVED", "a"])]);
    assert_eq!(rows(&file(2)), [words(["DENY", "REFUSED", "b"])]);

    let segment = data.join("evidence/000000000002.seg");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let elsewhere = known.dir.path().join("elsewhere");
    assert_eq!(failure(&mut export(&data, &elsewhere, &[])), (1, "EVIDENCE_BROKEN".to_owned()));
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1, "what came before it");
    fs::rename(file(2), file(1)).unwrap();
    assert_eq!(failure(&mut export(&data, &out, &[])), (1, "FOREIGN_FILE".to_owned()));
    assert_eq!(failure(&mut export(&data, &segment, &[])), (1, "EXPORT_FAILED".to_owned()));
}
