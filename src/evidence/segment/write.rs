//! The segment that is being written.

use super::format::{CHECK, DECISIONS, EVENT, HEADER_LENGTH, Header, SEAL, Seal, decisions_leaf, link};
use super::read::{Body, Frames};
use super::{open_path, sealed_path};
use crate::check::DecisionId;
use crate::evidence::codec::{Encoder, Part};
use crate::evidence::entry::Event;
use crate::evidence::index::Heads;
use crate::evidence::merkle::{Hash, Tree, leaf};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Quick, and small enough: what is compressed are columns that repeat themselves.
const LEVEL: i32 = 1;

/// The segment that is being written.
pub struct Open {
    folder: PathBuf,
    header: Header,
    file: File,
    /// Bytes on disk for certain.
    durable: u64,
    /// How far the frames in `buffer` have brought it.
    state: State,
    /// The same of what is durable.
    settled: State,
    /// Frames that are not on disk yet.
    buffer: Vec<u8>,
    encoder: Encoder,
    zstd: zstd_safe::CCtx<'static>,
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
    pub fn begin(folder: &Path, header: Header, events: &[Event]) -> io::Result<Self> {
        let path = open_path(folder, header.number);
        // What an earlier try has left; nothing was ever acknowledged in it.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all_at(&header.to_bytes(), 0)?;
        let mut open = Self::of(folder, header, file, State::new(&header));
        events.iter().try_for_each(|event| open.event_frame(event, header.made))?;
        open.commit()?;
        open.file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(open)
    }

    /// Takes up the segment that was being written, of whose file these are the bytes: behind the last frame that is
    /// whole, which may be the seal.
    pub fn resume(folder: &Path, bytes: &[u8]) -> io::Result<Self> {
        let damaged = |broken| io::Error::new(io::ErrorKind::InvalidData, format!("{broken}"));
        let mut frames = Frames::of(bytes).map_err(damaged)?;
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
        let file = OpenOptions::new().write(true).open(open_path(folder, header.number))?;
        Ok(Self { durable: durable as u64, sealed, ..Self::of(folder, header, file, state) })
    }

    fn of(folder: &Path, header: Header, file: File, state: State) -> Self {
        Self {
            folder: folder.to_owned(),
            header,
            file,
            durable: HEADER_LENGTH as u64,
            settled: state.clone(),
            state,
            buffer: Vec::new(),
            encoder: Encoder::default(),
            zstd: zstd_safe::CCtx::create(),
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
        self.durable + self.buffer.len() as u64
    }

    /// Decisions in it.
    #[must_use]
    pub const fn decisions(&self) -> u64 {
        self.state.decisions
    }

    /// Adds a frame of decisions, of [`crate::evidence::codec::MOST_DECISIONS`] at most.
    pub fn decisions_frame(&mut self, parts: &[Part<'_>], written: u64) -> io::Result<()> {
        let Self { encoder, zstd, buffer, .. } = self;
        encoder.encode(parts, written, self.header.node);
        let Encoder { columns, recipients, .. } = encoder;
        let start = buffer.len();
        buffer.extend([0; 4]);
        buffer.push(DECISIONS);
        buffer.extend((columns.len() as u32).to_be_bytes());
        buffer.extend([0; 4]);
        let body = buffer.len();
        buffer.resize(body + zstd_safe::compress_bound(columns.len()), 0);
        let size = zstd.compress(&mut buffer[body..], columns, LEVEL).map_err(failed)?;
        buffer.truncate(body + size);
        buffer[body - 4..body].copy_from_slice(&(size as u32).to_be_bytes());
        let length = (buffer.len() - start - 4 + recipients.len() + CHECK) as u32;
        buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
        let leaf = decisions_leaf(columns, recipients);
        self.state.chain = link(&self.state.chain, &leaf, &[&buffer[start..]]);
        self.heads.frame(self.durable + start as u64, recipients);
        buffer.extend_from_slice(recipients);
        buffer.extend_from_slice(&self.state.chain[..CHECK]);
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
        self.buffer.extend(length);
        self.buffer.push(kind);
        self.buffer.extend_from_slice(body);
        self.buffer.extend_from_slice(&self.state.chain[..CHECK]);
    }

    /// Brings what was added to disk. After a failure it is as if nothing had been added.
    pub fn commit(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all_at(&self.buffer, self.durable).and_then(|()| self.file.sync_data());
        if written.is_err() {
            self.roll_back();
            return written;
        }
        self.durable += self.buffer.len() as u64;
        self.buffer.clear();
        self.settled = self.state.clone();
        self.settled_heads = self.heads.frames();
        Ok(())
    }

    /// Forgets what is not on disk for certain; the bytes that may be there are cut off before anything follows.
    pub fn roll_back(&mut self) {
        self.buffer.clear();
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
        // Whatever a failed write left behind the seal.
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

fn seconds(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX)
}

fn failed(code: usize) -> io::Error {
    io::Error::other(zstd_safe::get_error_name(code))
}
