//! Gathers the facts of a question and has them decided.

use super::batch::{Batch, Codes, Verdicts};
use super::policy::{self, Facts};
use crate::index::Index;
use crate::model::address::recipient::Recipient;
use crate::model::brand::mode::Mode;
use crate::model::brand::{Brand, RetailerCode};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::state::Status;
use crate::model::decision::id::DecisionId;
use crate::model::decision::question::{Recipients, Scope};
use crate::model::decision::{Reason, Verdict};
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::{IysTime, Moment};

/// Answers questions.
pub struct Checker {
    index: Index,
    pseudonymizer: Pseudonymizer,
    accepts_exempt_only: bool,
}

/// What a question is asked under, beside its scope: all that is not in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The id of the first decision; that of a batch's result i is that + i.
    pub id: DecisionId,
    /// Now.
    pub at: Moment,
    /// The revision that the caller demanded is visible, or none was demanded.
    pub revision_reached: bool,
    /// Evidence of an ALLOW can be taken as it is configured.
    pub recordable: bool,
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
    /// Who was asked about; none if the address is malformed or of the wrong kind.
    pub recipient: Option<Pseudonym>,
    /// The declaration behind an EXEMPT; none where e-mail needs none (17/A).
    pub declaration: Option<u64>,
    /// How the brand's rows were enforced on the channel.
    pub mode: Mode,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchAnswer {
    /// [`Verdict::byte`] of every recipient, in the order asked.
    pub results: Vec<u8>,
    /// [`Verdict::evidence_byte`] of every recipient, where any differs from that.
    pub evidence: Option<Vec<u8>>,
    /// As in [`Answer`].
    pub revision: u64,
    /// As in [`Answer`].
    pub as_of: Option<IysTime>,
    /// The id of the first result; result i is that + i.
    pub first_id: DecisionId,
    /// Who was asked about, in the same order; the default one stands for an invalid recipient.
    pub recipients: Vec<Pseudonym>,
    /// The declaration behind every EXEMPT among them, as in [`Answer`].
    pub declaration: Option<u64>,
    /// As in [`Answer`].
    pub mode: Mode,
}

/// What all recipients of a question share.
struct Shared {
    facts: Facts,
    revision: u64,
    as_of: Option<IysTime>,
    /// The valid declaration for the purpose.
    declaration: Option<u64>,
}

/// How often each result byte stands in a batch.
pub struct Counts([u32; 256]);

impl Checker {
    /// A checker over an index.
    #[must_use]
    pub const fn new(index: Index, pseudonymizer: Pseudonymizer) -> Self {
        Self { index, pseudonymizer, accepts_exempt_only: false }
    }

    /// The same with whether senders that are not at İYS may be on file as exempt-only.
    #[must_use]
    pub fn accepting_exempt_only(self, accepts_exempt_only: bool) -> Self {
        Self { accepts_exempt_only, ..self }
    }

    /// Whether senders that are not at İYS may be on file as exempt-only.
    #[must_use]
    pub const fn accepts_exempt_only(&self) -> bool {
        self.accepts_exempt_only
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

    /// Answers one question.
    #[must_use]
    pub fn check(&self, scope: &Scope, recipient: &str, under: &Circumstances) -> Answer {
        let shared = self.shared(scope, under, 1);
        let recipient = Recipient::parse(recipient, scope.cell.channel).ok();
        let recipient = recipient.map(|recipient| self.pseudonymizer.recipient(&recipient));
        shared.answer(self.decide(scope, shared.facts, recipient), under.id, recipient)
    }

    /// Answers for many recipients at once, each in its place.
    #[must_use]
    pub fn check_batch(&self, scope: &Scope, recipients: Recipients<'_>, under: &Circumstances) -> BatchAnswer {
        let Shared { facts, revision, as_of, declaration } = self.shared(scope, under, recipients.len());
        let verdicts = Verdicts::of(&facts);
        let batch = Batch::new(&self.index, &self.pseudonymizer, scope, verdicts.evidence_bytes());
        let (mut results, recipients) = batch.answer(recipients);
        let evidence = verdicts.any_exempt().then(|| results.clone());
        if evidence.is_some() {
            for byte in &mut results {
                *byte &= !Verdict::REFUSAL_ON_RECORD;
            }
        }
        let declaration = declaration.filter(|_| verdicts.any_exempt());
        BatchAnswer { results, evidence, revision, as_of, first_id: under.id, recipients, declaration, mode: facts.mode }
    }

    /// Answers questions that came one by one and have all but the recipient in common, as
    /// [`Checker::check`] does each.
    #[must_use]
    pub fn check_each(&self, scope: &Scope, recipients: &[&str], under: &Circumstances) -> Vec<Answer> {
        let shared = self.shared(scope, under, recipients.len());
        let verdicts = Verdicts::of(&shared.facts);
        let batch = Batch::new(&self.index, &self.pseudonymizer, scope, Codes::CASES);
        let (cases, recipients) = batch.answer(Recipients::Each(recipients));
        let answer = |((case, recipient), place)| {
            let recipient = (case != Codes::CASES.invalid).then_some(recipient);
            shared.answer(verdicts.of_case(case), under.id.plus(place), recipient)
        };
        cases.into_iter().zip(recipients).zip(0..).map(answer).collect()
    }

    /// What all recipients of a question share, who are counted with their brand; a retailer has access only where its
    /// relation says so. The revision is read first of all: the answer reflects every batch up to it.
    fn shared(&self, scope: &Scope, under: &Circumstances, recipients: usize) -> Shared {
        let revision = self.index.revision().get();
        let entry = self.index.brands().get(scope.brand);
        let brand = entry.as_ref().map(|entry| {
            entry.ask(recipients as u64);
            &entry.brand
        });
        let valid = |exemption| self.index.declarations().valid(scope.brand, exemption, under.at);
        let declaration = scope.purpose.exemption().and_then(valid);
        let facts = Facts {
            loaded: self.index.is_loaded(),
            revision_reached: under.revision_reached,
            recipient_valid: false,
            brand_out_of_scope: brand.is_some_and(|brand| brand.standing.out_of_scope.is_some()),
            brand_exempt_only: self.accepts_exempt_only && brand.is_some_and(|brand| brand.standing.exempt_only),
            brand_active: brand.is_some_and(Brand::is_registered),
            declared: declaration.is_some(),
            require_declaration: brand.is_some_and(|brand| brand.standing.require_declaration),
            stale: entry.as_ref().is_some_and(|entry| entry.is_stale(scope.cell.channel, under.at)),
            retailer_without_access: scope.retailer != RetailerCode::BRAND,
            status: None,
            cell: scope.cell,
            purpose: scope.purpose,
            mode: brand.map_or(Mode::Enforce, |brand| brand.mode(scope.cell.channel, under.at)),
            recordable: under.recordable,
        };
        Shared { facts, revision, as_of: entry.and_then(|entry| entry.as_of()), declaration }
    }

    fn decide(&self, scope: &Scope, shared: Facts, recipient: Option<Pseudonym>) -> Verdict {
        let Some(recipient) = recipient else {
            return policy::decide(&shared);
        };
        let relation = RelationKey::of_brand(recipient, scope.brand);
        let status = self.index.get(relation.hash()).get(scope.cell);
        let retailer_without_access = shared.retailer_without_access && !self.has_access(scope, relation);
        policy::decide(&Facts { recipient_valid: true, status, retailer_without_access, ..shared })
    }

    /// Whether the retailer that is asked for may use the brand's consent.
    fn has_access(&self, scope: &Scope, of_brand: RelationKey) -> bool {
        let relation = RelationKey { retailer: scope.retailer, ..of_brand };
        self.index.get(relation.hash()).get(scope.cell) == Some(Status::Onay)
    }
}

impl Shared {
    fn answer(&self, verdict: Verdict, id: DecisionId, recipient: Option<Pseudonym>) -> Answer {
        let declaration = self.declaration.filter(|_| verdict.reason == Reason::Exempt);
        let Self { revision, as_of, facts: Facts { mode, .. }, .. } = *self;
        Answer { verdict, revision, as_of, id, recipient, declaration, mode }
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
