//! gRPC's shapes: the only file that turns protobuf messages into the words inside and back.

mod brand;
mod declaration;

pub use brand::brand_message;
pub use declaration::declaration_message;

use super::gateway::{Explained, MOST_HISTORY, parts_of};
use super::proto;
use crate::api::consent_service::Report;
use crate::api::error::{Kind, Problem};
use crate::check::{Answer, BatchAnswer, Counts};
use crate::model::brand::retailer::Consents;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::{CLOCK_TOLERANCE, RawMovement};
use crate::model::consent::state::{State, Status};
use crate::model::decision::question::{LONGEST_REFERENCE, Purpose, Recipients, Scope};
use crate::model::decision::{Decision, Verdict};
use crate::model::language::Language;
use crate::model::time::IysTime;
use crate::ports::{CellHistory, ChangePart, HistoryEntry, Observed, PushAction, PushConnection};

/// Recipients in one batch at most.
pub const MOST_RECIPIENTS: usize = 100_000;

/// What a moment in a message is.
const SECONDS: &str = "0 to 4294967295 seconds since 1970";

fn invalid(field: &str, value: impl std::fmt::Display, expected: &str) -> Problem {
    Problem::new(Kind::InvalidField, format!("{field} is {value}; it is {expected}")).of_field(field.to_owned())
}

/// A brand's number; 0 stands for a field that is not there.
pub fn brand_code(code: u32) -> Result<BrandCode, Problem> {
    BrandCode::new(code).ok_or_else(|| Problem::missing("brand_code"))
}

fn channel(code: i32) -> Result<Channel, Problem> {
    match proto::Channel::try_from(code) {
        Ok(proto::Channel::Unspecified) => Err(Problem::missing("channel")),
        Ok(proto::Channel::Arama) => Ok(Channel::Arama),
        Ok(proto::Channel::Mesaj) => Ok(Channel::Mesaj),
        Ok(proto::Channel::Eposta) => Ok(Channel::Eposta),
        Err(_) => Err(invalid("channel", code, "1 (ARAMA), 2 (MESAJ) or 3 (EPOSTA)")),
    }
}

fn recipient_type(code: i32) -> Result<RecipientType, Problem> {
    match proto::RecipientType::try_from(code) {
        Ok(proto::RecipientType::Unspecified | proto::RecipientType::Bireysel) => Ok(RecipientType::Bireysel),
        Ok(proto::RecipientType::Tacir) => Ok(RecipientType::Tacir),
        Err(_) => Err(invalid("recipient_type", code, "1 (BIREYSEL) or 2 (TACIR)")),
    }
}

/// The purpose of a message.
pub fn purpose(code: i32) -> Result<Purpose, Problem> {
    match proto::Purpose::try_from(code) {
        Ok(proto::Purpose::Unspecified | proto::Purpose::Commercial) => Ok(Purpose::Commercial),
        Ok(proto::Purpose::Exempt61) => Ok(Purpose::Exempt61),
        Ok(proto::Purpose::Exempt62) => Ok(Purpose::Exempt62),
        Ok(proto::Purpose::Exempt64) => Ok(Purpose::Exempt64),
        Ok(proto::Purpose::OutOfScope) => Ok(Purpose::OutOfScope),
        Err(_) => {
            let purposes = "1 (COMMERCIAL), 2 (EXEMPT_6_1), 3 (EXEMPT_6_2), 4 (EXEMPT_6_4) or 5 (OUT_OF_SCOPE)";
            Err(invalid("purpose", code, purposes))
        }
    }
}

/// A channel as a message.
#[must_use]
pub const fn channel_code(channel: Channel) -> i32 {
    match channel {
        Channel::Arama => proto::Channel::Arama as i32,
        Channel::Mesaj => proto::Channel::Mesaj as i32,
        Channel::Eposta => proto::Channel::Eposta as i32,
    }
}

/// A recipient type as a message.
#[must_use]
pub const fn recipient_type_code(recipient_type: RecipientType) -> i32 {
    match recipient_type {
        RecipientType::Bireysel => proto::RecipientType::Bireysel as i32,
        RecipientType::Tacir => proto::RecipientType::Tacir as i32,
    }
}

/// A purpose as a message.
#[must_use]
pub const fn purpose_code(purpose: Purpose) -> i32 {
    match purpose {
        Purpose::Commercial => proto::Purpose::Commercial as i32,
        Purpose::Exempt61 => proto::Purpose::Exempt61 as i32,
        Purpose::Exempt62 => proto::Purpose::Exempt62 as i32,
        Purpose::Exempt64 => proto::Purpose::Exempt64 as i32,
        Purpose::OutOfScope => proto::Purpose::OutOfScope as i32,
    }
}

/// Refuses a reference that is too long to be echoed and kept.
pub fn check_reference(reference: &str) -> Result<(), Problem> {
    if reference.len() <= LONGEST_REFERENCE {
        return Ok(());
    }
    Err(Problem::new(Kind::InvalidField, format!("reference is longer than {LONGEST_REFERENCE} bytes")).of_field("reference"))
}

impl proto::CheckRequest {
    /// What is asked, and the recipient as spelled.
    pub fn question(&self) -> Result<(Scope, &str), Problem> {
        check_reference(&self.reference)?;
        language(self.language)?;
        let scope = scope(self.brand_code, self.channel, self.recipient_type, self.retailer_code, self.purpose)?;
        Ok((scope, self.recipient.as_deref().ok_or_else(|| Problem::missing("recipient"))?))
    }
}

impl proto::ExplainRequest {
    /// What is asked, and the recipient as spelled.
    pub fn question(&self) -> Result<(Scope, &str), Problem> {
        let scope = scope(self.brand_code, self.channel, self.recipient_type, self.retailer_code, self.purpose)?;
        Ok((scope, self.recipient.as_deref().ok_or_else(|| Problem::missing("recipient"))?))
    }
}

impl proto::CheckBatchRequest {
    /// What is asked, and of whom.
    pub fn question(&self) -> Result<(Scope, Recipients<'_>), Problem> {
        check_reference(&self.reference)?;
        let scope = scope(self.brand_code, self.channel, self.recipient_type, self.retailer_code, self.purpose)?;
        let recipients = match (&self.recipients[..], &self.phones[..]) {
            ([], []) => return Err(Problem::missing("recipients")),
            (spelled, []) => Recipients::Spelled(spelled),
            ([], phones) => Recipients::Packed(phones),
            _ => return Err(Problem::new(Kind::InvalidField, "give either recipients or phones, not both")),
        };
        check_batch_size(recipients.len())?;
        Ok((scope, recipients))
    }
}

impl proto::PushRequest {
    /// Whose push, and what to do about it.
    pub fn asked(&self) -> Result<(BrandCode, Channel, PushAction), Problem> {
        let action = match proto::PushAction::try_from(self.action) {
            Ok(proto::PushAction::Unspecified) => return Err(Problem::missing("action")),
            Ok(proto::PushAction::Register) => PushAction::Register,
            Ok(proto::PushAction::State) => PushAction::State,
            Ok(proto::PushAction::Remove) => PushAction::Remove,
            Err(_) => return Err(invalid("action", self.action, "1 (REGISTER), 2 (STATE) or 3 (REMOVE)")),
        };
        Ok((brand_code(self.brand_code)?, channel(self.channel)?, action))
    }
}

impl proto::ObserveRequest {
    /// Brand and cell that are asked about.
    pub fn asked(&self) -> Result<(BrandCode, Cell), Problem> {
        Ok((brand_code(self.brand_code)?, Cell::new(channel(self.channel)?, recipient_type(self.recipient_type)?)))
    }
}

impl proto::RetailerAccess {
    /// Which consents are meant; a field that is not there stands for all.
    pub fn consents(&self) -> Result<Consents, Problem> {
        let channel = if self.channel == 0 { None } else { Some(channel(self.channel)?) };
        let recipient_type = if self.recipient_type == 0 { None } else { Some(recipient_type(self.recipient_type)?) };
        Ok(Consents { channel, recipient_type })
    }
}

impl proto::RefreshRetailerAccessRequest {
    /// Brand and cell that are asked about.
    pub fn asked(&self) -> Result<(BrandCode, Cell), Problem> {
        Ok((brand_code(self.brand_code)?, Cell::new(channel(self.channel)?, recipient_type(self.recipient_type)?)))
    }
}

/// What a step of a sweep brought, as a message.
#[must_use]
pub fn observed(seen: Observed) -> proto::ObserveResponse {
    let Observed { approved, not_listed, invalid, at, revision } = seen;
    proto::ObserveResponse { approved, not_listed, invalid, observed_at: at.unix().into(), revision }
}

/// A push that İYS knows of.
#[must_use]
pub fn push_connection(connection: PushConnection) -> proto::PushConnection {
    let PushConnection { url, channel, registered, status } = connection;
    let channel = channel.map_or(proto::Channel::Unspecified as i32, channel_code);
    proto::PushConnection { url, channel, registered, status }
}

/// Refuses a batch over the limit.
pub fn check_batch_size(size: usize) -> Result<(), Problem> {
    if size <= MOST_RECIPIENTS {
        return Ok(());
    }
    Err(Problem::new(Kind::BatchTooLarge, format!("{size} recipients; a batch takes at most {MOST_RECIPIENTS}")))
}

fn scope(brand: u32, channel_code: i32, type_code: i32, retailer: u32, purpose_code: i32) -> Result<Scope, Problem> {
    Ok(Scope {
        brand: brand_code(brand)?,
        cell: Cell::new(channel(channel_code)?, recipient_type(type_code)?),
        retailer: RetailerCode::new(retailer),
        purpose: purpose(purpose_code)?,
    })
}

/// The moment of a field; 0 is none.
fn seconds(field: &str, seconds: i64) -> Result<Option<IysTime>, Problem> {
    match u32::try_from(seconds) {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(IysTime::from_unix(seconds))),
        Err(_) => Err(invalid(field, seconds, SECONDS)),
    }
}

fn language(code: i32) -> Result<Option<Language>, Problem> {
    match proto::Language::try_from(code) {
        Ok(proto::Language::Unspecified) => Ok(None),
        Ok(proto::Language::English) => Ok(Some(Language::English)),
        Ok(proto::Language::Turkish) => Ok(Some(Language::Turkish)),
        Err(_) => Err(invalid("language", code, "1 (ENGLISH) or 2 (TURKISH)")),
    }
}

fn unix(time: Option<IysTime>) -> i64 {
    time.map_or(0, |time| i64::from(time.unix()))
}

/// The answer to a question that was understood, as a message.
#[must_use]
pub fn check_response(answer: &Answer, asked: proto::CheckRequest) -> proto::CheckResponse {
    let explained = language(asked.language).ok().flatten().map(|language| answer.explanation(language));
    let response = answer_message(answer);
    proto::CheckResponse { reference: asked.reference, explanation: explained.unwrap_or_default(), ..response }
}

fn answer_message(answer: &Answer) -> proto::CheckResponse {
    let Verdict { decision, reason, article, enforced, refusal_on_record } = answer.verdict;
    proto::CheckResponse {
        allowed: decision == Decision::Allow,
        decision: i32::from(decision as u8),
        enforced,
        reason: i32::from(reason as u8),
        article: article.to_owned(),
        revision: answer.revision,
        as_of: unix(answer.as_of),
        decision_id: answer.id.to_string(),
        refusal_on_record,
        declaration_id: answer.declaration.unwrap_or(0),
        ..proto::CheckResponse::default()
    }
}

/// A batch's answer as a message.
#[must_use]
pub fn batch_response(answer: BatchAnswer, counts: &Counts, reference: String) -> proto::CheckBatchResponse {
    proto::CheckBatchResponse {
        results: answer.results.into(),
        counts: Some(batch_counts(counts)),
        revision: answer.revision,
        as_of: unix(answer.as_of),
        decision_id: answer.first_id.to_string(),
        reference,
    }
}

/// How many of each decision.
#[must_use]
pub fn batch_counts(counts: &Counts) -> proto::Counts {
    let mut sums = proto::Counts::default();
    for (byte, count) in counts.occurring() {
        match parts_of(byte).0 {
            Decision::Allow => sums.allow += count,
            Decision::Deny => sums.deny += count,
            Decision::Defer => sums.defer += count,
        }
    }
    sums
}

/// An explanation as a message.
#[must_use]
pub fn explain_response(explained: Explained) -> proto::ExplainResponse {
    let Explained { answer, cells, declaration, sender_declaration } = explained;
    proto::ExplainResponse {
        check: Some(answer_message(&answer)),
        explanation_en: answer.explanation(Language::English),
        explanation_tr: answer.explanation(Language::Turkish),
        cells: cells.into_iter().map(cell_record).collect(),
        mode: i32::from(answer.mode as u8),
        declaration: declaration.as_ref().map(declaration_message),
        sender_declaration,
    }
}

fn cell_record(cell: CellHistory) -> proto::CellRecord {
    proto::CellRecord {
        channel: channel_code(cell.cell.channel),
        recipient_type: recipient_type_code(cell.cell.recipient_type),
        status: cell.status.map_or(proto::Status::Unspecified as i32, status),
        more: cell.history.len() > MOST_HISTORY,
        history: cell.history.into_iter().take(MOST_HISTORY).map(history_entry).collect(),
    }
}

fn history_entry(entry: HistoryEntry) -> proto::HistoryEntry {
    proto::HistoryEntry {
        status: status(entry.status),
        creation_date: i64::from(entry.created.unix()),
        consent_date: unix(entry.consented),
        source: entry.source,
        transaction_id: entry.transaction,
        revision: entry.revision,
        known_since: i64::from(entry.known_since.unix()),
    }
}

fn status(status: Status) -> i32 {
    i32::from(status.code())
}

impl proto::Movement {
    /// The fields as they came.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        RawMovement {
            created: &self.creation_date,
            transaction: &self.transaction_id,
            recipient: &self.recipient,
            recipient_type: &self.recipient_type,
            channel: &self.r#type,
            status: &self.status,
            consented: &self.consent_date,
            source: &self.source,
            brand: &self.brand_code,
        }
    }
}

/// The moment of a panel export; 0 is none.
pub fn export_as_of(seconds: i64) -> Result<Option<IysTime>, Problem> {
    match u32::try_from(seconds) {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(IysTime::from_unix(seconds))),
        Err(_) => Err(invalid("export_as_of", seconds, SECONDS)),
    }
}

/// The moment that a field tells; 0 is now. As for a movement, another clock may be a little ahead.
pub fn moment(field: &str, seconds: i64, now: IysTime) -> Result<IysTime, Problem> {
    let at = match u32::try_from(seconds) {
        Ok(0) => now,
        Ok(seconds) => IysTime::from_unix(seconds),
        Err(_) => return Err(invalid(field, seconds, SECONDS)),
    };
    if at > now.plus(CLOCK_TOLERANCE) {
        return Err(Problem::new(Kind::InvalidField, format!("{field} lies in the future")));
    }
    Ok(at)
}

/// When a line was closed; 0 is now.
pub fn closed_at(seconds: i64, now: IysTime) -> Result<IysTime, Problem> {
    moment("closed_at", seconds, now)
}

/// Up to which moment a recipient is to be erased; 0, and `None`, is the receipt.
pub fn erased_at(seconds: i64, now: IysTime) -> Result<Option<IysTime>, Problem> {
    let at = moment("erased_at", seconds, now)?;
    Ok((seconds != 0).then_some(at))
}

/// What became of a call as a message.
#[must_use]
pub fn apply_response(report: Report) -> proto::ApplyResponse {
    let refused = report.refused.into_iter().map(|(index, refusal)| proto::RefusedMovement {
        index,
        code: refusal.code().to_owned(),
        detail: refusal.to_string(),
    });
    proto::ApplyResponse {
        revision: report.applied.revision,
        applied: report.applied.applied as u32,
        unchanged: report.applied.unchanged as u32,
        as_of_now: report.as_of_now,
        refused: refused.collect(),
    }
}

/// Part of a committed batch as a message.
#[must_use]
pub fn change_event(part: &ChangePart) -> proto::WatchEvent {
    let change = |(relation, state): &(RelationKey, State)| proto::RelationChange {
        recipient: relation.pseudonym.0.to_vec(),
        brand_code: relation.brand.get(),
        retailer_code: relation.retailer.get(),
        state: state.byte().into(),
    };
    let batch = proto::ChangeBatch {
        revision: part.place.revision,
        committed_at: part.committed.unix().into(),
        changes: part.changes.iter().map(change).collect(),
        more: part.more,
    };
    proto::WatchEvent { event: Some(proto::watch_event::Event::Batch(batch)) }
}

/// Everything up to a revision was sent.
#[must_use]
pub const fn heartbeat_event(revision: u64) -> proto::WatchEvent {
    proto::WatchEvent { event: Some(proto::watch_event::Event::Heartbeat(revision)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::mode::Mode;
    use crate::model::decision::Reason;

    /// These numbers are inside what they are in a message: one that is given another meaning on either side is found here.
    #[test]
    fn every_number_means_the_same_inside_and_in_a_message() {
        let decision = |of: Decision| (proto::Decision::try_from(i32::from(of as u8)).unwrap().as_str_name(), of.name());
        let reason = |of: Reason| (proto::Reason::try_from(i32::from(of as u8)).unwrap().as_str_name(), of.name());
        let status_of = |of: Status| (proto::Status::try_from(status(of)).unwrap().as_str_name(), of.name());
        for ((message, name), prefix) in Decision::ALL
            .map(|of| (decision(of), "DECISION_"))
            .into_iter()
            .chain(Reason::ALL.map(|of| (reason(of), "REASON_")))
            .chain([Status::Onay, Status::Ret, Status::Yok].map(|of| (status_of(of), "STATUS_")))
        {
            assert_eq!(message, format!("{prefix}{name}"));
        }
        let mode = |of: Mode| proto::Mode::try_from(i32::from(of as u8)).unwrap();
        assert_eq!(Mode::ALL.map(mode), [proto::Mode::Enforce, proto::Mode::Advise, proto::Mode::Shadow]);
        assert_eq!(Mode::ALL, [Mode::Enforce, Mode::Advise, Mode::Shadow]);
    }

    #[test]
    fn a_channel_and_a_recipient_type_are_read_as_they_are_written() {
        assert_eq!(Channel::ALL.map(|of| channel(channel_code(of)).ok()), Channel::ALL.map(Some));
        for of in [RecipientType::Bireysel, RecipientType::Tacir] {
            assert_eq!(recipient_type(recipient_type_code(of)).ok(), Some(of));
        }
    }
}
