//! What an answer goes through on its way out: admitted before it is decided, recorded behind it.

use crate::evidence::entry::Entry;
use crate::evidence::log::{Admission, Log, Size, Ticket};
use crate::evidence::settings::Durability;
use crate::model::decision::id::{DecisionId, DecisionIds};
use crate::model::time::IysTime;

/// Gives decisions their ids, and takes them over.
pub enum Recorder {
    /// Nothing is recorded: for a benchmark, or a process that answers nobody.
    Nowhere(DecisionIds),
    /// In a log.
    Log(Log),
}

impl Recorder {
    /// What holds for a caller.
    #[must_use]
    pub fn durability(&self, caller: &str) -> Durability {
        self.log().map_or(Durability::Off, |log| log.durability(caller))
    }

    /// The log, if there is one.
    #[must_use]
    pub const fn log(&self) -> Option<&Log> {
        match self {
            Self::Nowhere(_) => None,
            Self::Log(log) => Some(log),
        }
    }

    /// The id of a decision that nobody acts on, and that is not recorded: an explanation.
    #[must_use]
    pub fn id(&self, now: IysTime) -> DecisionId {
        match self {
            Self::Nowhere(ids) => ids.take(now, 1),
            Self::Log(log) => log.id(now),
        }
    }

    /// Admits an answer.
    pub async fn admit(&self, class: Durability, answer: Size, now: IysTime) -> Admission {
        match self {
            Self::Nowhere(ids) => Admission::unrecorded(ids.take(now, answer.decisions), answer.decisions),
            Self::Log(log) => log.admit(class, answer, now).await,
        }
    }

    /// Admits an answer that can wait for room.
    pub async fn admit_patiently(&self, class: Durability, answer: Size, now: IysTime) -> Admission {
        match self {
            Self::Nowhere(_) => self.admit(class, answer, now).await,
            Self::Log(log) => log.admit_patiently(class, answer, now).await,
        }
    }

    /// Takes the entries of an answer over; they have the size that it was admitted with. The ticket is of a caller that
    /// is to wait.
    pub fn record<E: IntoIterator<Item = Entry>>(
        &self,
        admission: &Admission,
        class: Durability,
        entries: impl FnOnce(bool) -> E,
    ) -> Option<Ticket> {
        let log = self.log()?;
        log.unrecorded(admission, class);
        log.record(admission, entries)
    }

    /// Waits until the answer of a ticket is on disk; says whether it is.
    pub async fn durable(&self, ticket: Ticket) -> bool {
        match self.log() {
            Some(log) => log.durable(ticket).await,
            None => false,
        }
    }
}
