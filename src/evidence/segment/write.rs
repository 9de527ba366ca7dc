//! The segment that is being written.

use super::format::{CHECK, DECISIONS, EVENT, Header, PLAIN, SEAL, Seal, check, decisions_leaf, link};
use super::read::{Body, Frames};
use super::{open_path, sealed_path};
use crate::evidence::entry::Event;
use crate::evidence::segment::codec::{Encoder, Part, recipients_into};
use crate::evidence::segment::index::Heads;
use crate::evidence::tree::merkle::{Hash, Tree, leaf};
use crate::model::decision::id::DecisionId;
use crate::model::secret::mac::MacKey;
use crate::sys::aligned_buffer::{BLOCK, Blocks};
use crate::sys::direct_file::Direct;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of columns for a decision up to which zstd is not asked.
const PLAIN_BYTES: usize = 2;

/// Quick, and small enough: what is compressed are columns that repeat themselves.
const LEVEL: i32 = 1;

/// The segment that is being written.
pub struct Open {
    folder: PathBuf,
    header: Header,
    /// Authenticates each frame.
    key: MacKey,
    file: Direct,
    /// Bytes on disk for certain.
    durable: u64,
    /// How far the frames in `buffer` have brought it.
    state: State,
    /// The same of what is durable.
    settled: State,
    /// The bytes from the last boundary of a block on: durable ones, which are written again with what follows them, and
    /// frames that are not on disk yet.
    buffer: Blocks,
    encoder: Encoder,
    zstd: zstd_safe::CCtx<'static>,
    /// Where zstd writes.
    small: Vec<u8>,
    /// What the index is made of, and how many frames of it are durable.
    heads: Heads,
    settled_heads: usize,
    sealed: Option<Seal>,
}

/// All that a seal says, as it grows.
#[derive(Clone)]
struct State {
    chain: Hash,
    frames: Tree,
    decisions: u64,
    ids: Option<(DecisionId, DecisionId)>,
    times: (u32, u32),
}

impl Open {
    /// Makes the file of a segment with its header and first events, all durable with its name.
    pub fn begin(folder: &Path, key: &MacKey, header: Header, events: &[Event]) -> io::Result<Self> {
        Self::begin_with(Blocks::default(), folder, key, header, events)
    }

    /// Makes the file of the segment behind this one, which is sealed. After a failure it may be asked for again.
    pub fn next(&mut self, header: Header, events: &[Event]) -> io::Result<Self> {
        // Its memory goes on: new memory is dear, and a segment a second may come.
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.truncate(0);
        Self::begin_with(buffer, &self.folder, &self.key, header, events)
    }

    fn begin_with(buffer: Blocks, folder: &Path, key: &MacKey, header: Header, events: &[Event]) -> io::Result<Self> {
        let path = open_path(folder, header.number);
        // What an earlier try has left; nothing was ever acknowledged in it.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = Direct::open(OpenOptions::new().write(true).create_new(true), &path)?;
        let mut open = Self { buffer, ..Self::of(folder, key, header, file, State::new(&header)) };
        open.buffer.extend(&header.to_bytes());
        events.iter().try_for_each(|event| open.event_frame(event, header.made))?;
        open.commit()?;
        open.file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(open)
    }

    /// Takes up the segment that was being written, of whose file these are the bytes: behind the last frame that is
    /// whole, which may be the seal.
    pub fn resume(folder: &Path, key: &MacKey, bytes: &[u8]) -> io::Result<Self> {
        let damaged = |broken| io::Error::new(io::ErrorKind::InvalidData, format!("{broken}"));
        let mut frames = Frames::growing(bytes).map_err(damaged)?.under(Some(key));
        let header = *frames.header();
        let mut state = State::new(&header);
        let (mut durable, mut sealed) = (frames.at(), None);
        while let Some(Ok(frame)) = frames.next() {
            durable = frames.at();
            match frame.body {
                Body::Seal(seal) => sealed = Some(*seal),
                body => {
                    state.frames.push(frame.leaf);
                    if let Some(at) = body.event().as_ref().and_then(Event::at) {
                        state.reach(seconds(at));
                    }
                    let entries = body.decisions().map(|decisions| decisions.entries).unwrap_or_default();
                    let whole = |entry| state.count(&Part { entry, from: 0, to: entry.outcomes.len() });
                    entries.iter().for_each(whole);
                }
            }
            state.chain = *frames.head();
        }
        let file = Direct::open(OpenOptions::new().write(true), &open_path(folder, header.number))?;
        let mut open = Self { durable: durable as u64, sealed, ..Self::of(folder, key, header, file, state) };
        open.buffer.extend(&bytes[durable / BLOCK * BLOCK..durable]);
        Ok(open)
    }

    fn of(folder: &Path, key: &MacKey, header: Header, file: Direct, state: State) -> Self {
        Self {
            folder: folder.to_owned(),
            header,
            key: key.clone(),
            file,
            durable: 0,
            settled: state.clone(),
            state,
            buffer: Blocks::default(),
            encoder: Encoder::default(),
            zstd: zstd_safe::CCtx::create(),
            small: Vec::new(),
            heads: Heads::default(),
            settled_heads: 0,
            sealed: None,
        }
    }

    /// Its header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes that it has, those that are not on disk yet among them.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.start() + self.buffer.len() as u64
    }

    /// The boundary at which the buffer begins.
    const fn start(&self) -> u64 {
        self.durable / BLOCK as u64 * BLOCK as u64
    }

    /// Bytes of the buffer that are on disk for certain.
    const fn kept(&self) -> usize {
        (self.durable - self.start()) as usize
    }

    /// Bytes on disk for certain, and the chain behind them.
    #[must_use]
    pub const fn synced(&self) -> (u64, Hash) {
        (self.durable, self.settled.chain)
    }

    /// The greatest id of a decision that is on disk for certain; none in a segment without decisions.
    #[must_use]
    pub fn last_decision(&self) -> Option<DecisionId> {
        self.settled.ids.map(|(_, greatest)| greatest)
    }

    /// Decisions in it.
    #[must_use]
    pub const fn decisions(&self) -> u64 {
        self.state.decisions
    }

    /// Adds a frame of decisions, of [`crate::evidence::segment::codec::MOST_DECISIONS`] at most.
    pub fn decisions_frame(&mut self, parts: &[Part<'_>], written: u64) -> io::Result<()> {
        let begin = self.bytes();
        let Self { encoder, zstd, small, buffer, .. } = self;
        encoder.encode(parts, written, self.header.node);
        let columns = &encoder.columns;
        let decisions: usize = parts.iter().map(Part::decisions).sum();
        let start = buffer.len();
        let small = if columns.len() <= PLAIN_BYTES * decisions { None } else { compressed(zstd, columns, small)? };
        buffer.extend(&[0; 4]);
        buffer.extend(&[if small.is_some() { DECISIONS } else { PLAIN }]);
        buffer.extend(&(columns.len() as u32).to_be_bytes());
        if let Some(small) = small {
            buffer.extend(&(small.len() as u32).to_be_bytes());
            buffer.extend(small);
        }
        let shown = buffer.len() - start;
        if small.is_none() {
            buffer.extend(columns);
        }
        let recipients = buffer.len() - start;
        recipients_into(parts, buffer.extend_with(16 * decisions));
        let length = (buffer.len() - start - 4 + CHECK) as u32;
        let frame = &mut buffer.get_mut()[start..];
        frame[..4].copy_from_slice(&length.to_be_bytes());
        let (shown, recipients) = (&frame[..shown], &frame[recipients..]);
        let leaf = decisions_leaf(columns, recipients);
        self.state.chain = link(&self.state.chain, &leaf, &[shown]);
        self.heads.frame(begin, &leaf, recipients);
        let check = check(self.header.version, Some(&self.key), &self.state.chain);
        buffer.extend(&check.unwrap_or_default());
        self.state.frames.push(leaf);
        for part in parts {
            self.state.count(part);
        }
        Ok(())
    }

    /// Adds an event; `written` is now, in Unix milliseconds.
    pub fn event_frame(&mut self, event: &Event, written: u64) -> io::Result<()> {
        let json = serde_json::to_vec(event)?;
        let leaf = leaf(&[&[EVENT], &json]);
        self.frame(EVENT, &json, &leaf);
        self.state.frames.push(leaf);
        self.state.reach(seconds(written));
        Ok(())
    }

    fn frame(&mut self, kind: u8, body: &[u8], leaf: &Hash) {
        let length = ((1 + body.len() + CHECK) as u32).to_be_bytes();
        self.state.chain = link(&self.state.chain, leaf, &[&length, &[kind]]);
        self.buffer.extend(&length);
        self.buffer.extend(&[kind]);
        self.buffer.extend(body);
        let check = check(self.header.version, Some(&self.key), &self.state.chain);
        self.buffer.extend(&check.unwrap_or_default());
    }

    /// Brings what was added to disk. After a failure it is as if nothing had been added.
    pub fn commit(&mut self) -> io::Result<()> {
        if self.buffer.len() == self.kept() {
            return Ok(());
        }
        let at = self.start();
        if let Err(error) = self.file.write(&mut self.buffer, at) {
            self.roll_back();
            return Err(error);
        }
        self.durable = at + self.buffer.len() as u64;
        self.buffer.forget(self.buffer.len() - self.kept());
        self.settled = self.state.clone();
        self.settled_heads = self.heads.frames();
        Ok(())
    }

    /// Forgets what is not on disk for certain; the bytes that may be there are cut off before anything follows.
    pub fn roll_back(&mut self) {
        self.buffer.truncate(self.kept());
        self.state = self.settled.clone();
        self.heads.truncate(self.settled_heads);
        // If this fails too, the next frames are written over them, and a longer rest breaks the chain behind them:
        // boot cuts it off as what was torn.
        let _ = self.file.set_len(self.durable);
    }

    /// What the index of the segment is made of, once it is sealed.
    #[must_use]
    pub fn take_heads(&mut self) -> Heads {
        std::mem::take(&mut self.heads)
    }

    /// Brings everything to disk with the seal behind it, and gives the file its name. After a failure it may be asked
    /// for again, and nothing may be added any more.
    pub fn seal(&mut self) -> io::Result<Seal> {
        if self.sealed.is_none() {
            self.commit()?;
            let seal = self.state.seal(&self.header, self.durable);
            let body = seal.to_bytes();
            self.frame(SEAL, &body, &leaf(&[&[SEAL], &body]));
            self.commit()?;
            self.sealed = Some(seal);
        }
        // The zeros up to the boundary, and whatever a failed write left behind the seal.
        self.file.set_len(self.durable)?;
        self.file.sync_all()?;
        let (open, sealed) = (open_path(&self.folder, self.header.number), sealed_path(&self.folder, self.header.number));
        if open.exists() {
            fs::rename(open, sealed)?;
        } else if !sealed.exists() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{}: the file is gone", open.display())));
        }
        File::open(&self.folder)?.sync_all()?;
        self.sealed.ok_or_else(|| io::Error::other("a segment without its seal"))
    }
}

impl State {
    fn new(header: &Header) -> Self {
        let made = seconds(header.made);
        Self { chain: header.chain(), frames: Tree::default(), decisions: 0, ids: None, times: (made, made) }
    }

    /// Something of this moment is in it.
    fn reach(&mut self, at: u32) {
        let (earliest, latest) = self.times;
        self.times = (earliest.min(at), latest.max(at));
    }

    fn count(&mut self, part: &Part<'_>) {
        let (first, last) = (part.entry.first.plus(part.from as u64), part.entry.first.plus(part.to as u64 - 1));
        let asked = part.entry.asked.unix();
        self.decisions += (part.to - part.from) as u64;
        self.ids = Some(self.ids.map_or((first, last), |(least, greatest)| (least.min(first), greatest.max(last))));
        self.reach(asked);
    }

    fn seal(&self, header: &Header, bytes: u64) -> Seal {
        let none = DecisionId::of(0, 0, 0);
        Seal {
            node: header.node,
            number: header.number,
            frames: self.frames.size(),
            decisions: self.decisions,
            ids: self.ids.unwrap_or((none, none)),
            times: self.times,
            previous: header.previous,
            chain: self.chain,
            root: self.frames.root(),
            bytes,
        }
    }
}

/// Columns made smaller; none if they are not.
fn compressed<'a>(zstd: &mut zstd_safe::CCtx<'_>, columns: &[u8], into: &'a mut Vec<u8>) -> io::Result<Option<&'a [u8]>> {
    into.resize(zstd_safe::compress_bound(columns.len()), 0);
    let failed = |code| io::Error::other(zstd_safe::get_error_name(code));
    let size = zstd.compress(&mut into[..], columns, LEVEL).map_err(failed)?;
    Ok((size < columns.len()).then_some(&into[..size]))
}

fn seconds(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX)
}
