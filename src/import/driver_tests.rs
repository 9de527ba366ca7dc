use std::fs;
use std::sync::Barrier;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::files::Row;
use crate::import::Refused;

const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";

/// Takes rows with a number for a recipient: an even one is new, an odd one was on file. Refuses other
/// recipients; `fail` makes it fail, or panic.
#[derive(Default)]
struct Fake {
    taken: Mutex<Vec<u64>>,
    panics: bool,
}

impl Target for Fake {
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError> {
        let mut outcome = Outcome::default();
        for (index, row) in rows.iter().enumerate() {
            match row.raw().recipient {
                "fail" if self.panics => panic!("as asked"),
                "fail" => return Err(TargetError::new("STORE_POISONED", "disk full")),
                text => match text.parse::<u64>() {
                    Ok(number) if number % 2 == 0 => outcome.applied += 1,
                    Ok(_) => outcome.unchanged += 1,
                    Err(_) => outcome.refused.push(refused(index)),
                },
            }
        }
        let mut taken = self.taken.lock().unwrap();
        taken.extend(rows.iter().filter_map(|row| row.raw().recipient.parse::<u64>().ok()));
        outcome.revision = taken.len() as u64;
        outcome.as_of_now = u64::from(rows.len() == 1);
        outcome.refused.reverse();
        Ok(outcome)
    }
}

fn refused(index: usize) -> Refused {
    Refused { index, code: "INVALID_RECIPIENT".into(), detail: "not \"one\"".into() }
}

fn day(recipients: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{HEADER}\n");
    for recipient in recipients {
        text.extend(["2026-11-01 10:20:30,ab,", &recipient, ",,MESAJ,RET,,\n"]);
    }
    text
}

fn files(folder: &TempDir, contents: &[(&str, String)]) -> Vec<PathBuf> {
    let write = |(name, content): &(&str, String)| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    contents.iter().map(write).collect()
}

/// The summary without its duration, the only part that is not determined.
fn import(files: &[PathBuf], target: &Fake) -> Summary {
    let summary = run(files, FileOptions::default(), target, &mut Progress::silent()).unwrap();
    Summary { elapsed: Duration::ZERO, ..summary }
}

fn report(path: &Path, rows: u64, refused: u64) -> FileReport {
    let rejects = (refused > 0).then(|| rejects_path(path));
    FileReport { path: path.to_owned(), rows, refused, rejects, notes: Notes::default(), problem: None }
}

#[test]
fn clean_files() {
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv", day((0..20_000).map(|n| n.to_string()))), ("b.csv", day(["8".to_owned()]))]);
    let target = Fake::default();
    let expected = Summary {
        rows: 20_001,
        applied: 10_001,
        unchanged: 10_000,
        as_of_now: 1,
        revision: 20_001,
        files: vec![report(&files[0], 20_000, 0), report(&files[1], 1, 0)],
        ..Summary::default()
    };
    assert_eq!(import(&files, &target), expected);
    assert_eq!(expected.exit_code(), 0);
    let mut taken = target.taken.into_inner().unwrap();
    taken.sort_unstable();
    assert_eq!(taken, [vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 8], (9..20_000).collect()].concat(), "every row once");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no file of refused rows");
}

#[test]
fn refused_rows_lie_beside_their_file_in_its_order() {
    let folder = TempDir::new().unwrap();
    let bad = |n: u64| if n % 10_000 == 17 { format!("+90\"{n}\"") } else { n.to_string() };
    let text = day((0..50_000).map(bad)).replace("0,ab,19,,MESAJ,RET,,\n", "19\n");
    let files = files(&folder, &[("a.csv", text), ("a.csv.old.csv", day([]))]);
    fs::write(rejects_path(&files[1]), "of an earlier import").unwrap();
    let summary = import(&files, &Fake::default());
    let expected: String = ["line,reason,detail,".to_owned() + HEADER + ",text\n"]
        .into_iter()
        .chain((0..5).flat_map(|k| {
            let n = k * 10_000 + 17;
            let row = format!(
                "{},INVALID_RECIPIENT,\"not \"\"one\"\"\",2026-11-01 10:20:30,ab,\"+90\"\"{n}\"\"\",,MESAJ,RET,,,\n",
                n + 2
            );
            let unread =
                (k == 0).then(|| "21,BAD_LINE,1 fields where the header has 8,,,,,,,,,2026-11-01 10:20:319\n".to_owned());
            [Some(row), unread].into_iter().flatten()
        }))
        .collect();
    assert_eq!(fs::read_to_string(rejects_path(&files[0])).unwrap(), expected);
    assert!(!rejects_path(&files[1]).exists(), "an older one is removed");
    assert_eq!(summary.refused, [("BAD_LINE".to_owned(), 1), ("INVALID_RECIPIENT".to_owned(), 5)].into());
    assert_eq!(summary.files, [report(&files[0], 50_000, 6), report(&files[1], 0, 0)]);
    assert_eq!((summary.rows, summary.exit_code()), (50_000, 2));
}

#[test]
fn refused_rows_can_be_corrected_and_imported_again() {
    let folder = TempDir::new().unwrap();
    let json = r#"{"recipient":"x","type":"MESAJ","status":"RET","brandCode":"0601234"}"#;
    let files = files(&folder, &[("a.ndjson", format!("{json}\nnot json\n"))]);
    import(&files, &Fake::default());
    let rejects = rejects_path(&files[0]);
    let expected = format!(
        "line,reason,detail,{HEADER},brandCode,text\n1,INVALID_RECIPIENT,\"not \"\"one\"\"\",,,x,,MESAJ,RET,,,0601234,\n\
         2,BAD_LINE,the line is not a JSON object,,,,,,,,,,not json\n"
    );
    let text = fs::read_to_string(&rejects).unwrap();
    assert_eq!(text, expected);
    fs::write(&rejects, text.replace(",x,", ",4,").lines().take(2).collect::<Vec<_>>().join("\n")).unwrap();
    let target = Fake::default();
    let summary = import(std::slice::from_ref(&rejects), &target);
    assert_eq!((summary.exit_code(), summary.rows, target.taken.into_inner().unwrap()), (0, 1, vec![4]));
}

#[cfg(unix)]
#[test]
fn refused_rows_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv", day(["x".to_owned()]))]);
    import(&files, &Fake::default());
    assert_eq!(fs::metadata(rejects_path(&files[0])).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = TempDir::new().unwrap();
    let mut files = files(&folder, &[("a.csv", "x\n".to_owned()), ("b.csv", day(["2".to_owned(), "3".to_owned()]))]);
    files.insert(1, folder.path().join("gone.csv"));
    let summary = import(&files, &Fake::default());
    let found: Vec<_> = summary.files.iter().map(|file| (file.rows, file.problem.as_ref().map(|problem| problem.code))).collect();
    assert_eq!(found, [(0, Some("HEADER_MISSING")), (0, Some("UNREADABLE")), (2, None)]);
    assert_eq!((summary.rows, summary.exit_code()), (2, 1));
    assert!(summary.to_string().contains("failed: HEADER_MISSING: "), "{summary}");
}

#[test]
fn a_file_that_breaks_off_counts_up_to_there() {
    use std::io::Write;
    let folder = TempDir::new().unwrap();
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(day((0..10_000).map(|n| n.to_string())).as_bytes()).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.extend_from_slice(b"garbage");
    let path = folder.path().join("a.csv.gz");
    fs::write(&path, packed).unwrap();
    let summary = import(&[path], &Fake::default());
    let problem = summary.files[0].problem.as_ref().map(|problem| problem.code);
    assert_eq!((summary.rows, problem, summary.exit_code()), (10_000, Some("BAD_GZIP"), 1));
}

#[test]
fn a_target_that_fails_stops_everything_and_says_how_far_it_came() {
    for (panics, code) in [(false, "STORE_POISONED"), (true, "INTERNAL")] {
        let folder = TempDir::new().unwrap();
        let fail = |n: u64| if n == 100_000 { "fail".to_owned() } else { n.to_string() };
        let files = files(&folder, &[("a.csv", day((0..250_000).map(fail))), ("b.csv", day(["2".to_owned()]))]);
        let target = Fake { panics, ..Fake::default() };
        let summary = import(&files, &target);
        assert_eq!(summary.stopped.as_ref().map(|error| error.code.as_ref()), Some(code));
        assert_eq!((summary.files.len(), &summary.not_begun, summary.exit_code()), (1, &vec![files[1].clone()], 1));
        let taken = target.taken.into_inner().unwrap().len() as u64;
        assert_eq!(
            (summary.rows, summary.applied + summary.unchanged),
            (taken, taken),
            "what was acknowledged, neither more nor less"
        );
        assert!((98_304..200_000).contains(&taken), "{taken}");
    }
}

#[test]
fn refused_rows_that_cannot_be_written_fail_the_file_but_do_not_stop_it() {
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv", day(["x".to_owned(), "2".to_owned()])), ("b.csv", day(["4".to_owned()]))]);
    fs::create_dir(rejects_path(&files[0])).unwrap();
    let summary = import(&files, &Fake::default());
    assert_eq!(summary.files[0].problem.as_ref().map(|problem| problem.code), Some("REJECTS_UNWRITABLE"));
    assert_eq!((summary.applied, summary.exit_code()), (1, 1), "not begun, since its refusals would be lost; the next one is");
}

#[test]
fn no_input_is_replaced_by_refused_rows() {
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv.rejected.csv", day([])), ("a.csv", day(["2".to_owned()]))]);
    let target = Fake::default();
    let result = run(&files, FileOptions::default(), &target, &mut Progress::silent());
    let Err(ImportError::RejectsAmongFiles { file, rejects }) = result else { panic!("{result:?}") };
    assert_eq!((&file, &rejects), (&files[1], &files[0]));
    assert!(files[0].exists() && target.taken.into_inner().unwrap().is_empty());
}

/// Two calls must be in the target at once, or neither returns.
struct Meeting(Barrier);

impl Target for Meeting {
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError> {
        self.0.wait();
        Ok(Outcome { applied: rows.len() as u64, ..Outcome::default() })
    }
}

#[test]
fn two_batches_are_in_the_target_at_once() {
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv", day((0..8192 * 8).map(|n| n.to_string())))]);
    let summary = run(&files, FileOptions::default(), &Meeting(Barrier::new(2)), &mut Progress::silent()).unwrap();
    assert_eq!(summary.applied, 8192 * 8);
}

#[test]
fn without_a_terminal_the_end_is_one_line() {
    #[derive(Clone, Default)]
    struct Output(std::sync::Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folder = TempDir::new().unwrap();
    let files = files(&folder, &[("a.csv", day(["2".to_owned(), "x".to_owned()]))]);
    let output = Output::default();
    run(&files, FileOptions::default(), &Fake::default(), &mut Progress::lines(output.clone())).unwrap();
    let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.starts_with("imported 2 rows, 1 refused, ") && text.ends_with(" rows/s\n") && text.lines().count() == 1,
        "{text}"
    );
}
