//! Movements in, for both wires: each is read by itself, those that can be taken go in together.

use super::gateway::Gateway;
use crate::api::error::{Kind, Problem};
use crate::model::brand::BrandCode;
use crate::model::consent::movement;
use crate::model::consent::movement::{CLOCK_TOLERANCE, Context, Parsed, RawMovement, Refusal};
use crate::model::time::IysTime;
use crate::ports::{Applied, FeedNote};
use crate::telemetry::metrics::MovementResult;

/// Movements in one call at most.
pub const MOST_MOVEMENTS: usize = 10_000;

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What became of the movements that were taken.
    pub applied: Applied,
    /// Refusals that block as of now.
    pub as_of_now: u32,
    /// The movements that were not taken: place in the call, and why.
    pub refused: Vec<(u32, Refusal)>,
}

impl Report {
    /// Whether there were movements, and every one was refused.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        !self.refused.is_empty() && self.applied.applied == 0 && self.applied.unchanged == 0
    }
}

/// The panel export that the movements of a call are rows of.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Export {
    /// When it was made; none if they are of no export.
    pub as_of: Option<IysTime>,
    /// Brands of which every row was sent, with this call.
    pub complete: Vec<BrandCode>,
}

impl Export {
    fn notes(&self) -> Vec<FeedNote> {
        let complete = |as_of| self.complete.iter().map(move |brand| FeedNote::Exported(*brand, as_of));
        self.as_of.into_iter().flat_map(complete).collect()
    }
}

/// What is noted is believed: it has a moment that has passed, and brands that are on file.
fn check_export(gateway: &Gateway, export: &Export) -> Result<(), Problem> {
    let invalid = |detail: &str| Err(Problem::new(Kind::InvalidField, detail.to_owned()));
    if export.complete.len() > MOST_MOVEMENTS {
        return invalid("export_complete_brands names more than 10,000 brands");
    }
    let brands = gateway.parts().checker.index().brands();
    match (export.complete.iter().find(|brand| brands.get(**brand).is_none()), export.as_of) {
        _ if export.complete.is_empty() => Ok(()),
        (Some(brand), _) => Err(Problem::new(Kind::UnknownBrand, format!("brand {brand} is not on file"))),
        (None, None) => invalid("export_complete_brands needs export_as_of"),
        (None, Some(as_of)) if as_of > gateway.receipt().plus(CLOCK_TOLERANCE) => invalid("export_as_of lies in the future"),
        (None, Some(_)) => Ok(()),
    }
}

/// More movements than a call takes.
pub(super) fn too_many_movements(count: usize) -> Problem {
    Problem::new(Kind::BatchTooLarge, format!("{count} movements; a call takes at most {MOST_MOVEMENTS}"))
}

/// Takes movements in; answers when they are durable and visible. An item that is no movement at all is
/// `None`.
pub async fn apply<'a>(
    gateway: &Gateway,
    brand: Option<BrandCode>,
    export: Export,
    items: impl ExactSizeIterator<Item = Option<RawMovement<'a>>> + Send,
) -> Result<Report, Problem> {
    gateway.require_loaded()?;
    check_export(gateway, &export)?;
    if items.len() > MOST_MOVEMENTS {
        return Err(too_many_movements(items.len()));
    }
    let parts = gateway.parts();
    let brands = parts.checker.index().brands();
    let context =
        Context { pseudonymizer: parts.checker.pseudonymizer(), brand, now: gateway.receipt(), export_as_of: export.as_of };
    let mut movements = Vec::with_capacity(items.len());
    let (mut as_of_now, mut refused) = (0, Vec::new());
    for (place, raw) in items.enumerate() {
        let read = raw.ok_or(Refusal::BadLine).and_then(|raw| movement::parse(&raw, &context));
        let on_file = |parsed: &Parsed| brands.get(parsed.movement.relation.brand).is_some();
        match read.and_then(|parsed| if on_file(&parsed) { Ok(parsed) } else { Err(Refusal::UnknownBrand) }) {
            Ok(parsed) => {
                as_of_now += u32::from(parsed.movement.received);
                movements.extend(parsed.into_movements());
            }
            Err(refusal) => refused.push((place as u32, refusal)),
        }
    }
    let notes = if refused.is_empty() { export.notes() } else { Vec::new() };
    let applied = if movements.is_empty() && notes.is_empty() {
        Applied { revision: parts.checker.index().revision().get(), applied: 0, unchanged: 0 }
    } else {
        parts.sink.follow(movements, notes).await?
    };
    parts.metrics.ingest.movements(MovementResult::Refused, refused.len() as u64);
    Ok(Report { applied, as_of_now, refused })
}
