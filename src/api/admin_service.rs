//! What an operator does to recipients and gaps, for the wire: closed lines and the duty to tell İYS of them
//! (11/9), erasures (KVKK), movements that were missed.

use super::gateway::Gateway;
use super::{convert, proto};
use crate::api::error::{Kind, Problem};
use crate::api::registry_service::page_size;
use crate::model::address::recipient::{Phone, Recipient};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Reason;
use crate::model::consent::key::Pseudonym;
use crate::model::secret::cipher::SealError;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::ports::{ClosedLine, Erasure, ForgottenClosures, HealRefused, Healing, UnreportedClosure};
use std::sync::Arc;

/// Closures in one answer or call at most: an answer of 10,000 stays below what any client takes.
pub const MOST_CLOSURES: usize = 10_000;

/// Closes a line.
pub async fn close_line(gateway: &Gateway, request: proto::CloseLineRequest) -> Result<proto::CloseLineResponse, Problem> {
    gateway.require_loaded()?;
    let closed = convert::closed_at(request.closed_at, gateway.receipt())?;
    let no_phone = || Problem::new(Kind::InvalidField, "recipient is not a phone number: only phones have lines");
    let phone = Phone::parse(&request.recipient).ok_or_else(no_phone)?;
    let parts = gateway.parts();
    let line = ClosedLine { recipient: parts.checker.pseudonymizer().phone(phone), closed, sealed: parts.sealer.seal(phone)? };
    let done = parts.sink.close_line(line).await?;
    Ok(proto::CloseLineResponse { revision: done.revision, applied: done.applied > 0 })
}

/// The oldest closures behind an id of which İYS is still to be told, with their addresses.
pub async fn list_closures(
    gateway: &Gateway,
    request: proto::ListClosuresRequest,
) -> Result<proto::ListClosuresResponse, Problem> {
    gateway.require_loaded()?;
    let proto::ListClosuresRequest { after_id, limit } = request;
    let most = page_size(limit, MOST_CLOSURES);
    let queue = Arc::clone(&gateway.parts().closures);
    let read = tokio::task::spawn_blocking(move || queue.unreported(after_id, most)).await;
    let closures = read.map_err(|error| unread(&error))?.map_err(|error| unread(&error))?;
    let named = |closure: UnreportedClosure| {
        let UnreportedClosure { id, closed, noted, sealed } = closure;
        let phone = gateway.parts().sealer.unseal(&sealed).inspect_err(|_| tracing::error!(id, "a closure cannot be read"))?;
        let (closed_at, noted_at) = (closed.unix().into(), noted.unix().into());
        Ok(proto::PendingClosure { id, recipient: Recipient::Phone(phone).to_iys(), closed_at, noted_at })
    };
    Ok(proto::ListClosuresResponse { closures: closures.into_iter().map(named).collect::<Result<_, SealError>>()? })
}

/// Forgets closures of which İYS was told.
pub async fn mark_reported(gateway: &Gateway, ids: Vec<u64>) -> Result<proto::MarkClosuresReportedResponse, Problem> {
    gateway.require_loaded()?;
    if ids.len() > MOST_CLOSURES {
        let detail = format!("{} ids; a call takes at most {MOST_CLOSURES}", ids.len());
        return Err(Problem::new(Kind::BatchTooLarge, detail));
    }
    let ForgottenClosures { count, unknown } = gateway.parts().sink.closures_reported(ids).await?;
    Ok(proto::MarkClosuresReportedResponse { marked: count as u32, unknown_ids: unknown })
}

/// Erases a recipient.
pub async fn erase(gateway: &Gateway, request: proto::EraseRecipientRequest) -> Result<proto::EraseRecipientResponse, Problem> {
    gateway.require_loaded()?;
    let invalid = |what: &dyn std::fmt::Display| Problem::new(Kind::InvalidField, what.to_string());
    let recipient = Recipient::parse_any(&request.recipient).map_err(|_| invalid(&"recipient is no address"))?;
    let erased = convert::erased_at(request.erased_at, gateway.receipt())?;
    let reason = match &request.reason[..] {
        "" => None,
        text => Some(Reason::parse(text).map_err(|error| invalid(&error))?),
    };
    let brand = BrandCode::new(request.brand_code);
    let parts = gateway.parts();
    if let Some(brand) = brand
        && parts.checker.index().brands().get(brand).is_none()
    {
        return Err(Problem::new(Kind::UnknownBrand, format!("brand {brand} is not on file")));
    }
    let recipients = forms(parts.checker.pseudonymizer(), &recipient);
    let done = parts.eraser.erase(Erasure { recipients, brand, erased, reason }).await?;
    Ok(proto::EraseRecipientResponse { revision: done.revision, relations: done.relations, movements: done.movements })
}

/// Under what an address may be on record: İYS also has numbers in the wrong form, which no question finds.
#[must_use]
pub fn forms(pseudonymizer: &Pseudonymizer, recipient: &Recipient) -> Vec<Pseudonym> {
    let misformed = recipient.misformed();
    [Some(recipient), misformed.as_ref()].into_iter().flatten().map(|form| pseudonymizer.recipient(form)).collect()
}

/// Ends the gap of a brand, or counts what stands in the way.
pub async fn heal_gap(gateway: &Gateway, request: proto::HealGapRequest) -> Result<proto::HealGapResponse, Problem> {
    let brand = convert::brand_code(request.brand_code)?;
    let how = match (request.vouch, request.drop_doubtful) {
        (false, false) => Healing::Count,
        (true, false) => Healing::Vouch,
        (false, true) => Healing::DropDoubtful,
        (true, true) => return Err(Problem::new(Kind::InvalidField, "give either vouch or drop_doubtful, not both")),
    };
    gateway.require_loaded()?;
    let on_file = gateway.parts().checker.index().brands().get(brand).is_some();
    if !on_file {
        return Err(Problem::new(Kind::UnknownBrand, format!("brand {brand} is not on file")));
    }
    let healed = gateway.parts().gaps.heal(brand, how).await?;
    let gap = proto::GapState { from: healed.gap.from.unix().into(), to: healed.gap.to.unix().into() };
    Ok(proto::HealGapResponse { gap: Some(gap), doubtful: healed.doubtful, healed: healed.healed })
}

fn unread(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "the queue of closures could not be read");
    Problem::new(Kind::StoreFailed, "the queue of closures could not be read; see the log")
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        tracing::error!(%error, "an address could not be sealed or unsealed");
        Self::new(Kind::StoreFailed, "an address could not be sealed or unsealed; see the log")
    }
}

impl From<HealRefused> for Problem {
    fn from(error: HealRefused) -> Self {
        let kind = match error {
            HealRefused::NoGap(_) => Kind::NoGap,
            HealRefused::Failed => Kind::StoreFailed,
            HealRefused::Sink(error) => return error.into(),
        };
        Self::new(kind, error.to_string())
    }
}
