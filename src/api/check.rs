//! Answers that leave evidence: admitted, decided, recorded, and where the caller wants it, on disk before they go out.

use super::caller::Caller;
use super::gateway::{Gateway, Parts};
use crate::check::policy::{byte_without_evidence, without_evidence};
use crate::check::{Answer, BatchAnswer, Checker, Circumstances, Counts};
use crate::evidence::entry::{Entry, Outcomes};
use crate::evidence::{Admission, Recorder, Size, Ticket};
use crate::model::brand::mode::Mode;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionId;
use crate::model::decision::question::{Recipients, Scope};
use crate::model::time::{IysTime, Moment};
use crate::telemetry::metrics::Edge;
use std::sync::Arc;

/// Who asks, over which edge and under which mark.
pub struct Asked<'a> {
    /// Who.
    pub caller: Caller,
    /// Over which edge.
    pub edge: Edge,
    /// The caller's own mark.
    pub reference: &'a str,
    /// The revision that the caller demanded is visible, or none was demanded.
    pub revision_reached: bool,
}

impl Gateway {
    /// Answers one question; it is counted and recorded.
    pub async fn check(&self, asked: &Asked<'_>, scope: &Scope, recipient: &str) -> Answer {
        let started = self.parts().metrics.answers.start();
        let Parts { checker, recorder, .. } = self.parts();
        let decided = decide_one(checker, recorder, asked, scope, recipient, self.moment()).await;
        let took = started.elapsed();
        let answer = decided.settled(recorder).await;
        let series = self.parts().metrics.answers.checks(asked.edge, scope.cell.channel);
        self.count(series, scope, answer.mode, answer.verdict.byte(), 1);
        series.took(took);
        answer
    }

    /// Answers questions that came one by one, each with its reference, and have all else but the recipient in common.
    pub async fn check_each(&self, asked: &Asked<'_>, scope: &Scope, questions: &[(&str, &str)]) -> Vec<Answer> {
        let started = self.parts().metrics.answers.start();
        let count = questions.len() as u64;
        let references = questions.iter().map(|(_, reference)| reference.len() as u64).sum();
        let (under, admission) = self.admitted(asked, Size { entries: count, decisions: count, references }).await;
        let recipients: Vec<&str> = questions.iter().map(|(recipient, _)| *recipient).collect();
        let mut answers = self.parts().checker.check_each(scope, &recipients, &under);
        let entries = |before_answer| {
            let entry = |(answer, (_, reference)): (&Answer, &(&str, &str))| {
                entry_of(asked, scope, answer, reference, under.at.now, before_answer)
            };
            answers.iter().zip(questions).map(entry).collect::<Vec<_>>()
        };
        let ticket = self.parts().recorder.record(&admission, asked.caller.durability, entries);
        let took = started.elapsed();
        if !is_recorded(&self.parts().recorder, ticket).await {
            for answer in &mut answers {
                answer.verdict = without_evidence(answer.verdict);
            }
        }
        let series = self.parts().metrics.answers.checks(asked.edge, scope.cell.channel);
        for answer in &answers {
            self.count(series, scope, answer.mode, answer.verdict.byte(), 1);
        }
        series.took(took);
        answers
    }

    /// Answers a batch; it is counted and recorded.
    pub async fn check_batch(&self, asked: &Asked<'_>, scope: &Scope, recipients: Recipients<'_>) -> (BatchAnswer, Counts) {
        let started = self.parts().metrics.answers.start();
        let Parts { checker, recorder, .. } = self.parts();
        let decided = decide_batch(checker, recorder, asked, scope, recipients, self.moment()).await;
        let took = started.elapsed();
        let answer = decided.settled(recorder).await;
        let counts = Counts::of(&answer.results);
        let series = self.parts().metrics.answers.checks(asked.edge, scope.cell.channel);
        for (byte, count) in counts.occurring() {
            self.count(series, scope, answer.mode, byte, u64::from(count));
        }
        series.took(took);
        (answer, counts)
    }

    async fn admitted(&self, asked: &Asked<'_>, size: Size) -> (Circumstances, Admission) {
        admitted(&self.parts().recorder, asked, size, self.moment()).await
    }
}

/// Whether what was to be on disk before the answer is.
async fn is_recorded(recorder: &Recorder, ticket: Option<Ticket>) -> bool {
    match ticket {
        Some(ticket) => recorder.durable(ticket).await,
        None => true,
    }
}

/// A question that is decided and handed over to be recorded.
pub struct DecidedOne {
    answer: Answer,
    ticket: Option<Ticket>,
}

/// Decides one question, admitted before and handed over behind.
pub async fn decide_one(
    checker: &Checker,
    recorder: &Recorder,
    asked: &Asked<'_>,
    scope: &Scope,
    recipient: &str,
    at: Moment,
) -> DecidedOne {
    let size = Size { entries: 1, decisions: 1, references: asked.reference.len() as u64 };
    let (under, admission) = admitted(recorder, asked, size, at).await;
    let answer = checker.check(scope, recipient, &under);
    let entry = |before_answer| [entry_of(asked, scope, &answer, asked.reference, under.at.now, before_answer)];
    let ticket = recorder.record(&admission, asked.caller.durability, entry);
    DecidedOne { answer, ticket }
}

impl DecidedOne {
    /// The answer, once it may go out.
    pub async fn settled(self, recorder: &Recorder) -> Answer {
        let Self { mut answer, ticket } = self;
        if !is_recorded(recorder, ticket).await {
            answer.verdict = without_evidence(answer.verdict);
        }
        answer
    }
}

/// A batch that is decided and handed over to be recorded.
pub struct DecidedBatch {
    answer: BatchAnswer,
    ticket: Option<Ticket>,
}

/// Decides a batch, admitted before and handed over behind.
pub async fn decide_batch(
    checker: &Checker,
    recorder: &Recorder,
    asked: &Asked<'_>,
    scope: &Scope,
    recipients: Recipients<'_>,
    at: Moment,
) -> DecidedBatch {
    let references = asked.reference.len() as u64;
    let size = Size { entries: 1, decisions: recipients.len() as u64, references };
    let (under, admission) = admitted(recorder, asked, size, at).await;
    let mut answer = checker.check_batch(scope, recipients, &under);
    // Nothing more is asked of the recipients once they are recorded.
    let recipients = std::mem::take(&mut answer.recipients);
    let evidence = answer.evidence.take();
    let entry = |before_answer| {
        let bytes = evidence.unwrap_or_else(|| answer.results.clone());
        let outcomes = match (&bytes[..], &recipients[..]) {
            ([byte], [recipient]) => Outcomes::One(*byte, *recipient),
            _ => Outcomes::Many(bytes, recipients),
        };
        let BatchAnswer { first_id: id, declaration, mode, revision, as_of, .. } = answer;
        let ground = Ground { id, declaration, mode, revision, as_of };
        [ground.entry(asked, scope, asked.reference, outcomes, under.at.now, before_answer)]
    };
    let ticket = recorder.record(&admission, asked.caller.durability, entry);
    DecidedBatch { answer, ticket }
}

impl DecidedBatch {
    /// The answer, once it may go out.
    pub async fn settled(self, recorder: &Recorder) -> BatchAnswer {
        let Self { mut answer, ticket } = self;
        if !is_recorded(recorder, ticket).await {
            answer.results.iter_mut().for_each(|byte| *byte = byte_without_evidence(*byte));
        }
        answer
    }
}

async fn admitted(recorder: &Recorder, asked: &Asked<'_>, size: Size, at: Moment) -> (Circumstances, Admission) {
    let class = asked.caller.durability;
    let admission = match asked.edge {
        // A list can wait where a single question cannot.
        Edge::Filter => recorder.admit_patiently(class, size, at.now).await,
        _ => recorder.admit(class, size, at.now).await,
    };
    let Admission { id, recordable, .. } = admission;
    (Circumstances { id, at, revision_reached: asked.revision_reached, recordable }, admission)
}

fn entry_of(asked: &Asked<'_>, scope: &Scope, answer: &Answer, reference: &str, now: IysTime, before_answer: bool) -> Entry {
    let Answer { id, declaration, mode, revision, as_of, verdict, recipient } = *answer;
    let outcomes = Outcomes::One(verdict.evidence_byte(), recipient.unwrap_or(Pseudonym::NOBODY));
    Ground { id, declaration, mode, revision, as_of }.entry(asked, scope, reference, outcomes, now, before_answer)
}

/// What an answer stands on, of one question or of a batch.
struct Ground {
    id: DecisionId,
    declaration: Option<u64>,
    mode: Mode,
    revision: u64,
    as_of: Option<IysTime>,
}

impl Ground {
    fn entry(
        self,
        asked: &Asked<'_>,
        scope: &Scope,
        reference: &str,
        outcomes: Outcomes,
        now: IysTime,
        before_answer: bool,
    ) -> Entry {
        Entry {
            first: self.id,
            asked: now,
            caller: Arc::clone(&asked.caller.name),
            scope: *scope,
            declaration: self.declaration.unwrap_or(0),
            mode: self.mode as u8,
            revision: self.revision,
            as_of: self.as_of,
            reference: reference.into(),
            outcomes,
            before_answer,
        }
    }
}
