//! Data directories from the outside: made, filled, counted and read byte by byte.

use super::{add_brand, izingate, run};
use izingate::data::open::read_only;
use izingate::model::time::IysTime;
use izingate::store::codec::{decode_history, encode_history};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a command counted, by the name that it prints.
pub type Counts = BTreeMap<String, u64>;

/// A data directory with the test brand on file. All have one secret, so that their bytes can be compared.
pub fn fresh(data: PathBuf) -> PathBuf {
    fs::create_dir(&data).unwrap();
    fs::write(data.join("secret.key"), "5e".repeat(32)).unwrap();
    add_brand(&data);
    data
}

/// What an import said.
#[derive(Debug)]
pub struct Imported {
    pub code: i32,
    pub counts: Counts,
    /// Both outputs, for people.
    pub text: String,
}

impl Imported {
    pub fn count(&self, name: &str) -> u64 {
        *self.counts.get(name).unwrap_or_else(|| panic!("no {name} in:\n{}", self.text))
    }
}

/// Imports files of the test brand with more arguments, such as `--data DIR`.
pub fn import_with<F: AsRef<Path>>(args: &[&str], files: &[F]) -> Imported {
    let mut command = izingate();
    command.args(["import", "--brand", "601234"]).args(args).args(files.iter().map(AsRef::as_ref));
    let output = command.output().unwrap();
    let result = String::from_utf8(output.stdout).unwrap();
    let counts = counted(&result);
    let text = result + &String::from_utf8(output.stderr).unwrap();
    Imported { code: output.status.code().unwrap(), counts, text }
}

/// Imports files offline.
pub fn import_offline<F: AsRef<Path>>(data: &Path, files: &[F]) -> Imported {
    import_with(&["--data", data.to_str().unwrap()], files)
}

/// What `inspect` counts.
pub fn inspect(data: &Path) -> Counts {
    let output = run(&["inspect", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    counted(&String::from_utf8(output.stdout).unwrap())
}

/// The lines that are a name and a number, perhaps with a remark behind two blanks.
fn counted(text: &str) -> Counts {
    let line = |line: &str| {
        let (name, rest) = line.trim().split_once("  ")?;
        let number = rest.trim_start().split("  ").next()?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// `consent` and `history`, byte by byte, and `history` without what tells of our own commits.
#[derive(PartialEq, Eq, Default)]
pub struct Dump {
    pub consent: Vec<u8>,
    pub history: Vec<u8>,
    pub movements: Vec<u8>,
}

pub fn dump(data: &Path) -> Dump {
    let mut dump = Dump::default();
    let put = |bytes: &mut Vec<u8>, key: &[u8], value: &[u8]| {
        for part in [key, value] {
            bytes.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            bytes.extend(part);
        }
    };
    let each = |family: &str, key: &[u8], value: &[u8]| match family {
        "consent" => put(&mut dump.consent, key, value),
        "history" => {
            let mut movement = decode_history(value).unwrap();
            (movement.revision, movement.known_since) = (0, IysTime::from_unix(0));
            put(&mut dump.movements, key, &encode_history(&movement));
            put(&mut dump.history, key, value);
        }
        _ => {}
    };
    read_only(data).unwrap().each_entry(each).unwrap();
    dump
}

impl Dump {
    /// The same movements are on file and lead to the same consents, whenever each came.
    pub fn assert_same_state(&self, other: &Self, what: &str) {
        assert!(self.movements == other.movements, "{what}: the movements on file differ");
        assert!(self.consent == other.consent, "{what}: the consents differ");
    }
}
