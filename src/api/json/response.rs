//! What goes out as JSON. Fields stand in the order in which a reader wants them.

use crate::api::consent_service::Report;
use crate::api::gateway::{Explained, MOST_HISTORY, parts_of};
use crate::api::proto;
use crate::check::{Answer, BatchAnswer};
use crate::model::brand::declaration::Declaration;
use crate::model::consent::state::Status;
use crate::model::decision::Decision;
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use crate::model::time::IysTime;
use crate::ports::{CellHistory, HistoryEntry};
use serde::Serialize;

/// An answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerBody<'a> {
    allowed: bool,
    decision: &'static str,
    enforced: bool,
    reason: &'static str,
    article: &'static str,
    revision: u64,
    as_of: Option<String>,
    decision_id: String,
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    refusal_on_record: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

/// A batch's answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswerBody<'a> {
    revision: u64,
    as_of: Option<String>,
    decision_id: String,
    reference: Option<&'a str>,
    counts: CountsBody,
    results: Vec<ResultBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct CountsBody {
    allow: u32,
    deny: u32,
    defer: u32,
}

#[derive(Serialize)]
struct ResultBody {
    decision: &'static str,
    reason: &'static str,
}

/// An explanation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationBody<'a> {
    check: AnswerBody<'a>,
    explanation: Explanation,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration: Option<DeclarationBody<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    sender_declaration: &'a str,
    cells: Vec<CellBody<'a>>,
}

#[derive(Serialize)]
struct Explanation {
    en: String,
    tr: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeclarationBody<'a> {
    id: u64,
    purpose: &'static str,
    declared_by: &'a str,
    declared_at: String,
    document_sha256: String,
    valid_until: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CellBody<'a> {
    r#type: &'static str,
    recipient_type: &'static str,
    status: Option<&'static str>,
    history: Vec<HistoryBody<'a>>,
    /// Older movements are on record.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HistoryBody<'a> {
    status: &'static str,
    creation_date: String,
    consent_date: Option<String>,
    source: &'a str,
    transaction_id: &'a str,
    revision: u64,
    known_since: String,
}

/// What became of movements.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportBody {
    revision: u64,
    applied: u64,
    unchanged: u64,
    as_of_now: u32,
    refused: Vec<RefusedBody>,
}

#[derive(Serialize)]
struct RefusedBody {
    index: u32,
    code: &'static str,
    detail: String,
}

impl<'a> AnswerBody<'a> {
    /// The body of an answer.
    #[must_use]
    pub fn new(answer: &Answer, reference: Option<&'a str>, language: Option<Language>) -> Self {
        let verdict = answer.verdict;
        Self {
            allowed: verdict.decision == Decision::Allow,
            decision: verdict.decision.name(),
            enforced: verdict.enforced,
            reason: verdict.reason.name(),
            article: verdict.article,
            revision: answer.revision,
            as_of: answer.as_of.map(IysTime::rfc3339),
            decision_id: answer.id.to_string(),
            reference,
            refusal_on_record: verdict.refusal_on_record,
            declaration_id: answer.declaration,
            explanation: language.map(|language| answer.explanation(language)),
        }
    }
}

impl<'a> BatchAnswerBody<'a> {
    /// The body of a batch's answer.
    #[must_use]
    pub fn new(answer: &BatchAnswer, counts: &proto::Counts, reference: Option<&'a str>) -> Self {
        let result = |byte: &u8| {
            let (decision, reason) = parts_of(*byte);
            ResultBody { decision: decision.name(), reason: reason.name() }
        };
        Self {
            revision: answer.revision,
            as_of: answer.as_of.map(IysTime::rfc3339),
            decision_id: answer.first_id.to_string(),
            reference,
            counts: CountsBody { allow: counts.allow, deny: counts.deny, defer: counts.defer },
            results: answer.results.iter().map(result).collect(),
        }
    }
}

impl<'a> ExplanationBody<'a> {
    /// The body of an explanation.
    #[must_use]
    pub fn new(explained: &'a Explained) -> Self {
        let Explained { answer, cells, declaration, sender_declaration } = explained;
        let [en, tr] = [Language::English, Language::Turkish].map(|language| answer.explanation(language));
        Self {
            check: AnswerBody::new(answer, None, None),
            explanation: Explanation { en, tr },
            mode: answer.mode.name(),
            declaration: declaration.as_ref().map(DeclarationBody::new),
            sender_declaration,
            cells: cells.iter().map(CellBody::new).collect(),
        }
    }
}

impl<'a> DeclarationBody<'a> {
    fn new(declaration: &'a Declaration) -> Self {
        let Declaration { id, declared, .. } = declaration;
        Self {
            id: *id,
            purpose: Purpose::claiming(declared.exemption).name(),
            declared_by: &declared.by,
            declared_at: declared.at.rfc3339(),
            document_sha256: declared.document.to_string(),
            valid_until: declared.valid_until.map(IysTime::rfc3339),
        }
    }
}

impl<'a> CellBody<'a> {
    fn new(cell: &'a CellHistory) -> Self {
        Self {
            r#type: cell.cell.channel.name(),
            recipient_type: cell.cell.recipient_type.name(),
            status: cell.status.map(Status::name),
            history: cell.history.iter().take(MOST_HISTORY).map(HistoryBody::new).collect(),
            more: cell.history.len() > MOST_HISTORY,
        }
    }
}

impl<'a> HistoryBody<'a> {
    fn new(entry: &'a HistoryEntry) -> Self {
        Self {
            status: entry.status.name(),
            creation_date: entry.created.to_string(),
            consent_date: entry.consented.map(|time| time.to_string()),
            source: &entry.source,
            transaction_id: &entry.transaction,
            revision: entry.revision,
            known_since: entry.known_since.rfc3339(),
        }
    }
}

impl ReportBody {
    /// The body of a report.
    #[must_use]
    pub fn new(report: &Report) -> Self {
        let refused = report.refused.iter();
        let refused =
            refused.map(|(index, refusal)| RefusedBody { index: *index, code: refusal.code(), detail: refusal.to_string() });
        Self {
            revision: report.applied.revision,
            applied: report.applied.applied,
            unchanged: report.applied.unchanged,
            as_of_now: report.as_of_now,
            refused: refused.collect(),
        }
    }
}
