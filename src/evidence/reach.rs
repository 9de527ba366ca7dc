//! Reach of a record: from when to when it says anything, of a node and of a brand, and what stands beside its gaps. A search that finds
//! nothing means something only inside of it.

use super::entry::Event;
use super::record::{Record, RecordError};
use super::segment::{Body, Frame, Seal};
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;
use std::collections::HashMap;

/// First and last moment of which a record says something, in Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The begin of the earliest segment that is there.
    pub from: u64,
    /// The last write.
    pub to: u64,
}

/// First and last decision about a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrandReach {
    /// The first.
    pub first: IysTime,
    /// The last.
    pub last: IysTime,
}

/// Answers that were given and could not be recorded, as the log says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnrecordedAnswers {
    /// Time after which the first was given, in Unix milliseconds.
    pub from: u64,
    /// Time before which the last was given, in Unix milliseconds.
    pub to: u64,
    /// Count.
    pub decisions: u64,
}

impl Record {
    /// The number that the node has; none without any segment.
    pub fn node(&self) -> Result<Option<u32>, RecordError> {
        Ok(self.beginnings()?.first().map(|(header, _)| header.node))
    }

    /// Reads from when to when the record says anything; none without any segment.
    pub fn reach(&self) -> Result<Option<Reach>, RecordError> {
        let begun = self.beginnings()?.into_iter().map(|(header, _)| header.made).min();
        let Some(from) = begun else { return Ok(None) };
        let mut to = from;
        let unsealed = self.unsealed()?;
        for frames in unsealed.iter().filter_map(|(_, bytes)| self.frames(bytes)) {
            to = to.max(frames.header().made);
            for frame in frames.map_while(Result::ok) {
                to = to.max(written(&frame));
            }
        }
        // One that is being written says more than those before it.
        if let Some(seal) = self.seals.iter().rev().find(|seal| self.has(seal)).filter(|_| unsealed.is_empty()) {
            let read = self.read(seal, |header, frame| {
                to = to.max(header.made).max(written(frame));
                Ok::<_, RecordError>(())
            });
            // Of a damaged one the seal has the last second.
            match read {
                Err(RecordError::Faults(_)) => to = to.max(u64::from(seal.times.1) * 1_000),
                read => read?,
            }
        }
        Ok(Some(Reach { from, to }))
    }

    /// Reads the first and the last decision about a brand: from both ends, so that a busy brand needs two segments.
    pub fn brand_reach(&self, brand: BrandCode) -> Result<Option<BrandReach>, RecordError> {
        let mut open = Span::default();
        for (_, bytes) in self.unsealed()? {
            for frame in self.frames(&bytes).into_iter().flatten().map_while(Result::ok) {
                open.take(&frame, brand);
            }
        }
        let there = |seal: &&Seal| seal.decisions > 0 && self.has(seal);
        let first = self.first_of(brand, self.seals.iter().filter(there))?.or(open.0);
        let last = open.0.or(self.first_of(brand, self.seals.iter().rev().filter(there))?);
        Ok(first.zip(last).map(|(first, last)| BrandReach { first: first.first, last: last.last }))
    }

    fn first_of<'a>(&self, brand: BrandCode, seals: impl Iterator<Item = &'a Seal>) -> Result<Option<BrandReach>, RecordError> {
        for seal in seals {
            let mut span = Span::default();
            let read = self.read(seal, |_, frame| {
                span.take(frame, brand);
                Ok::<_, RecordError>(())
            });
            // What a damaged segment says is not believed.
            match read {
                Err(RecordError::Faults(_)) => continue,
                read => read?,
            }
            if span.0.is_some() {
                return Ok(span.0);
            }
        }
        Ok(None)
    }

    /// The most decisions that the segment before one has of a single second: how fast a node answered before it was killed. None if
    /// that segment is not there, is damaged, or has none.
    pub fn busiest_second_before(&self, number: u64) -> Result<Option<u64>, RecordError> {
        let before = self.seals.iter().find(|seal| seal.number + 1 == number).filter(|seal| self.has(seal));
        let Some(seal) = before else { return Ok(None) };
        let mut seconds: HashMap<IysTime, u64> = HashMap::new();
        let read = self.read(seal, |_, frame| {
            for entry in decisions(frame) {
                *seconds.entry(entry.asked).or_default() += entry.outcomes.len() as u64;
            }
            Ok::<_, RecordError>(())
        });
        match read {
            Err(RecordError::Faults(_)) => return Ok(None),
            read => read?,
        }
        Ok(seconds.into_values().max())
    }

    /// Answers of a period that could not be recorded, as segments say at their beginnings.
    pub fn unrecorded(&self, from: Option<IysTime>, to: Option<IysTime>) -> Result<Vec<UnrecordedAnswers>, RecordError> {
        let events = self.beginnings()?.into_iter().flat_map(|(_, events)| events);
        let unrecorded = |event| match event {
            Event::Unrecorded { decisions, from, to } => Some(UnrecordedAnswers { from, to, decisions }),
            _ => None,
        };
        let touches = |answers: &UnrecordedAnswers| super::record::touches((answers.from, answers.to), from, to);
        Ok(events.filter_map(unrecorded).filter(touches).collect())
    }
}

/// First and last decision so far.
#[derive(Default)]
struct Span(Option<BrandReach>);

impl Span {
    fn take(&mut self, frame: &Frame<'_>, brand: BrandCode) {
        for entry in decisions(frame).into_iter().filter(|entry| entry.scope.brand == brand) {
            let (first, last) = self.0.map_or((entry.asked, entry.asked), |span| (span.first, span.last));
            self.0 = Some(BrandReach { first: first.min(entry.asked), last: last.max(entry.asked) });
        }
    }
}

fn decisions(frame: &Frame<'_>) -> Vec<super::entry::Entry> {
    if !matches!(frame.body, Body::Decisions(..)) {
        return Vec::new();
    }
    frame.body.decisions().map(|decisions| decisions.entries).unwrap_or_default()
}

/// The time of a frame, in Unix milliseconds; 0 of one that says none.
fn written(frame: &Frame<'_>) -> u64 {
    match &frame.body {
        Body::Decisions(..) => frame.body.decisions().map_or(0, |decisions| decisions.written),
        Body::Event(_) => frame.body.event().and_then(|event| event.at()).unwrap_or(0),
        Body::Seal(_) => 0,
    }
}
