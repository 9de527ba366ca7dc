//! What waits for the writer, and how movements of it become one group.

use super::Thread;
use crate::ingest::bulk::{BulkError, Slice, SliceDone};
use crate::model::brand::{Ages, Brand};
use crate::model::consent::movement::Movement;
use crate::ports::{Applied, ClosedLine, EraseRefused, Erased, Erasure, FeedNote, ForgottenClosures, SinkError};
use crate::store::LogScan;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Movements in one group at most, unless a single command holds more: bounds the memory of a batch to
/// some 10 MB and the wait of whoever comes next.
const GROUP: usize = 32_768;

pub(super) enum Command {
    Movements(Submission),
    Brand(Brand, PutBy, oneshot::Sender<Result<(), SinkError>>),
    Close(ClosedLine, oneshot::Sender<Result<Applied, SinkError>>),
    Reported(Vec<u64>, oneshot::Sender<Result<ForgottenClosures, SinkError>>),
    /// An erasure, with how far the change log was read for it.
    Erase(Erasure, LogScan, oneshot::Sender<Result<Erased, EraseRefused>>),
    Slice(Box<Slice>, oneshot::Sender<Result<SliceDone, BulkError>>),
    /// A change of the registry, which also answers whoever asked for it.
    Registry(Box<dyn FnOnce(&Thread) + Send>),
}

/// Who puts a brand on file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PutBy {
    /// Whoever follows it: with its feed.
    Feed,
    /// An operator: the feed stays as it is.
    Operator(Ages),
}

pub(super) struct Submission {
    pub(super) movements: Vec<Movement>,
    pub(super) notes: Vec<FeedNote>,
    pub(super) reply: oneshot::Sender<Result<Applied, SinkError>>,
    /// Before it waited for room in the queue.
    pub(super) handed: Instant,
}

pub(super) type SliceSubmission = (Box<Slice>, oneshot::Sender<Result<SliceDone, BulkError>>);

/// What waits, as one group: movements until the group is full, and whatever else ended it.
pub(super) fn gather(first: Submission, inbox: &mut mpsc::Receiver<Command>) -> (Vec<Submission>, Option<Command>) {
    let (mut size, mut group) = (first.movements.len(), vec![first]);
    while size < GROUP {
        match inbox.try_recv().ok() {
            Some(Command::Movements(submission)) => {
                size += submission.movements.len();
                group.push(submission);
            }
            other => return (group, other),
        }
    }
    (group, None)
}
