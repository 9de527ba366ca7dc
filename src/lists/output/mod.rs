//! What comes of a list: rows, refused rows, and a note of how far they reach, by which work that was broken off goes on.

mod error;
mod resume;
pub(super) mod workbook;

pub use error::SinkError;
pub(super) use error::system_in_turkish;

use super::reader::{Look, Rows, Start};
use super::stream::{Stream, partial, with_ending};
use crate::files::BREAK;
use crate::filter::output::{Part, split};
use crate::filter::{Columns, Pair, Tally};
use crate::lists::output::resume::{FORMAT, Note, read_note, refuse_existing, refuse_one_file};
use crate::model::language::Language;
use crate::model::text::encoding::MARK;
use crate::sys::atomic_file::create_new;
use std::borrow::Cow;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workbook::TextForm;

/// From one note to the next: what a kill has done again.
const NOTE_EVERY: Duration = Duration::from_millis(250);

/// Where the rows go.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The rows; none for standard output.
    pub out: Option<PathBuf>,
    /// Each part's rows in a file of their own.
    pub split: bool,
    /// The refused rows; none to tell of them on standard error.
    pub rejected: Option<PathBuf>,
    /// The list itself, which is not to be written over; none from standard input.
    pub list: Option<PathBuf>,
    /// Go on where work was broken off.
    pub resume: bool,
    /// Replace what is there.
    pub force: bool,
    /// Physical lines that were answered for in standard output before.
    pub skip_lines: u64,
}

/// Where rows are written.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line, or a step that was taken")]
pub(super) struct Sink {
    /// The rows, or those of each decision.
    rows: Vec<Stream>,
    rejected: Stream,
    note: Option<PathBuf>,
    paths: Vec<PathBuf>,
    settings: String,
    pairs: Vec<Pair>,
    language: Option<Language>,
    duplicates: bool,
    split: bool,
    columns: Option<Columns>,
    /// What the list looks like, once that is known.
    layout: Option<String>,
    form: Option<TextForm>,
    /// Whether the rows go into workbooks.
    books: bool,
    /// The language of the reasons beside unreadable rows.
    words: Language,
    tally: Tally,
    start: Start,
    text: u128,
    noted: Instant,
    /// Physical lines that the note answers for.
    noted_lines: u64,
    whole: bool,
}

/// The file of each part's rows: `list.csv` becomes `list.allowed.csv`.
fn of_part(path: &Path, part: Part) -> PathBuf {
    let name = match part {
        Part::Allowed => "allowed",
        Part::Blocked => "blocked",
        Part::Deferred => "deferred",
        Part::NotEnforced => "not-enforced",
    };
    let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
    path.with_extension(extension.map_or_else(|| name.to_owned(), |extension| format!("{name}.{extension}")))
}

impl Sink {
    pub(super) fn open(
        outputs: Outputs,
        settings: String,
        pairs: Vec<Pair>,
        language: Option<Language>,
        duplicates: bool,
        words: Language,
    ) -> Result<Self, SinkError> {
        let Outputs { out, split, rejected, list, resume, force, skip_lines } = outputs;
        let rows: Vec<PathBuf> = match &out {
            None => Vec::new(),
            Some(out) if split => Part::ALL.iter().map(|part| of_part(out, *part)).collect(),
            Some(out) => vec![out.clone()],
        };
        let books = out.as_deref().map(is_book).transpose()?.unwrap_or(false);
        if let Some(path) = rejected.as_deref().filter(|path| !matches!(is_book(path), Ok(false))) {
            return Err(SinkError::RejectedForm { path: path.to_owned() });
        }
        let note = out.as_ref().map(|out| with_ending(out, ".progress"));
        let paths: Vec<PathBuf> = rows.iter().chain(&rejected).cloned().collect();
        refuse_one_file(&paths, note.as_deref(), list.as_deref())?;
        let left = note.as_deref().map(read_note).transpose()?.flatten();
        let mut sink = Self {
            rows: Vec::new(),
            rejected: Stream::told(),
            note,
            paths,
            settings,
            pairs,
            language,
            duplicates,
            split,
            columns: None,
            layout: None,
            form: None,
            books,
            words,
            tally: Tally::default(),
            start: Start { lines: skip_lines, hash: None },
            text: 0,
            noted: Instant::now(),
            noted_lines: skip_lines,
            whole: false,
        };
        match (left, resume) {
            (Some(left), true) => sink.go_on(left, &rows, rejected.as_deref())?,
            // Cut short before anything was noted, it begins anew.
            (None, true) if sink.paths.iter().any(|path| partial(path).exists()) => sink.begin(&rows, rejected.as_deref())?,
            (None, true) => return Err(SinkError::NothingLeft { path: sink.note.unwrap_or_default() }),
            (left, false) => {
                if !force {
                    refuse_existing(&sink.paths, left.as_ref())?;
                }
                sink.begin(&rows, rejected.as_deref())?;
            }
        }
        Ok(sink)
    }

    fn begin(&mut self, rows: &[PathBuf], rejected: Option<&Path>) -> Result<(), SinkError> {
        let create = |path: &Path| Stream::create(path).map_err(|error| SinkError::io(&partial(path))(error));
        self.rows = rows.iter().map(|path| create(path)).collect::<Result<_, _>>()?;
        if rows.is_empty() {
            self.rows.push(Stream::stdout());
        }
        if let Some(path) = rejected {
            // Behind lines that were answered for in standard output, those refused of them stay.
            let again = || Stream::append(path).map_err(|error| SinkError::io(&partial(path))(error));
            self.rejected = if self.start.lines > 0 { again()? } else { create(path)? };
        }
        // A note of other rows would be a wrong one; until here it may be that of another command.
        self.note.as_deref().map_or(Ok(()), remove)
    }

    fn go_on(&mut self, left: Note, rows: &[PathBuf], rejected: Option<&Path>) -> Result<(), SinkError> {
        let note = self.note.clone().unwrap_or_default();
        let streams = left.streams.len();
        if left.format != FORMAT {
            return Err(SinkError::OtherLayout);
        }
        if left.settings != self.settings || streams != rows.len() + usize::from(rejected.is_some()) {
            return Err(SinkError::OtherWork { path: note, then: left.settings, now: self.settings.clone() });
        }
        let hash = |text: &str| u128::from_str_radix(text, 16).unwrap_or_default();
        let again = |path: &Path, (bytes, of_bytes): &(u64, String)| {
            let stream = Stream::again(path, *bytes, hash(of_bytes)).map_err(SinkError::io(path))?;
            // Of work that is whole some have their names already, and nothing is written to any.
            if stream.is_none() && left.whole && (path.exists() || *bytes == 0) {
                return Ok(None);
            }
            stream.map(Some).ok_or_else(|| SinkError::NotWhatWasWritten { path: partial(path) })
        };
        for (path, written) in rows.iter().zip(&left.streams) {
            self.rows.extend(again(path, written)?);
        }
        if let (Some(path), Some(written)) = (rejected, left.streams.last()) {
            self.rejected = again(path, written)?.unwrap_or_else(Stream::told);
        }
        (self.layout, self.form) = (left.layout, left.form);
        self.start = Start { lines: left.lines, hash: Some(hash(&left.text)) };
        (self.text, self.tally, self.whole, self.noted_lines) = (hash(&left.text), left.tally, left.whole, left.lines);
        Ok(())
    }

    /// From where on rows are wanted.
    pub(super) const fn start(&self) -> Start {
        self.start
    }

    /// Physical lines that are answered for: those of the note, if there is one.
    pub(super) fn answered(&self) -> u64 {
        if self.note.is_some() { self.noted_lines } else { self.tally.lines.max(self.start.lines) }
    }

    pub(super) const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn write(&mut self, rows: &Rows, results: &[Vec<u8>]) -> Result<(), SinkError> {
        let Rows { block, look, before, hash } = rows;
        if self.whole && block.through() > block.before() {
            // What is whole gets its names all the same.
            self.finish()?;
            return Err(SinkError::LongerList { lines: self.start.lines });
        }
        if *self.layout.get_or_insert_with(|| look.layout.summary()) != look.layout.summary() {
            return Err(SinkError::OtherLayout);
        }
        self.form.get_or_insert_with(|| TextForm {
            delimiter: look.layout.delimiter,
            encoding: Some(look.encoding),
            header: look.layout.header,
            split: self.split,
            of_book: look.of_book,
            addresses: look.layout.phones.iter().chain(&look.layout.emails).copied().collect(),
        });
        if self.split {
            let mut texts: [Vec<u8>; Part::ALL.len()] = Default::default();
            split(block, results, &mut texts);
            for (number, text) in texts.iter().enumerate() {
                self.put(number, text)?;
            }
        } else {
            let mut text = Vec::new();
            self.find_columns(look);
            if let Some(columns) = &self.columns {
                columns.write(block, results, before, &mut text);
            }
            self.put(0, &text)?;
        }
        self.reject(rows)?;
        self.find_columns(look);
        if let Some(columns) = &self.columns {
            self.tally.add(block, results, before, &self.pairs, columns);
        }
        self.text = *hash;
        if self.noted.elapsed() >= NOTE_EVERY {
            self.leave()?;
        }
        Ok(())
    }

    fn find_columns(&mut self, look: &Look) {
        let (pairs, language, duplicates) = (&self.pairs, self.language, self.duplicates);
        self.columns.get_or_insert_with(|| Columns::new(&look.layout, look.encoding, pairs, language, duplicates));
    }

    fn put(&mut self, number: usize, text: &[u8]) -> Result<(), SinkError> {
        let of_book = self.form.as_ref().is_some_and(|form| form.of_book);
        let text = if of_book && !self.books { Cow::Owned(without_breaks(text)) } else { Cow::Borrowed(text) };
        let path = self.note.as_ref().and_then(|_| self.paths.get(number)).cloned();
        let path = path.unwrap_or_else(|| PathBuf::from("standard output"));
        let gone = || SinkError::io(&path)(io::ErrorKind::NotFound.into());
        self.rows.get_mut(number).ok_or_else(gone)?.write(&text).map_err(SinkError::io(&path))
    }

    /// Line, reason and text of every refused row; where only people read, no text.
    fn reject(&mut self, rows: &Rows) -> Result<(), SinkError> {
        let told = self.note.is_none() && self.paths.is_empty();
        let delimiter = if told { b',' } else { rows.look.layout.delimiter };
        let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        let failed = |error: csv::Error| SinkError::Io { path: PathBuf::from("refused rows"), source: error.into() };
        let mut any = false;
        if !told && self.rejected.written().0 == 0 && rows.block.refused().next().is_some() {
            csv.write_record(["line", "reason", "detail", "row"]).map_err(failed)?;
        }
        for refused in rows.block.refused() {
            let (line, why) = (refused.line.to_string(), refused.why);
            let text = rows.look.encoding.text(refused.text).unwrap_or_else(|| String::from_utf8_lossy(refused.text));
            let row = if told { "" } else { &text };
            let detail = if self.words == Language::Turkish { why.turkish() } else { why.detail() };
            csv.write_record([&line, why.code(), detail, row]).map_err(failed)?;
            any = true;
        }
        if !any {
            return Ok(());
        }
        let bytes = csv.into_inner().map_err(|error| SinkError::Io {
            path: PathBuf::from("refused rows"),
            source: io::Error::other(error.to_string()),
        })?;
        let path = self.paths.last().cloned().unwrap_or_default();
        let bytes = if told { bytes } else { as_the_list(&bytes, &rows.look, self.rejected.written().0 == 0) };
        self.rejected.write(&bytes).map_err(SinkError::io(&path))
    }

    /// Notes how far the streams reach, as far as this process lives: a power cut may lose of them, which is seen.
    pub(super) fn leave(&mut self) -> Result<(), SinkError> {
        self.noted = Instant::now();
        let Some(path) = &self.note else { return Ok(()) };
        self.leave_at(path).map(|lines| self.noted_lines = lines)
    }

    fn leave_at(&self, path: &Path) -> Result<u64, SinkError> {
        let streams = self.rows.iter().chain(self.paths.get(self.rows.len()).map(|_| &self.rejected));
        let note = Note {
            format: FORMAT,
            settings: self.settings.clone(),
            layout: self.layout.clone(),
            form: self.form.clone(),
            lines: self.tally.lines.max(self.start.lines),
            text: format!("{:x}", self.text),
            streams: streams.map(Stream::written).map(|(bytes, hash)| (bytes, format!("{hash:x}"))).collect(),
            tally: self.tally.clone(),
            whole: self.whole,
        };
        let text = serde_json::to_vec(&note).map_err(|error| SinkError::Io { path: path.to_owned(), source: error.into() })?;
        let unfinished = with_ending(path, ".new");
        let written = create_new(&unfinished).and_then(|mut file| file.write_all(&text));
        written.and_then(|()| fs::rename(&unfinished, path)).map_err(SinkError::io(path))?;
        Ok(note.lines)
    }

    /// The list is left where it is; what nothing stands in is taken away.
    pub(super) fn stop(&mut self) -> Result<(), SinkError> {
        if self.whole {
            return Ok(());
        }
        if self.tally.lines > 0 || self.start.lines > 0 {
            return self.leave();
        }
        self.paths.iter().try_for_each(|path| remove(&partial(path)))?;
        self.note.as_deref().map_or(Ok(()), remove)
    }

    /// Standard output takes no more: a file of unreadable rows in which there are none is taken away.
    pub(super) fn give_up(&self) {
        if self.note.is_none() && self.rejected.written().0 == 0 {
            let _ = self.rejected.discard_unfinished();
        }
    }

    /// Everything is written: the files are made durable and get their names.
    pub(super) fn finish(&mut self) -> Result<(), SinkError> {
        if !self.whole {
            for stream in self.rows.iter_mut().chain([&mut self.rejected]) {
                stream.sync().map_err(SinkError::io(Path::new("what was written")))?;
            }
            self.whole = true;
            self.leave()?;
        }
        let form = self.form.clone().unwrap_or_default();
        for (number, stream) in self.rows.iter().enumerate() {
            // Brands that are enforced, as they should be, let nothing through by a mode.
            let named = match () {
                () if self.split && number == Part::NotEnforced as usize && self.tally.let_through() == 0 => stream.discard(),
                () if self.books => stream.rename_as_book(&form),
                () => stream.rename(true),
            };
            named.map_err(SinkError::io(Path::new("what was written")))?;
        }
        self.rejected.rename(false).map_err(SinkError::io(Path::new("the refused rows")))?;
        self.note.as_deref().map_or(Ok(()), remove)
    }
}

/// The text of a workbook's rows for who reads lines: a blank for every line break in a cell.
fn without_breaks(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == BREAK as u8 { b' ' } else { *byte }).collect()
}

/// Whether the rows go into a workbook, by its name.
fn is_book(out: &Path) -> Result<bool, SinkError> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "xlsx" => Ok(true),
        "xls" | "xlsm" | "xlsb" | "ods" => Err(SinkError::OutputForm { path: out.to_owned() }),
        _ => Ok(false),
    }
}

/// Text of ours in the encoding of the list, with its mark before the first of it.
fn as_the_list(text: &[u8], look: &Look, first: bool) -> Vec<u8> {
    let mut marked = if first && look.mark { MARK.to_vec() } else { Vec::new() };
    marked.extend(look.encoding.of_text(&String::from_utf8_lossy(text)));
    look.encoding.encode(marked)
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), SinkError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SinkError::io(path)(error)),
        _ => Ok(()),
    }
}
