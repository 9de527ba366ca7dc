//! The body of a frame of decisions: columns, so that what is alike lies together and zstd makes it small, and
//! behind them the pseudonyms, which nothing makes smaller.
//!
//! ```text
//! columns: version 1 ‖ entries ‖ decisions ‖ written at (ms) ‖ node ‖
//!          by entry: asked at (s) ‖ number ‖ count ‖ brand ‖ retailer ‖ cell ‖ purpose ‖ mode ‖ declaration ‖
//!                    revision ‖ as of (s, 0 unknown) ‖ caller ‖
//!          callers, each with its length ‖ references, each with its length ‖ an outcome byte a decision
//! recipients: 16 bytes a decision
//! ```
//!
//! Numbers are LEB128; asked, number, brand, revision and as of are steps from the entry before (the number from what
//! would follow it), folded so that both signs are short. `deploy/verify_evidence.py` reads the same.

use super::varint::{put, put_step, take, take_step, unfold};
use crate::evidence::entry::{Entry, Outcomes};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionId;
use crate::model::decision::question::{Purpose, Scope};
use crate::model::time::IysTime;
use std::sync::Arc;

const VERSION: u8 = 1;

/// Decisions in one frame at most: a proof shows a whole frame, and no more than 17 kB of it.
pub const MOST_DECISIONS: usize = 1_024;

/// The columns of a frame of decisions on its way to disk; reused from frame to frame.
#[derive(Default)]
pub struct Encoder {
    /// The columns as they are hashed, before zstd.
    pub columns: Vec<u8>,
    callers: Vec<Arc<str>>,
    tail: Vec<u8>,
}

/// A slice of an entry: decisions `from..to` of it.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Of which.
    pub entry: &'a Entry,
    /// The first.
    pub from: usize,
    /// Behind the last.
    pub to: usize,
}

/// A frame as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions {
    /// When it was gathered, in Unix milliseconds: everything handed over until then is on record with it.
    pub written: u64,
    /// Which node.
    pub node: u32,
    /// What it holds.
    pub entries: Vec<Entry>,
}

impl Part<'_> {
    fn id(&self) -> DecisionId {
        self.entry.first.plus(self.from as u64)
    }

    /// How many decisions.
    #[must_use]
    pub const fn decisions(&self) -> usize {
        self.to - self.from
    }
}

impl Encoder {
    /// Writes parts, of [`MOST_DECISIONS`] at most, anew.
    pub fn encode(&mut self, parts: &[Part<'_>], written: u64, node: u32) {
        let Self { columns, callers, tail } = self;
        columns.clear();
        callers.clear();
        tail.clear();
        columns.push(VERSION);
        put(columns, parts.len() as u64);
        put(columns, parts.iter().map(|part| part.decisions() as u64).sum());
        put(columns, written);
        put(columns, node.into());
        let steps = |columns: &mut Vec<u8>, of: &dyn Fn(&Entry) -> u64| {
            let mut before = 0;
            for part in parts {
                let value = of(part.entry);
                put_step(columns, before, value);
                before = value;
            }
        };
        let plain = |columns: &mut Vec<u8>, of: &dyn Fn(&Part<'_>) -> u64| {
            for part in parts {
                put(columns, of(part));
            }
        };
        steps(columns, &|entry| entry.asked.unix().into());
        let mut next = 0;
        for part in parts {
            put_step(columns, next, part.id().number());
            next = part.id().number().wrapping_add(part.decisions() as u64);
        }
        plain(columns, &|part| part.decisions() as u64);
        steps(columns, &|entry| entry.scope.brand.get().into());
        plain(columns, &|part| part.entry.scope.retailer.get().into());
        columns.extend(parts.iter().map(|part| part.entry.scope.cell.code()));
        columns.extend(parts.iter().map(|part| part.entry.scope.purpose as u8));
        columns.extend(parts.iter().map(|part| part.entry.mode));
        plain(columns, &|part| part.entry.declaration);
        steps(columns, &|entry| entry.revision);
        steps(columns, &|entry| entry.as_of.map_or(0, IysTime::unix).into());
        for part in parts {
            put(columns, place_of(callers, &part.entry.caller));
            put(tail, part.entry.reference.len() as u64);
            tail.extend_from_slice(part.entry.reference.as_bytes());
        }
        put(columns, callers.len() as u64);
        for caller in callers.iter() {
            put(columns, caller.len() as u64);
            columns.extend_from_slice(caller.as_bytes());
        }
        columns.extend_from_slice(tail);
        for part in parts {
            columns.extend_from_slice(&part.entry.outcomes.parts().0[part.from..part.to]);
        }
    }
}

/// Writes the pseudonyms of parts one behind the other: 16 bytes a decision.
pub fn recipients_into(parts: &[Part<'_>], mut bytes: &mut [u8]) {
    for part in parts {
        let of = &part.entry.outcomes.parts().1[part.from..part.to];
        let Some(here) = bytes.split_off_mut(..16 * of.len()) else { return };
        here.as_chunks_mut().0.iter_mut().zip(of).for_each(|(here, recipient)| *here = recipient.0);
    }
}

/// Where a caller stands in the table, which it joins if it is new. A frame has few callers, most often one.
fn place_of(callers: &mut Vec<Arc<str>>, caller: &Arc<str>) -> u64 {
    let known = callers.iter().position(|known| Arc::ptr_eq(known, caller) || known == caller);
    let place = known.unwrap_or_else(|| {
        callers.push(Arc::clone(caller));
        callers.len() - 1
    });
    place as u64
}

/// Reads what [`Encoder::encode`] wrote; none if anything is not what it writes.
#[must_use]
pub fn decode(columns: &[u8], recipients: &[u8]) -> Option<Decisions> {
    let mut bytes = columns.strip_prefix(&[VERSION])?;
    let bytes = &mut bytes;
    let (entries, decisions) = (size(bytes)?, size(bytes)?);
    let (written, node) = (take(bytes)?, u32::try_from(take(bytes)?).ok()?);
    if entries == 0 || entries > decisions || recipients.len() != decisions * 16 {
        return None;
    }
    let steps = |bytes: &mut &[u8]| {
        let mut before = 0;
        let step = |_| {
            before = take_step(bytes, before)?;
            Some(before)
        };
        (0..entries).map(step).collect::<Option<Vec<u64>>>()
    };
    let plain = |bytes: &mut &[u8]| (0..entries).map(|_| take(bytes)).collect::<Option<Vec<u64>>>();
    let asked = steps(bytes)?;
    let places = (0..entries).map(|_| take(bytes)).collect::<Option<Vec<u64>>>()?;
    let counts = (0..entries).map(|_| size(bytes)).collect::<Option<Vec<usize>>>()?;
    let numbers = numbers(&places, &counts);
    let (brands, retailers) = (steps(bytes)?, plain(bytes)?);
    let (cells, purposes, modes) = (bytes.split_off(..entries)?, bytes.split_off(..entries)?, bytes.split_off(..entries)?);
    let (declarations, revisions, as_of, callers) = (plain(bytes)?, steps(bytes)?, steps(bytes)?, plain(bytes)?);
    let table: Vec<Arc<str>> = (0..size(bytes)?).map(|_| text(bytes).map(Arc::from)).collect::<Option<_>>()?;
    let references = (0..entries).map(|_| text(bytes)).collect::<Option<Vec<&str>>>()?;
    if bytes.len() != decisions || counts.iter().sum::<usize>() != decisions {
        return None;
    }
    let (mut outcomes, mut recipients) = (*bytes, recipients.as_chunks().0);
    let mut read = Vec::with_capacity(entries);
    for place in 0..entries {
        let asked = u32::try_from(asked[place]).ok()?;
        let scope = Scope {
            brand: BrandCode::new(u32::try_from(brands[place]).ok()?)?,
            cell: Cell::from_code(cells[place])?,
            retailer: RetailerCode::new(u32::try_from(retailers[place]).ok()?),
            purpose: *Purpose::ALL.get(usize::from(purposes[place]))?,
        };
        let (results, of) = (outcomes.split_off(..counts[place])?, recipients.split_off(..counts[place])?);
        let outcomes = match (results, of) {
            ([], _) => return None,
            ([byte], [recipient]) => Outcomes::One(*byte, Pseudonym(*recipient)),
            _ => Outcomes::Many(results.to_vec(), of.iter().copied().map(Pseudonym).collect()),
        };
        read.push(Entry {
            first: DecisionId::of(asked, node, numbers[place]),
            asked: IysTime::from_unix(asked),
            caller: Arc::clone(table.get(usize::try_from(callers[place]).ok()?)?),
            scope,
            declaration: declarations[place],
            mode: modes[place],
            revision: revisions[place],
            as_of: Some(u32::try_from(as_of[place]).ok()?).filter(|as_of| *as_of != 0).map(IysTime::from_unix),
            reference: references[place].into(),
            outcomes,
            before_answer: false,
        });
    }
    Some(Decisions { written, node, entries: read })
}

/// Numbers from how far each is from what would follow the one before.
fn numbers(steps: &[u64], counts: &[usize]) -> Vec<u64> {
    let mut next = 0;
    let number = |(step, count): (&u64, &usize)| {
        let number = unfold(*step, next);
        next = number.wrapping_add(*count as u64);
        number
    };
    steps.iter().zip(counts).map(number).collect()
}

/// A number of things in a frame.
fn size(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(take(bytes)?).ok().filter(|size| *size <= MOST_DECISIONS)
}

fn text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(take(bytes)?).ok()?;
    std::str::from_utf8(bytes.split_off(..length)?).ok()
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
