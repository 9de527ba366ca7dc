//! The command `izingate clock`: has ages reckoned from the present clock again after one that was ahead.

use super::CommandError;
use crate::cli::args::clock::{AcceptArgs, ClockCommand};
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::Opened;
use crate::store::ClockAccepted;
use crate::sys::clock::Clock;
use std::fmt::Write;

/// Does what is asked; what it returns is for standard output.
pub fn clock(command: &ClockCommand) -> Result<String, CommandError> {
    match command {
        ClockCommand::Accept(args) => accept(args),
    }
}

fn accept(args: &AcceptArgs) -> Result<String, CommandError> {
    let Opened { data: _held, store, .. } = open::existing(&args.data, &SecretSource::load(args.secret_file.as_deref())?)?;
    let now = Clock::system().now();
    let Some(ClockAccepted { latest, undated }) = store.accept_clock(now)? else {
        return Err(CommandError::refused("CLOCK_NOT_AHEAD", format!("the clock shows {now}, and no date is after that")));
    };
    let mut text = format!("clock     {now}\nwas       {latest}\n");
    for brand in undated {
        let _ = writeln!(text, "brand     {brand} has no known age until its data is imported again");
    }
    text.push_str("accepted; ages are reckoned from the present clock\n");
    Ok(text)
}
