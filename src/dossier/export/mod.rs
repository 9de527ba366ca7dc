//! Sealed segments as Parquet, a file each, for `DuckDB`, Spark or pandas.
//!
//! Each segment is held against its chain and its seal while it is read, and a file appears under its name when all of
//! it is on disk. Its footer says of which segment it is: what is there and whole is left as it is.

mod table;

use crate::evidence::record::{Record, RecordError};
use crate::evidence::segment::{Body, Broken, Frame, Seal, Unreadable, sealed, sealed_path};
use crate::model::text::hex::to_hex;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::SerializedFileWriter;
use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use table::{Question, properties, schema, write_group};

/// Rows from which on a row group is written: what is kept in memory beside one segment.
const GROUP: usize = 131_072;

/// Where a footer says of which segment it is: the RFC 6962 leaf of its seal.
const SEAL: &str = "izingate.seal";

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments whose file was written.
    pub written: u64,
    /// Decisions in these.
    pub decisions: u64,
    /// Segments whose file was there.
    pub there: u64,
    /// Segments of the tree that were removed when their retention was over, as the log says.
    pub removed: Vec<u64>,
    /// Segments of the tree that are missing, which an operator accepted.
    pub accepted: Vec<u64>,
    /// Segments of the tree that are missing.
    pub missing: Vec<u64>,
}

/// Why an export ended early. Files that were written stay, and the next one goes on behind them.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The evidence cannot be read, or is not what was written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file of this name is of something else.
    #[error("{0} is there, and is not of this segment")]
    Foreign(PathBuf),
    /// A file or its folder cannot be written.
    #[error("{0}: {1}")]
    Unwritable(PathBuf, Box<dyn Error + Send + Sync>),
}

impl From<Unreadable> for ExportError {
    fn from(error: Unreadable) -> Self {
        Self::Record(error.into())
    }
}

/// Exports the sealed segments of a folder, those of some numbers, into another folder.
pub fn export(record: &Record, out: &Path, numbers: RangeInclusive<u64>) -> Result<Report, ExportError> {
    fs::create_dir_all(out).map_err(unwritable(out))?;
    let among = |gone: &[u64]| gone.iter().copied().filter(|number| numbers.contains(number)).collect();
    let gone = &record.gone;
    let (removed, accepted, missing) = (among(&gone.removed), among(&gone.accepted), among(&gone.missing));
    let mut report = Report { removed, accepted, missing, ..Report::default() };
    for number in record.sealed().into_iter().filter(|number| numbers.contains(number)) {
        let seal = seal_of(record, number)?;
        let path = out.join(format!("{number:012}.parquet"));
        if is_there(&path, &seal)? {
            report.there += 1;
        } else {
            write(record, &seal, &path)?;
            report.written += 1;
            report.decisions += seal.decisions;
        }
    }
    Ok(report)
}

/// The seal that a segment has to lead to: that of the tree, or its own if it was sealed a moment ago.
fn seal_of(record: &Record, number: u64) -> Result<Seal, Unreadable> {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    if let Some(seal) = place.and_then(|place| record.seals.get(place)) {
        return Ok(*seal);
    }
    let seal = sealed(record.folder(), number, record.key())?;
    let other = Broken { at: 0, why: "it holds another segment" };
    if seal.number == number { Ok(seal) } else { Err(Unreadable::Broken(sealed_path(record.folder(), number), other)) }
}

/// Whether a segment's file is there and whole. The footer is the last that is written of it.
fn is_there(path: &Path, seal: &Seal) -> Result<bool, ExportError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(unwritable(path))?,
    };
    // What has no footer was cut short by whoever copied it.
    let Ok(reader) = SerializedFileReader::new(file) else { return Ok(false) };
    let ours = seal_noted(reader.metadata()) == Some(&to_hex(&seal.leaf()));
    if ours { Ok(true) } else { Err(ExportError::Foreign(path.to_owned())) }
}

fn seal_noted(metadata: &ParquetMetaData) -> Option<&String> {
    let notes = metadata.file_metadata().key_value_metadata()?;
    notes.iter().find(|note| note.key == SEAL)?.value.as_ref()
}

/// Writes a segment's file, whole or not at all.
fn write(record: &Record, seal: &Seal, path: &Path) -> Result<(), ExportError> {
    let unfinished = path.with_extension("parquet.new");
    let written = write_rows(record, seal, &unfinished).and_then(|()| {
        let named = fs::rename(&unfinished, path).and_then(|()| File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all());
        named.map_err(unwritable(path))
    });
    if written.is_err() {
        // Nobody takes it for a file of the export if this fails too.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_rows(record: &Record, seal: &Seal, path: &Path) -> Result<(), ExportError> {
    let output = File::create(path).map_err(unwritable(path))?;
    let notes = vec![KeyValue::new(SEAL.to_owned(), to_hex(&seal.leaf()))];
    let begun = schema().and_then(|schema| SerializedFileWriter::new(&output, schema, properties(notes)));
    let mut file = begun.map_err(unwritable(path))?;
    let (mut group, mut rows) = (Vec::new(), 0);
    read(record, seal, |questions| {
        rows += questions.iter().map(Question::len).sum::<usize>();
        group.extend(questions);
        if rows >= GROUP {
            write_group(&mut file, &group).map_err(unwritable(path))?;
            (group, rows) = (Vec::new(), 0);
        }
        Ok(())
    })?;
    if !group.is_empty() {
        write_group(&mut file, &group).map_err(unwritable(path))?;
    }
    file.close().map_err(unwritable(path))?;
    output.sync_all().map_err(unwritable(path))
}

fn unwritable<E: Into<Box<dyn Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> ExportError {
    |error| ExportError::Unwritable(path.to_owned(), error.into())
}

/// Reads a segment against its chain up to its seal, and hands over the questions of each frame.
fn read(record: &Record, seal: &Seal, mut take: impl FnMut(Vec<Question>) -> Result<(), ExportError>) -> Result<(), ExportError> {
    let path = sealed_path(record.folder(), seal.number);
    // The seal covers the number, the node and the chain from the segment before.
    record.read(seal, |_, frame: &Frame<'_>| {
        if !matches!(frame.body, Body::Decisions(..)) {
            return Ok(());
        }
        let questions = frame.body.decisions().and_then(|decisions| Question::all(decisions, seal.number));
        let broken = Broken { at: frame.at, why: "the decisions cannot be read" };
        take(questions.ok_or_else(|| Unreadable::Broken(path.clone(), broken))?)
    })
}

#[cfg(test)]
mod tests;
