//! Gathers the facts of a question and has them decided.

use super::batch::{Batch, Verdicts};
use super::decision::Verdict;
use super::decision_id::{DecisionId, DecisionIds};
use super::policy::{self, Facts};
use super::question::{Recipients, Scope};
use crate::index::Index;
use crate::model::brand::RetailerCode;
use crate::model::key::RelationKey;
use crate::model::recipient::Recipient;
use crate::model::secret::Pseudonymizer;
use crate::model::time::IysTime;

/// Answers questions.
pub struct Checker {
    index: Index,
    pseudonymizer: Pseudonymizer,
    ids: DecisionIds,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to do and why.
    pub verdict: Verdict,
    /// Every batch up to it is reflected, possibly part of the next.
    pub revision: u64,
    /// How old the brand's data may be; none if nothing was ever taken in for it.
    pub as_of: Option<IysTime>,
    /// The id of this decision.
    pub id: DecisionId,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchAnswer {
    /// [`Verdict::byte`] of every recipient, in the order asked.
    pub results: Vec<u8>,
    /// As in [`Answer`].
    pub revision: u64,
    /// As in [`Answer`].
    pub as_of: Option<IysTime>,
    /// The id of the first result; result i is that + i.
    pub first_id: DecisionId,
}

/// How often each result byte stands in a batch.
pub struct Counts([u32; 256]);

impl Checker {
    /// A checker over an index.
    #[must_use]
    pub const fn new(index: Index, pseudonymizer: Pseudonymizer, ids: DecisionIds) -> Self {
        Self { index, pseudonymizer, ids }
    }

    /// The index that answers come from.
    #[must_use]
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// What replaces addresses.
    #[must_use]
    pub const fn pseudonymizer(&self) -> &Pseudonymizer {
        &self.pseudonymizer
    }

    /// Answers one question. `revision_reached` says whether the revision that the caller demanded is
    /// visible.
    #[must_use]
    pub fn check(&self, scope: &Scope, recipient: &str, revision_reached: bool, now: IysTime) -> Answer {
        let (facts, revision, as_of) = self.facts(scope, revision_reached, now);
        let verdict = self.decide(scope, facts, Recipient::parse(recipient, scope.cell.channel).as_ref().ok());
        Answer { verdict, revision, as_of, id: self.ids.take(now, 1) }
    }

    /// Answers for many recipients at once, each in its place.
    #[must_use]
    pub fn check_batch(&self, scope: &Scope, recipients: Recipients<'_>, revision_reached: bool, now: IysTime) -> BatchAnswer {
        let (facts, revision, as_of) = self.facts(scope, revision_reached, now);
        let count = recipients.len() as u64;
        let results = Batch::new(&self.index, &self.pseudonymizer, scope, &Verdicts::of(&facts)).answer(recipients);
        BatchAnswer { results, revision, as_of, first_id: self.ids.take(now, count) }
    }

    /// Answers questions that came one by one and have all but the recipient in common, as
    /// [`Checker::check`] does each.
    #[must_use]
    pub fn check_each(&self, scope: &Scope, recipients: &[&str], now: IysTime) -> Vec<Answer> {
        let (facts, revision, as_of) = self.facts(scope, true, now);
        let verdicts = Verdicts::of(&facts);
        let results = Batch::new(&self.index, &self.pseudonymizer, scope, &verdicts).answer(Recipients::Each(recipients));
        let first = self.ids.take(now, recipients.len() as u64);
        let answer = |(byte, place)| Answer { verdict: verdicts.of_byte(byte), revision, as_of, id: first.plus(place) };
        results.into_iter().zip(0..).map(answer).collect()
    }

    /// What all recipients of a question share. The revision is read first of all: the answer reflects
    /// every batch up to it.
    fn facts(&self, scope: &Scope, revision_reached: bool, now: IysTime) -> (Facts, u64, Option<IysTime>) {
        let revision = self.index.revision().get();
        let brand = self.index.brands().get(scope.brand);
        let facts = Facts {
            loaded: self.index.is_loaded(),
            revision_reached,
            recipient_valid: false,
            brand_out_of_scope: false,
            brand_active: brand.as_ref().is_some_and(|entry| entry.brand.active),
            declared: false,
            stale: brand.as_ref().is_some_and(|entry| entry.is_stale(scope.cell.channel, now)),
            retailer_without_access: scope.retailer != RetailerCode::BRAND,
            status: None,
            cell: scope.cell,
            purpose: scope.purpose,
        };
        (facts, revision, brand.and_then(|entry| entry.as_of()))
    }

    fn decide(&self, scope: &Scope, shared: Facts, recipient: Option<&Recipient>) -> Verdict {
        let Some(recipient) = recipient else {
            return policy::decide(&shared);
        };
        let relation = RelationKey::of_brand(self.pseudonymizer.recipient(recipient), scope.brand);
        let status = self.index.get(relation.hash()).get(scope.cell);
        policy::decide(&Facts { recipient_valid: true, status, ..shared })
    }
}

impl Counts {
    /// Counts the results of a batch.
    #[must_use]
    pub fn of(results: &[u8]) -> Self {
        let mut counts = [0; 256];
        for &result in results {
            counts[usize::from(result)] += 1;
        }
        Self(counts)
    }

    /// The result bytes that occur, with how often each does.
    pub fn occurring(&self) -> impl Iterator<Item = (u8, u32)> {
        (0..=u8::MAX).zip(self.0).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
