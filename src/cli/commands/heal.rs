//! `izingate brand heal`.

use super::{CommandError, remote, writing};
use crate::api::proto::{GapState, HealGapRequest, HealGapResponse};
use crate::cli::args::brand::HealArgs;
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::Opened;
use crate::model::time::IysTime;
use crate::ports::{GapHealer, Healed, Healing};
use crate::server::heal::Healer;
use std::path::Path;
use std::sync::Arc;

/// Ends the gap of a brand, or says what stands in the way; for standard output.
pub(super) fn heal(args: &HealArgs) -> Result<String, CommandError> {
    let answer = if let Some(data) = &args.target.data {
        offline(args, data)?
    } else {
        let HealArgs { vouch, drop_doubtful, .. } = *args;
        let request = HealGapRequest { brand_code: args.brand.get(), vouch, drop_doubtful };
        remote(&args.target, async |mut client| client.heal_gap(request).await)?
    };
    let HealGapResponse { gap, doubtful, healed } = answer;
    let GapState { from, to } = gap.unwrap_or_default();
    let counted = if args.vouch { "not counted".to_owned() } else { doubtful.to_string() };
    let shown = format!("missed    {} to {}\ndoubtful  {counted}\n", time(from), time(to));
    let message = match (healed, args.vouch || args.drop_doubtful) {
        (true, _) => return Ok(format!("{shown}healed\n")),
        (false, true) => "more was missed meanwhile; do the same again",
        (false, false) => "give --vouch if what was imported is complete up to its end, or --drop-doubtful",
    };
    // A script must not go on as if the brand were answered for again.
    Err(CommandError::Incomplete { shown, code: "NOT_HEALED", message: format!("not healed: {message}") })
}

fn offline(args: &HealArgs, data: &Path) -> Result<HealGapResponse, CommandError> {
    let Opened { data: _held, store, .. } = open::existing(data, &SecretSource::load(None)?)?;
    if !store.brands()?.iter().any(|brand| brand.code == args.brand) {
        return Err(CommandError::UnknownBrand(args.brand));
    }
    let how = match (args.vouch, args.drop_doubtful) {
        (false, false) => Healing::Count,
        (true, _) => Healing::Vouch,
        (false, true) => Healing::DropDoubtful,
    };
    let brand = args.brand;
    let Healed { gap, doubtful, healed } =
        writing(store, |sink, store| async move { Healer::new(store, Arc::new(sink)).heal(brand, how).await })??;
    let gap = Some(GapState { from: gap.from.unix().into(), to: gap.to.unix().into() });
    Ok(HealGapResponse { gap, doubtful, healed })
}

/// From the beginning, if nothing was ever seen.
fn time(seconds: i64) -> String {
    match u32::try_from(seconds) {
        Ok(seconds) if seconds > 0 => IysTime::from_unix(seconds).to_string(),
        _ => "the beginning".to_owned(),
    }
}
