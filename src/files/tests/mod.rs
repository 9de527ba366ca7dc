//! Readers, as specification: what stands in a file and what comes out of it.

mod delimited;
mod garbage;
mod ndjson;
mod sheet;
mod whole;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";
const PHONE: &str = "2026-11-01 10:20:30,ab12,+905321234567,BIREYSEL,MESAJ,ONAY,2026-10-31 23:59:59,HS_WEB";
const EMAIL: &str = "2026-11-01 10:20:31,ab13,ayse@ornek.com,TACIR,EPOSTA,RET,,IYS_WEB";
/// What a file comes to: rows as `line: field,field,…`, bad lines as `line! detail`, and the code of
/// the error that ended it.
fn read(name: &str, content: &[u8]) -> (Vec<String>, Option<&'static str>) {
    let folder = TempDir::new().unwrap();
    read_in_batches(&write(&folder, name, content), 2)
}

fn write(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn read_in_batches(path: &Path, max: usize) -> (Vec<String>, Option<&'static str>) {
    read_sheet_in_batches(path, None, max)
}

fn read_sheet_in_batches(path: &Path, sheet: Option<&str>, max: usize) -> (Vec<String>, Option<&'static str>) {
    let mut reader = match FileReader::open_with(path, FileOptions { sheet, ..FileOptions::default() }) {
        Ok(reader) => reader,
        Err(error) => return (vec![], Some(error.code())),
    };
    let mut found = vec![];
    loop {
        match reader.next_batch(max) {
            Ok(Some(batch)) => {
                assert!(!batch.is_empty());
                found.extend(batch.rows.iter().map(|row| (row.line(), format!("{}: {}", row.line(), row.fields().join(",")))));
                found.extend(batch.bad.iter().map(|bad| (bad.line, format!("{}! {}", bad.line, bad.detail))));
            }
            Ok(None) => break,
            Err(error) => return (in_order(found), Some(error.code())),
        }
    }
    assert!(reader.next_batch(max).unwrap().is_none(), "the end stays the end");
    (in_order(found), None)
}

fn in_order(mut found: Vec<(u64, String)>) -> Vec<String> {
    found.sort_by_key(|(line, _)| *line);
    found.into_iter().map(|(_, text)| text).collect()
}

fn rows(expected: &[&str]) -> (Vec<String>, Option<&'static str>) {
    (expected.iter().map(|row| (*row).to_owned()).collect(), None)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn two_rows() -> (Vec<String>, Option<&'static str>) {
    rows(&[&format!("2: {PHONE},"), &format!("3: {EMAIL},")])
}
