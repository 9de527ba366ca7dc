//! gRPC's shapes: the only file that turns protobuf messages into the words inside and back.

use super::apply::Report;
use super::gateway::parts_of;
use super::proto;
use super::status::{Kind, Problem};
use crate::check::decision::{Decision, Verdict};
use crate::check::question::{Purpose, Recipients, Scope};
use crate::check::{Answer, BatchAnswer, Counts};
use crate::model::brand::{Ages, Brand, BrandCode, IysCode, MaxAge, RetailerCode};
use crate::model::channel::{Cell, Channel, RecipientType};
use crate::model::key::RelationKey;
use crate::model::movement::{CLOCK_TOLERANCE, RawMovement};
use crate::model::state::{State, Status};
use crate::model::time::IysTime;
use crate::ports::{CellHistory, ChangePart, HistoryEntry, Observed, PushAction, PushConnection};

/// Recipients in one batch at most.
pub const MOST_RECIPIENTS: usize = 100_000;
/// Bytes of a caller's reference at most.
pub const LONGEST_REFERENCE: usize = 128;

fn invalid(field: &str) -> Problem {
    Problem::new(Kind::InvalidField, format!("{field} holds a value that it cannot"))
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
        Err(_) => Err(invalid("channel")),
    }
}

fn recipient_type(code: i32) -> Result<RecipientType, Problem> {
    match proto::RecipientType::try_from(code) {
        Ok(proto::RecipientType::Unspecified | proto::RecipientType::Bireysel) => Ok(RecipientType::Bireysel),
        Ok(proto::RecipientType::Tacir) => Ok(RecipientType::Tacir),
        Err(_) => Err(invalid("recipient_type")),
    }
}

fn purpose(code: i32) -> Result<Purpose, Problem> {
    match proto::Purpose::try_from(code) {
        Ok(proto::Purpose::Unspecified | proto::Purpose::Commercial) => Ok(Purpose::Commercial),
        Ok(proto::Purpose::Exempt61) => Ok(Purpose::Exempt61),
        Ok(proto::Purpose::Exempt62) => Ok(Purpose::Exempt62),
        Ok(proto::Purpose::Exempt64) => Ok(Purpose::Exempt64),
        Ok(proto::Purpose::OutOfScope) => Ok(Purpose::OutOfScope),
        Err(_) => Err(invalid("purpose")),
    }
}

/// Refuses a reference that is too long to be echoed and kept.
pub fn check_reference(reference: &str) -> Result<(), Problem> {
    if reference.len() <= LONGEST_REFERENCE {
        return Ok(());
    }
    Err(Problem::new(Kind::InvalidField, format!("reference is longer than {LONGEST_REFERENCE} bytes")))
}

impl proto::CheckRequest {
    /// What is asked, and the recipient as spelled.
    pub fn question(&self) -> Result<(Scope, &str), Problem> {
        check_reference(&self.reference)?;
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
            ([], phones) => Recipients::Phones(phones),
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
            Err(_) => return Err(invalid("action")),
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
    let channel = channel.map_or(0, |channel| channel as i32 + 1);
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

fn unix(time: Option<IysTime>) -> i64 {
    time.map_or(0, |time| i64::from(time.unix()))
}

/// An answer as a message.
#[must_use]
pub fn check_response(answer: &Answer, reference: String) -> proto::CheckResponse {
    let Verdict { decision, reason, article, enforced } = answer.verdict;
    proto::CheckResponse {
        allowed: decision == Decision::Allow,
        decision: i32::from(decision as u8),
        enforced,
        reason: i32::from(reason as u8),
        article: article.to_owned(),
        revision: answer.revision,
        as_of: unix(answer.as_of),
        decision_id: answer.id.to_string(),
        reference,
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
pub fn explain_response(answer: &Answer, cells: Vec<CellHistory>) -> proto::ExplainResponse {
    proto::ExplainResponse {
        check: Some(check_response(answer, String::new())),
        explanation_en: answer.verdict.reason.english().to_owned(),
        explanation_tr: answer.verdict.reason.turkish().to_owned(),
        cells: cells.into_iter().map(cell_record).collect(),
    }
}

fn cell_record(cell: CellHistory) -> proto::CellRecord {
    proto::CellRecord {
        channel: cell.cell.channel as i32 + 1,
        recipient_type: cell.cell.recipient_type as i32 + 1,
        status: cell.status.map_or(proto::Status::Unspecified as i32, status),
        history: cell.history.into_iter().map(history_entry).collect(),
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
        Err(_) => Err(invalid("export_as_of")),
    }
}

/// When a line was closed; 0 is now. As for a movement, another clock may be a little ahead.
pub fn closed_at(seconds: i64, now: IysTime) -> Result<IysTime, Problem> {
    let closed = match u32::try_from(seconds) {
        Ok(0) => now,
        Ok(seconds) => IysTime::from_unix(seconds),
        Err(_) => return Err(invalid("closed_at")),
    };
    if closed > now.plus(CLOCK_TOLERANCE) {
        return Err(Problem::new(Kind::InvalidField, "closed_at lies in the future"));
    }
    Ok(closed)
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

/// A brand as a message.
#[must_use]
pub fn brand_message(brand: &Brand) -> proto::Brand {
    proto::Brand {
        brand_code: brand.code.get(),
        iys_code: brand.iys_code.get(),
        title: brand.title.clone(),
        active: brand.active,
        max_age_minutes: max_age_minutes(brand),
        ..proto::Brand::default()
    }
}

/// Nothing if none is set, else one a channel.
fn max_age_minutes(brand: &Brand) -> Vec<u32> {
    let minutes = brand.max_age.map(|age| age.map_or(0, |age| age.minutes().into()));
    if brand.max_age.iter().all(Option::is_none) { Vec::new() } else { minutes.into() }
}

fn max_age(minutes: &[u32]) -> Result<[Option<MaxAge>; Channel::ALL.len()], Problem> {
    let invalid =
        || Problem::new(Kind::InvalidField, "max_age_minutes are three numbers of minutes up to 64,800 (45 days), or none");
    if minutes.is_empty() {
        return Ok([None; Channel::ALL.len()]);
    }
    let minutes: &[u32; Channel::ALL.len()] = minutes.try_into().map_err(|_| invalid())?;
    let mut ages = [None; Channel::ALL.len()];
    for (age, minutes) in ages.iter_mut().zip(minutes) {
        *age = MaxAge::from_minutes(u16::try_from(*minutes).map_err(|_| invalid())?);
        if age.is_some_and(|age| age > MaxAge::LONGEST) {
            return Err(invalid());
        }
    }
    Ok(ages)
}

impl proto::Brand {
    /// Whether it comes with ages; three zeros are those of its feed.
    #[must_use]
    pub const fn ages(&self) -> Ages {
        if self.max_age_minutes.is_empty() { Ages::OnFile } else { Ages::Given }
    }

    /// The brand of a message.
    pub fn brand(self) -> Result<Brand, Problem> {
        let code = brand_code(self.brand_code)?;
        let iys_code = IysCode::new(self.iys_code).ok_or_else(|| Problem::missing("iys_code"))?;
        let one_line =
            || Problem::new(Kind::InvalidField, format!("title must be one line of 1 to {} bytes", Brand::LONGEST_TITLE));
        let title = Brand::title(&self.title).ok_or_else(one_line)?;
        let max_age = max_age(&self.max_age_minutes)?;
        Ok(Brand { active: self.active, max_age, ..Brand::imported(code, iys_code, title) })
    }
}
