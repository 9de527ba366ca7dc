//! Movement files with their true outcome, from `tests/tools/movements.py`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A question with its true answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub recipient: String,
    pub recipient_type: String,
    pub channel: String,
    pub decision: String,
    pub reason: String,
}

/// A generated set of files.
pub struct Oracle {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Oracle {
    pub fn generate(rows: u32, seed: u32, broken: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/movements.py");
        let numbers = [rows, seed, broken].map(|number| number.to_string());
        let made = Command::new("python3")
            .args([tool, "--rows", &numbers[0], "--seed", &numbers[1], "--broken", &numbers[2], "--out"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        Self { _dir: dir, path }
    }

    pub fn movements(&self) -> PathBuf {
        self.path.join("movements.csv")
    }

    /// Where a test may put files of its own.
    pub fn dir(&self) -> &Path {
        &self.path
    }

    pub fn summary(&self) -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(self.path.join("summary.json")).unwrap()).unwrap()
    }

    /// The questions of `queries.csv`.
    pub fn queries(&self) -> Vec<Question> {
        self.read("queries.csv", |row| Question {
            recipient: row[0].to_owned(),
            recipient_type: row[1].to_owned(),
            channel: row[2].to_owned(),
            decision: row[3].to_owned(),
            reason: row[4].to_owned(),
        })
    }

    /// Every line of `expected.csv` as a question; a number in the wrong form is never found.
    pub fn expected(&self) -> Vec<Question> {
        self.read("expected.csv", |row| {
            let (decision, reason) = match &row[3] {
                _ if row[0].starts_with("+900") => ("DENY", "NO_RECORD"),
                "ONAY" => ("ALLOW", "APPROVED"),
                _ => ("DENY", "REFUSED"),
            };
            Question {
                recipient: row[0].to_owned(),
                recipient_type: row[1].to_owned(),
                channel: row[2].to_owned(),
                decision: decision.to_owned(),
                reason: reason.to_owned(),
            }
        })
    }

    fn read(&self, name: &str, question: impl Fn(&csv::StringRecord) -> Question) -> Vec<Question> {
        let mut reader = csv::Reader::from_path(self.path.join(name)).unwrap();
        reader.records().map(|row| question(&row.unwrap())).collect()
    }
}
