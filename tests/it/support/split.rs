//! One file of movements as several: rows in any order, files of several forms, rows in two of them.

use super::files::Oracle;
use super::rng::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// The parts of a file, some of them named twice, and how many rows in all are to be refused.
pub struct Parts {
    pub files: Vec<PathBuf>,
    pub broken: u64,
}

/// Splits the movements of `oracle` in an order that `seed` chooses.
pub fn split(oracle: &Oracle, seed: u64) -> Parts {
    let text = fs::read_to_string(oracle.movements()).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    Rng::new(seed).shuffle(&mut rows);
    let size = rows.len().div_ceil(6);
    // Each part also repeats a tenth of the one before it.
    let part = |number: usize| {
        let start = (number * size).saturating_sub(size / 10);
        &rows[start..rows.len().min((number + 1) * size)]
    };
    let delimited = |number: usize, delimiter: &str| {
        let lines: Vec<&str> = [header].iter().chain(part(number)).copied().collect();
        (lines.join("\n") + "\n").replace(',', delimiter).into_bytes()
    };
    let ndjson = |number: usize| part(number).iter().map(|row| item(header, row) + "\n").collect::<String>();
    let contents = [
        ("a.csv", delimited(0, ";")),
        ("b.txt", delimited(1, "\t")),
        ("c.csv.gz", gzip(&delimited(2, ","))),
        ("d.ndjson", ndjson(3).into_bytes()),
        ("e.csv", delimited(4, ",")),
        ("f.ndjson.gz", gzip(ndjson(5).as_bytes())),
    ];
    let written = contents.map(|(name, bytes)| {
        let path = oracle.dir().join(name);
        fs::write(&path, bytes).unwrap();
        path
    });
    let order = [5, 0, 3, 1, 0, 4, 2, 3];
    let broken = order.iter().flat_map(|number| part(*number)).filter(|row| is_broken(row)).count() as u64;
    Parts { files: order.iter().map(|number| written[*number].clone()).collect(), broken }
}

/// Broken rows, and only they, have this id.
fn is_broken(row: &str) -> bool {
    row.contains(",ff,")
}

/// A row in İYS's push shape; a row that breaks off stays one that does.
fn item(header: &str, row: &str) -> String {
    let fields = header.split(',').zip(row.split(','));
    let mut object: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
    object.insert("brandCode".to_owned(), 601_234.into());
    let whole = object.contains_key("source");
    let text = Value::from(object).to_string();
    if whole { text } else { text[..text.len() / 2].to_owned() }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
