//! `izingate import` under bounds: little memory, a disk that takes no more, a stop and a second start.

use crate::support::data::{Imported, dump, fresh, import_with};
use crate::support::files::Oracle;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROWS: u32 = 20_000;
const BROKEN: u64 = 20;

struct Case {
    oracle: Oracle,
    data: PathBuf,
}

impl Case {
    fn new() -> Self {
        let oracle = Oracle::generate(ROWS, 7, BROKEN as u32);
        let data = fresh(oracle.dir().join("data"));
        Self { oracle, data }
    }

    fn import(&self, memory: &str) -> Imported {
        import_with(&["--data", self.data.to_str().unwrap(), "--memory", memory], &[self.oracle.movements()])
    }

    /// The same where no file can grow beyond so many KiB: the system refuses the write as it does on a
    /// full disk.
    fn import_with_files_up_to(&self, kibibytes: u32, memory: &str) -> (i32, String) {
        let izingate = env!("CARGO_BIN_EXE_izingate");
        let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script, izingate, "import", "--brand", "601234", "--memory", memory, "--data"]);
        let output = command.arg(&self.data).arg(self.oracle.movements()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), text)
    }

    fn leftovers(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.data.join("import")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The file once more into a directory of its own, by the shortest way.
    fn assert_true(&self, imported: &Imported) {
        assert_eq!((imported.code, imported.count("refused")), (2, BROKEN), "{}", imported.text);
        let taken = imported.count("applied") + imported.count("unchanged");
        assert_eq!(imported.count("rows"), taken + BROKEN, "{}", imported.text);
        let whole = fresh(self.oracle.dir().join("whole"));
        let plain = import_with(&["--data", whole.to_str().unwrap()], &[self.oracle.movements()]);
        assert_eq!(plain.count("rows"), imported.count("rows"));
        dump(&self.data).assert_same_state(&dump(&whole), "in the end");
        assert_eq!(self.leftovers(), [""; 0].map(PathBuf::from), "nothing is left beside the store");
    }
}

fn stopped(text: &str, code: &str) -> bool {
    text.contains("\nStopped after ") && text.contains(&format!(" rows: {code}: "))
}

#[test]
fn little_memory_changes_nothing_but_the_way() {
    let case = Case::new();
    case.assert_true(&case.import("1M"));
}

#[test]
fn a_full_disk_while_sorting_loses_nothing() {
    let case = Case::new();
    let (code, text) = case.import_with_files_up_to(128, "1M");
    assert!(code == 1 && stopped(&text, "IMPORT_SPILL_FAILED"), "{code} {text}");
    assert_eq!((case.leftovers().len(), dump(&case.data).history.len()), (0, 0), "nothing of it is in");
    case.assert_true(&case.import("1M"));
}

#[test]
fn a_full_disk_while_taking_in_loses_nothing() {
    let case = Case::new();
    let (code, text) = case.import_with_files_up_to(200, "512M");
    assert!(code == 1 && stopped(&text, "STORE_FAILED"), "{code} {text}");
    assert_eq!(dump(&case.data).history.len(), 0, "nothing of it is in");
    case.assert_true(&case.import("512M"));
}

#[test]
fn the_same_import_goes_on_where_it_stopped() {
    let case = Case::new();
    let (code, text) = case.import_with_files_up_to(450, "1M");
    assert!(code == 1 && stopped(&text, "STORE_FAILED"), "{code} {text}");
    let runs = case.leftovers();
    assert!(runs.len() > 2, "runs and a manifest: {runs:?}");
    let again = case.import("1M");
    assert!(again.text.contains("going on with these files where an earlier import stopped"), "{}", again.text);
    case.assert_true(&again);
}

#[test]
fn what_another_import_left_is_removed() {
    let case = Case::new();
    let (code, _) = case.import_with_files_up_to(450, "1M");
    assert_eq!(code, 1);
    let mut file = OpenOptions::new().append(true).open(case.oracle.movements()).unwrap();
    file.write_all(b"2026-11-02 09:00:00,ff,+905321112233,BIREYSEL,MESAJ,RET,,HS_WEB\n").unwrap();
    let again = case.import("1M");
    assert!(again.text.contains("removed what an earlier import left unfinished"), "{}", again.text);
    case.assert_true(&again);
}

#[test]
fn runs_that_were_damaged_are_made_anew() {
    let case = Case::new();
    case.import_with_files_up_to(450, "1M");
    let run = case.leftovers().into_iter().find(|path| path.extension().is_some_and(|kind| kind == "run")).unwrap();
    flip(&run);
    let found = case.import("1M");
    assert!(found.code == 1 && stopped(&found.text, "IMPORT_RUN_DAMAGED"), "{}", found.text);
    case.assert_true(&case.import("1M"));
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn bounds_that_cannot_work_are_said_first() {
    let case = Case::new();
    let data = case.data.to_str().unwrap();
    for (bounds, code) in [(["1K", "1G"], "MEMORY_BOUND"), (["1M", "1M"], "DISK_BOUND")] {
        let [memory, disk] = bounds;
        let told = import_with(&["--data", data, "--memory", memory, "--disk", disk], &[case.oracle.movements()]);
        assert!(told.code == 1 && told.text.contains(code), "{}", told.text);
    }
    assert_eq!((case.leftovers().len(), dump(&case.data).history.len()), (0, 0));
}
