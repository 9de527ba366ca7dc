//! The slices of a bulk import, two at a time.

use super::queue::{Command, SliceSubmission};
use super::{BatchReport, Thread, refuse_full, show};
use crate::ingest::bulk::{BulkError, Ground, Prepared, Slice, SliceDone};
use crate::model::consent::source::Source;
use crate::model::time::IysTime;
use crate::ports::SinkError;
use crate::store::Completion;
use crate::store::codec::BulkPosition;
use std::time::Instant;
use tokio::sync::mpsc;

impl Thread {
    /// Takes a slice, and with it the next one if that waits and is apart from it: the two are prepared
    /// at once, on both cores. Returns what came after them instead.
    pub(super) fn take_slices(&mut self, first: SliceSubmission, inbox: &mut mpsc::Receiver<Command>) -> Option<Command> {
        let (second, other) = match inbox.try_recv().ok() {
            Some(Command::Slice(slice, reply)) if first.0.is_apart_from(&slice) => (Some((slice, reply)), None),
            other => (None, other),
        };
        let (now, revision) = (self.clock.receipt(), self.revision + 1);
        let ground = self.ground(now);
        let (one, two) = std::thread::scope(|scope| {
            let two = second.as_ref().map(|(slice, _)| scope.spawn(|| ground.prepare(slice, revision + 1)));
            let one = ground.prepare(&first.0, revision);
            let panicked = |_| Err(BulkError::Sink(SinkError::Unreadable));
            (one, two.map(|two| two.join().unwrap_or_else(panicked)))
        });
        let (slice, reply) = first;
        let _ = reply.send(one.and_then(|prepared| self.commit_slice(&slice, prepared, now)));
        if let Some((two, (slice, reply))) = two.zip(second) {
            // The first one changed nothing, so this one was prepared for a revision too many.
            let again = |prepared: Prepared| {
                let fits = prepared.staged.is_none() || self.revision == revision;
                if fits { Ok(prepared) } else { self.ground(now).prepare(&slice, self.revision + 1) }
            };
            let two = two.and_then(again);
            let _ = reply.send(two.and_then(|prepared| self.commit_slice(&slice, prepared, now)));
        }
        other
    }

    /// What slices are prepared against, as it is between two commits. A failure there has changed nothing.
    fn ground(&self, now: IysTime) -> Ground<'_> {
        let Self { store, known_sources, erasures, visible, .. } = self;
        Ground { store, now, known_sources, erasures, visible: *visible }
    }

    fn commit_slice(&mut self, slice: &Slice, prepared: Prepared, now: IysTime) -> Result<SliceDone, BulkError> {
        self.refuse_if_failed()?;
        let started = Instant::now();
        let Prepared { staged, changed, brands, new_sources, applied, unchanged } = prepared;
        let position = self.next_position(slice, applied, unchanged)?;
        let (mut completion, imported) = (Completion::default(), self.imported());
        for brand in &brands {
            completion.import_cursor(*brand, imported);
        }
        for source in &new_sources {
            completion.source(source);
        }
        completion.bulk_position(&position);
        completion.committed(now);
        let revision = self.revision + u64::from(staged.is_some());
        let mut index = self.index.write();
        index.room_for(changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        let committed = match staged {
            Some(staged) => self.store.commit_staged(staged, completion),
            None => self.store.commit_completion(&completion),
        };
        if let Err(error) = committed {
            // Whatever failed, the families may have taken in a part of it, which only opening again makes whole.
            self.not_written(&error);
            return Err(error.into());
        }
        self.clock.committed(now);
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        for brand in brands {
            self.index.brands().note(brand, |freshness| freshness.imported(imported));
        }
        self.revision = revision;
        self.index.revision().publish(revision);
        // Not before: a snapshot asks what is published while nobody writes.
        drop(index);
        self.known_sources.extend(new_sources.iter().map(Source::code));
        (self.observer)(BatchReport { applied, unchanged, took: started.elapsed(), since_handed: None });
        Ok(SliceDone { revision, applied, unchanged })
    }

    /// Where the import stands after a slice, which has to begin where the last one ended: a slice behind
    /// one that failed would otherwise hide it.
    fn next_position(&self, slice: &Slice, applied: u64, unchanged: u64) -> Result<BulkPosition, BulkError> {
        let start = BulkPosition { job: slice.job(), movements: 0, applied: 0, unchanged: 0 };
        let before = self.store.bulk_position()?.filter(|position| position.job == slice.job()).unwrap_or(start);
        if before.movements != slice.start() {
            return Err(BulkError::OutOfTurn);
        }
        let BulkPosition { job, movements, .. } = before;
        let (applied, unchanged) = (before.applied + applied, before.unchanged + unchanged);
        Ok(BulkPosition { job, movements: movements + slice.movements(), applied, unchanged })
    }
}
