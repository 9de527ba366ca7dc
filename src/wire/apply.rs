//! Movements in, for both wires: each is read by itself, those that can be taken go in together.

use super::gateway::Gateway;
use super::status::{Kind, Problem};
use crate::model::brand::BrandCode;
use crate::model::movement::{self, Context, RawMovement, Refusal};
use crate::model::time::IysTime;
use crate::ports::Applied;
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

/// Takes movements in; answers when they are durable and visible. An item that is no movement at all is
/// `None`.
pub async fn apply<'a>(
    gateway: &Gateway,
    brand: Option<BrandCode>,
    export_as_of: Option<IysTime>,
    items: impl ExactSizeIterator<Item = Option<RawMovement<'a>>> + Send,
) -> Result<Report, Problem> {
    gateway.require_loaded()?;
    if items.len() > MOST_MOVEMENTS {
        let detail = format!("{} movements; a call takes at most {MOST_MOVEMENTS}", items.len());
        return Err(Problem::new(Kind::BatchTooLarge, detail));
    }
    let parts = gateway.parts();
    let brands = parts.checker.index().brands();
    let context = Context { pseudonymizer: parts.checker.pseudonymizer(), brand, now: gateway.now(), export_as_of };
    let mut movements = Vec::with_capacity(items.len());
    let (mut as_of_now, mut refused) = (0, Vec::new());
    for (place, raw) in items.enumerate() {
        let read = raw.ok_or(Refusal::BadLine).and_then(|raw| movement::parse(&raw, &context));
        let on_file = |taken: &movement::Taken| brands.get(taken.movement.relation.brand).is_some();
        match read.and_then(|taken| if on_file(&taken) { Ok(taken) } else { Err(Refusal::UnknownBrand) }) {
            Ok(taken) => {
                as_of_now += u32::from(taken.as_of_now);
                movements.push(taken.movement);
            }
            Err(refusal) => refused.push((place as u32, refusal)),
        }
    }
    let applied = if movements.is_empty() {
        Applied { revision: parts.checker.index().revision().get(), applied: 0, unchanged: 0 }
    } else {
        parts.sink.apply(movements).await?
    };
    parts.metrics.movements(MovementResult::Refused, refused.len() as u64);
    Ok(Report { applied, as_of_now, refused })
}
