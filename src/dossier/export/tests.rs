use super::*;
use crate::evidence::entry::{Entry, Event, Outcomes};
use crate::evidence::fault::Fault;
use crate::evidence::segment::codec::Part;
use crate::evidence::segment::{Header, Open, Version};
use crate::evidence::testing;
use crate::evidence::testing::{KEY, record};
use crate::evidence::tree::archive::Archive;
use crate::evidence::tree::signed_note::Signer;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::question::{Purpose, Scope};
use crate::model::time::IysTime;
use parquet::file::metadata::RowGroupMetaData;
use parquet::record::{Field, Row};

const NOW: u32 = 1_795_000_000;
const WRITTEN: u64 = 1_795_000_000_500;

fn entry(number: u64, outcomes: Outcomes) -> Entry {
    testing::entry(testing::id(number), outcomes)
}

fn one(number: u64) -> Entry {
    entry(number, Outcomes::One(0x4C, Pseudonym([1; 16])))
}

fn many(number: u64, count: usize) -> Entry {
    let recipients = (0..count as u64).map(|place| Pseudonym(u128::from(number + place).to_be_bytes()));
    entry(number, Outcomes::Many(vec![0x89; count], recipients.collect()))
}

/// A folder with sealed segments, and one that is being written.
struct Log {
    folder: tempfile::TempDir,
    archive: Archive,
    open: Open,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::resume(folder.path(), Signer::of_node(7, &[7; 32]).unwrap(), &[]).unwrap();
        let open = begin(folder.path(), 1, [0; 32]);
        Self { folder, archive, open }
    }

    /// Writes entries, each as a frame, and seals them; the tree may learn of it later.
    fn seal(&mut self, entries: &[Entry], add: bool) {
        for entry in entries {
            let part = Part { entry, from: 0, to: entry.outcomes.len() };
            self.open.decisions_frame(&[part], WRITTEN).unwrap();
        }
        let seal = self.open.seal().unwrap();
        if add {
            self.archive.add(&seal).unwrap();
        }
        self.archive.sign().unwrap();
        self.open = begin(self.folder.path(), seal.number + 1, seal.end());
    }

    fn export(&self, out: &Path) -> Result<Report, ExportError> {
        export(&record(self.folder.path()), out, 1..=u64::MAX)
    }
}

fn begin(folder: &Path, number: u64, previous: [u8; 32]) -> Open {
    let header = Header { version: Version::Authenticated, node: 7, number, previous, made: WRITTEN };
    Open::begin(folder, &KEY, header, &[Event::Started { version: "1".to_owned(), at: WRITTEN }]).unwrap()
}

fn rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

/// The row of [`one`], with other cells where these are named.
fn row(others: &[(&str, Field)]) -> Row {
    let text = |text: &str| Field::Str(text.to_owned());
    let now = Field::TimestampMillis(i64::from(NOW) * 1_000);
    let cells = [
        ("decision_id", text("6afd86c0000000070000000000000064")),
        ("time", now),
        ("caller", text("dialer")),
        ("brand_code", Field::Long(601_234)),
        ("retailer_code", Field::Long(0)),
        ("type", text("MESAJ")),
        ("recipient_type", text("BIREYSEL")),
        ("recipient", text("01010101010101010101010101010101")),
        ("purpose", text("TICARI")),
        ("declaration_id", Field::Null),
        ("decision", text("ALLOW")),
        ("reason", text("APPROVED")),
        ("enforced", Field::Bool(true)),
        ("refusal_on_record", Field::Bool(false)),
        ("mode", text("enforce")),
        ("revision", Field::Long(42)),
        ("as_of", Field::Null),
        ("reference", text("")),
        ("batch", Field::Long(1)),
        ("segment", Field::Long(1)),
        ("written_at", Field::TimestampMillis(WRITTEN.cast_signed())),
    ];
    for (name, _) in others {
        assert!(cells.iter().any(|(known, _)| known == name), "{name}");
    }
    let cell = |(name, usual): (&str, Field)| {
        let other = others.iter().find(|(other, _)| *other == name);
        (name.to_owned(), other.map_or(usual, |(_, field)| field.clone()))
    };
    Row::new(cells.map(cell).to_vec())
}

#[test]
fn every_decision_is_a_row_and_every_word_a_column() {
    let mut log = Log::new();
    let exempt = Entry {
        caller: "crm".into(),
        scope: Scope {
            brand: BrandCode::new(u32::MAX).unwrap(),
            cell: Cell::ALL[5],
            retailer: RetailerCode::new(8),
            purpose: Purpose::Exempt62,
        },
        declaration: 9,
        mode: 3,
        revision: i64::MAX as u64,
        as_of: Some(IysTime::from_unix(NOW - 60)),
        reference: "şğ\u{0}\"c-7".into(),
        // EXEMPT although refused; let through although refused; an address that was none.
        ..entry(101, Outcomes::Many(vec![0x66, 0x49, 0x83], vec![Pseudonym([2; 16]), Pseudonym([3; 16]), Pseudonym([0; 16])]))
    };
    log.seal(&[one(100), exempt], true);
    let out = tempfile::tempdir().unwrap();
    let report = log.export(out.path()).unwrap();
    assert_eq!(report, Report { written: 1, decisions: 4, ..Report::default() });

    let text = |text: &str| Field::Str(text.to_owned());
    let of_batch = |number: &str, recipient: &str, outcome: [Field; 4]| {
        let [decision, reason, enforced, refusal] = outcome;
        row(&[
            ("decision_id", text(&format!("6afd86c00000000700000000000000{number}"))),
            ("caller", text("crm")),
            ("brand_code", Field::Long(u32::MAX.into())),
            ("retailer_code", Field::Long(8)),
            ("type", text("EPOSTA")),
            ("recipient_type", text("TACIR")),
            ("recipient", text(&recipient.repeat(16))),
            ("purpose", text("MUAF_6_2")),
            ("declaration_id", Field::Long(9)),
            ("decision", decision),
            ("reason", reason),
            ("enforced", enforced),
            ("refusal_on_record", refusal),
            ("mode", text("shadow")),
            ("revision", Field::Long(i64::MAX)),
            ("as_of", Field::TimestampMillis(i64::from(NOW - 60) * 1_000)),
            ("reference", text("şğ\u{0}\"c-7")),
            ("batch", Field::Long(3)),
        ])
    };
    let expected = [
        row(&[]),
        of_batch("65", "02", [text("ALLOW"), text("EXEMPT"), Field::Bool(true), Field::Bool(true)]),
        of_batch("66", "03", [text("ALLOW"), text("REFUSED"), Field::Bool(false), Field::Bool(false)]),
        of_batch("67", "00", [text("DENY"), text("INVALID_RECIPIENT"), Field::Bool(true), Field::Bool(false)]),
    ];
    assert_eq!(rows(&out.path().join("000000000001.parquet")), expected);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
}

#[test]
fn what_is_there_and_whole_is_left_as_it_is() {
    let mut log = Log::new();
    log.seal(&[one(100)], true);
    log.seal(&[], true);
    log.seal(&[many(200, 3)], false);
    let (folder, out) = (log.folder.path(), tempfile::tempdir().unwrap());
    let file = |number: u64| out.path().join(format!("{number:012}.parquet"));
    let only = export(&record(folder), &out.path().join("other"), 2..=2).unwrap();
    assert_eq!(only, Report { written: 1, ..Report::default() }, "a segment without decisions is a table without rows");
    assert_eq!(rows(&out.path().join("other/000000000002.parquet")), []);

    assert_eq!(log.export(out.path()).unwrap(), Report { written: 3, decisions: 4, ..Report::default() });
    let before = [1, 2, 3].map(|number| fs::read(file(number)).unwrap());
    // One that a copy cut short, one whose writing a kill ended, one that somebody removed.
    fs::write(file(3), &before[2][..before[2].len() - 1]).unwrap();
    fs::rename(file(2), out.path().join("000000000002.parquet.new")).unwrap();
    fs::remove_file(sealed_path(folder, 1)).unwrap();
    let again = log.export(out.path()).unwrap();
    assert_eq!(again, Report { written: 2, decisions: 3, missing: vec![1], ..Report::default() });
    assert_eq!([1, 2, 3].map(|number| fs::read(file(number)).unwrap()), before);
    assert!(!out.path().join("000000000002.parquet.new").exists());
    assert_eq!(log.export(out.path()).unwrap(), Report { there: 2, missing: vec![1], ..Report::default() });

    fs::rename(file(2), file(3)).unwrap();
    assert!(matches!(log.export(out.path()), Err(ExportError::Foreign(path)) if path == file(3)));
}

#[test]
fn a_segment_of_many_rows_is_written_in_groups() {
    let mut log = Log::new();
    let entries: Vec<Entry> = (0..300).map(|place| many(1 + place * 1_000, 1_000)).collect();
    log.seal(&entries, true);
    let out = tempfile::tempdir().unwrap();
    log.export(out.path()).unwrap();
    let path = out.path().join("000000000001.parquet");
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let groups: Vec<_> = reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [132_000, 132_000, 36_000]);
    let recipients = (1..=300_000_u128).map(|number| format!("{number:032x}"));
    let read = rows(&path).into_iter().map(|row| match row.get_column_iter().nth(7) {
        Some((_, Field::Str(recipient))) => recipient.clone(),
        other => panic!("{other:?}"),
    });
    assert!(read.eq(recipients));
}

#[test]
fn a_broken_segment_is_named_and_leaves_no_file() {
    let mut log = Log::new();
    log.seal(&[one(100)], true);
    log.seal(&[many(200, 3)], true);
    let path = sealed_path(log.folder.path(), 2);
    let (bytes, out) = (fs::read(&path).unwrap(), tempfile::tempdir().unwrap());
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match log.export(out.path()) {
            Err(ExportError::Record(RecordError::Faults(faults))) => {
                assert!(matches!(&faults[..], [Fault::SegmentBroken(name, _)] if path.ends_with(name)), "{faults:?}");
            }
            other => panic!("{other:?}"),
        }
        let names: Vec<_> = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["000000000001.parquet"], "what came before it stays");
    };
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        refused(&changed);
    }
    refused(&bytes[..bytes.len() - 1]);
    let first = fs::read(sealed_path(log.folder.path(), 1)).unwrap();
    refused(&first);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(log.export(out.path()).unwrap(), Report { written: 1, decisions: 3, there: 1, ..Report::default() });
}

#[test]
fn what_no_table_holds_is_refused() {
    for wrong in [
        Entry { mode: 0, ..one(1) },
        Entry { revision: 1 << 63, ..one(1) },
        Entry { declaration: 1 << 63, ..one(1) },
        entry(1, Outcomes::One(0, Pseudonym([1; 16]))),
    ] {
        let mut log = Log::new();
        log.seal(std::slice::from_ref(&wrong), true);
        let out = tempfile::tempdir().unwrap();
        let refused = log.export(out.path());
        assert!(matches!(refused, Err(ExportError::Record(RecordError::Faults(_)))), "{wrong:?}");
    }
}
