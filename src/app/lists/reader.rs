//! The list on its way in.

use super::Stop;
use crate::feed::file::{FileError, XLSX, csv_of_sheet};
use crate::filter::block::Bounds;
use crate::filter::encoding::Encoding;
use crate::filter::output::Before;
use crate::filter::seen::Seen;
use crate::filter::{Block, Intake, Layout, Wanted};
use std::fs::File;
use std::io::{self, Cursor, Read};
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
    /// Opens it; with the bytes that it has, 0 if nobody knows.
    pub(super) fn open(self) -> Result<(Box<dyn Read + Send>, u64), Stop> {
        let (path, sheet) = match self {
            Self::Stdin(None) => return Ok((Box::new(io::stdin()), 0)),
            Self::Stdin(Some(_)) => return Err(FileError::NoSheets { file: "standard input".to_owned() }.into()),
            Self::File(path, sheet) => (path, sheet),
        };
        let named = |error: io::Error| Stop::Input(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
        let mut file = File::open(&path).map_err(named)?;
        let length = file.metadata().map_err(Stop::Input)?.len();
        let mut beginning = Vec::new();
        file.by_ref().take(XLSX.len() as u64).read_to_end(&mut beginning).map_err(Stop::Input)?;
        if beginning == XLSX {
            let csv = csv_of_sheet(&path, sheet.as_deref())?;
            let length = csv.len() as u64;
            return Ok((Box::new(Cursor::new(csv)), length));
        }
        if sheet.is_some() {
            return Err(FileError::NoSheets { file: path.display().to_string() }.into());
        }
        Ok((Box::new(Cursor::new(beginning).chain(file)), length))
    }
}

/// Reads a list to its end, and hands its blocks on from `start`; what lies before is only read.
pub(super) fn read(
    mut source: Box<dyn Read + Send>,
    wanted: Wanted,
    bounds: Bounds,
    start: Start,
    duplicates: bool,
    taken: &AtomicU64,
    blocks: &Sender<Result<Rows, Stop>>,
) {
    let reading = Reading {
        intake: Intake::new(wanted, bounds),
        start,
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
    look: Option<Arc<Look>>,
    seen: Option<Seen>,
    hash: Xxh3,
    blocks: &'a Sender<Result<Rows, Stop>>,
}

impl Reading<'_> {
    /// Nothing is wrong where nobody takes blocks any more.
    fn work(mut self, source: &mut impl Read, taken: &AtomicU64) -> Result<(), Option<Stop>> {
        self.intake.stop_at(self.start.lines);
        let mut buffer = vec![0; READ];
        loop {
            let read = match source.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(Stop::Input)?,
            };
            taken.fetch_add(read as u64, Ordering::Relaxed);
            if read > 0 {
                self.intake.push(&buffer[..read]);
            } else {
                self.intake.end().map_err(Stop::from)?;
            }
            while let Some(block) = self.intake.block().map_err(Stop::from)? {
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
        Ok(Arc::clone(self.look.insert(Arc::new(Look { layout, encoding: self.intake.encoding() }))))
    }
}
