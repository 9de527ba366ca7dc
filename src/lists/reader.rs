//! The list on its way in.

use super::Stop;
use crate::files::{FileError, LIST_DELIMITER, ListSheet, XLS, XLSX};
use crate::filter::block::Bounds;
use crate::filter::duplicates::Seen;
use crate::filter::output::Before;
use crate::filter::{Block, Intake, Layout, Wanted};
use crate::model::text::encoding::Encoding;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::Sender;
use xxhash_rust::xxh3::Xxh3;

/// Bytes read at once.
const READ: usize = 1 << 20;

/// Where a list comes from.
pub enum Input {
    /// Standard input; it has no sheet that could be named.
    Stdin(Option<String>),
    /// A file; of a spreadsheet, the sheet that is named.
    File(PathBuf, Option<String>),
}

/// A list that is open.
pub(super) struct Source {
    list: List,
    /// Its bytes, 0 if they are not known.
    pub(super) length: u64,
}

/// What a list is read from.
enum List {
    Text(Box<dyn Read + Send>),
    Sheet(Box<ListSheet>),
}

/// From where on rows are answered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    /// Physical lines that are answered for.
    pub(super) lines: u64,
    /// A hash of their text, if it is known.
    pub(super) hash: Option<u128>,
}

/// What a list looks like.
pub(super) struct Look {
    pub(super) layout: Layout,
    pub(super) encoding: Encoding,
    /// Whether the list begins with its mark.
    pub(super) mark: bool,
    /// Whether the list is a workbook.
    pub(super) of_book: bool,
}

/// A block on its way.
pub(super) struct Rows {
    pub(super) block: Block,
    pub(super) look: Arc<Look>,
    /// Whether each row's address came before, if that is asked.
    pub(super) before: Vec<Before>,
    /// A hash of the list's text up to its end.
    pub(super) hash: u128,
}

impl Input {
    /// Opens it. A workbook is known by what it holds, whatever its name, and is read as a whole here.
    pub(super) fn open(self) -> Result<Source, Stop> {
        let text = |input: Box<dyn Read + Send>, length| Ok(Source { list: List::Text(input), length });
        let (path, sheet) = match self {
            Self::Stdin(None) => return text(Box::new(io::stdin()), 0),
            Self::Stdin(Some(_)) => return Err(FileError::NoSheets { file: "standard input".to_owned() }.into()),
            Self::File(path, sheet) => (path, sheet),
        };
        let named = |error: io::Error| Stop::Input(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
        let mut file = File::open(&path).map_err(named)?;
        let length = file.metadata().map_err(Stop::Input)?.len();
        let mut beginning = Vec::new();
        file.by_ref().take(XLSX.len() as u64).read_to_end(&mut beginning).map_err(Stop::Input)?;
        if beginning == XLSX || beginning == XLS {
            file.rewind().map_err(Stop::Input)?;
            let list = ListSheet::open(&path, file, sheet.as_deref())?;
            return Ok(Source { length: list.length(), list: List::Sheet(Box::new(list)) });
        }
        if sheet.is_some() {
            return Err(FileError::NoSheets { file: path.display().to_string() }.into());
        }
        text(Box::new(Cursor::new(beginning).chain(file)), length)
    }
}

impl Source {
    /// The delimiter, where it is known.
    fn delimiter(&self) -> Option<u8> {
        match &self.list {
            List::Sheet(_) => Some(LIST_DELIMITER),
            List::Text(_) => None,
        }
    }

    /// A formula in a column of addresses makes a list unusable; elsewhere it does not matter.
    fn refuse_formulas(&self, layout: &Layout) -> Result<(), Stop> {
        let List::Sheet(sheet) = &self.list else { return Ok(()) };
        let columns: Vec<u32> = layout.phones.iter().chain(&layout.emails).copied().collect();
        sheet.formula_in(&columns).map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.list {
            List::Text(input) => input.read(buffer),
            List::Sheet(sheet) => sheet.read(buffer),
        }
    }
}

/// The error of an input; that of a workbook says itself what is wrong.
fn unreadable(error: io::Error) -> Stop {
    match error.downcast::<FileError>() {
        Ok(error) => error.into(),
        Err(error) => Stop::Input(error),
    }
}

/// Reads a list to its end, and hands its blocks on from `start`; what lies before is only read.
pub(super) fn read(
    mut source: Source,
    wanted: Wanted,
    bounds: Bounds,
    start: Start,
    duplicates: bool,
    taken: &AtomicU64,
    blocks: &Sender<Result<Rows, Stop>>,
) {
    let wanted = Wanted { delimiter: wanted.delimiter.or(source.delimiter()), ..wanted };
    let reading = Reading {
        intake: Intake::new(wanted, bounds),
        start,
        of_book: matches!(source.list, List::Sheet(_)),
        look: None,
        seen: duplicates.then(Seen::default),
        hash: Xxh3::new(),
        blocks,
    };
    if let Err(Some(stop)) = reading.work(&mut source, taken) {
        let _ = blocks.blocking_send(Err(stop));
    }
}

struct Reading<'a> {
    intake: Intake,
    start: Start,
    of_book: bool,
    look: Option<Arc<Look>>,
    seen: Option<Seen>,
    hash: Xxh3,
    blocks: &'a Sender<Result<Rows, Stop>>,
}

impl Reading<'_> {
    /// Nothing is wrong where nobody takes blocks any more.
    fn work(mut self, source: &mut Source, taken: &AtomicU64) -> Result<(), Option<Stop>> {
        self.intake.stop_at(self.start.lines);
        let (mut buffer, mut checked) = (vec![0; READ], false);
        loop {
            let read = match source.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(unreadable)?,
            };
            taken.fetch_add(read as u64, Ordering::Relaxed);
            if read > 0 {
                self.intake.push(&buffer[..read]);
            } else {
                self.intake.end().map_err(Stop::from)?;
            }
            while let Some(block) = self.intake.block().map_err(Stop::from)? {
                if let Some(layout) = self.intake.layout().filter(|_| !std::mem::replace(&mut checked, true)) {
                    source.refuse_formulas(layout)?;
                }
                self.hand_on(block)?;
            }
            if read == 0 {
                break;
            }
        }
        if self.intake.lines() < self.start.lines {
            return Err(Some(Stop::Elsewhere(format!(
                "the list has {} lines, and {} are answered for",
                self.intake.lines(),
                self.start.lines
            ))));
        }
        Ok(())
    }

    fn hand_on(&mut self, block: Block) -> Result<(), Option<Stop>> {
        self.hash.update(block.text());
        let before = self.seen.as_mut().map_or_else(Vec::new, |seen| seen.note(&block));
        let (through, Start { lines, hash }) = (block.through(), self.start);
        if block.before() < lines {
            if through > lines {
                return Err(Some(Stop::Elsewhere(format!("line {lines} is in the middle of a row"))));
            }
            if through == lines && hash.is_some_and(|hash| hash != self.hash.digest128()) {
                let text = "this is not the list whose work was broken off, or not read in the same way";
                return Err(Some(Stop::Elsewhere(text.to_owned())));
            }
            return Ok(());
        }
        let look = self.look()?;
        let rows = Rows { block, look, before, hash: self.hash.digest128() };
        self.blocks.blocking_send(Ok(rows)).map_err(|_| None)
    }

    fn look(&mut self) -> Result<Arc<Look>, Option<Stop>> {
        if let Some(look) = &self.look {
            return Ok(Arc::clone(look));
        }
        let layout = self.intake.layout().cloned().ok_or(None)?;
        Ok(Arc::clone(self.look.insert(Arc::new(Look {
            layout,
            encoding: self.intake.encoding(),
            mark: self.intake.has_mark(),
            of_book: self.of_book,
        }))))
    }
}
