//! The table of inputs: `tests/data/trials`, whose README says what its fields mean.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::path::Path;

/// The brand of the inputs that change nothing.
pub const SHARED_BRAND: u32 = 700_000;

/// An input and what is right of it.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub way: String,
    pub input: String,
    pub encoding: String,
    pub file: Option<String>,
    pub sheets: Vec<Sheet>,
    pub epoch_1904: bool,
    pub args: Vec<String>,
    pub recipient: String,
    pub query: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    #[serde(rename = "type")]
    pub channel: Option<String>,
    pub recipient_type: Option<String>,
    pub column: Option<String>,
    pub doors: Vec<String>,
    pub ask: Option<String>,
    pub ask_type: Option<String>,
    pub want: Option<String>,
    pub also: Vec<[String; 4]>,
    pub told: bool,
    pub never: Option<String>,
    pub never_allowed: Option<String>,
    pub rows: Option<Vec<String>>,
    pub exit: Option<i32>,
    pub status: Option<u16>,
    pub code: Option<String>,
    #[serde(rename = "note")]
    _note: String,
    #[serde(skip)]
    pub brand: u32,
}

/// A sheet of a workbook.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sheet {
    pub name: String,
    pub state: String,
    pub kind: String,
    pub rows: Vec<Vec<toml::Value>>,
    /// The rows' numbers in the order in which they stand in the file.
    pub order: Vec<usize>,
    pub merge: Option<String>,
    pub hidden_rows: Vec<usize>,
    pub hidden_columns: Vec<usize>,
}

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

/// Every case, each with its brand.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trials");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let read = |file| toml::from_str::<Table>(&fs::read_to_string(file).unwrap()).unwrap().case;
    let mut cases: Vec<Case> = files.into_iter().flat_map(read).collect();
    for (case, number) in cases.iter_mut().zip(1..) {
        case.brand = if case.changes_nothing() { SHARED_BRAND } else { SHARED_BRAND + number };
    }
    cases
}

impl Case {
    /// Whether it is a list or a question.
    pub fn changes_nothing(&self) -> bool {
        matches!(&self.way[..], "filter" | "check" | "get-check" | "post-check")
    }

    /// The text with the case's brand in it.
    pub fn with_brand(&self, text: &str) -> String {
        text.replace("$B", &self.brand.to_string())
    }

    /// The bytes that are handed in.
    pub fn bytes(&self) -> Vec<u8> {
        if !self.sheets.is_empty() {
            return super::book::xlsx(&self.sheets, self.epoch_1904);
        }
        let text = self.with_brand(&self.input);
        match &self.encoding[..] {
            "" => text.into_bytes(),
            "latin1" => text.chars().map(|letter| u8::try_from(letter).unwrap()).collect(),
            "windows-1254" => text.chars().map(windows_1254).collect(),
            "utf-16le" => format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16le-bare" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "gzip" => {
                let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
                packed.write_all(text.as_bytes()).unwrap();
                packed.finish().unwrap()
            }
            unknown => panic!("{unknown} is no encoding"),
        }
    }
}

fn windows_1254(letter: char) -> u8 {
    match letter {
        'Ğ' => 0xD0,
        'İ' => 0xDD,
        'Ş' => 0xDE,
        'ğ' => 0xF0,
        'ı' => 0xFD,
        'ş' => 0xFE,
        letter => u8::try_from(letter).unwrap(),
    }
}
