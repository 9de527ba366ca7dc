//! `izingate clock`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Work with the times that a data directory keeps of the machine's clock.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ClockCommand {
    /// Declare dates after now to be those of a clock that was ahead and is right now: ages are reckoned from the present clock
    /// again. Refusals keep their rank. A brand whose last import has such a date answers STALE until the next one.
    Accept(AcceptArgs),
}

/// Arguments of `clock accept`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AcceptArgs {
    /// A data directory that no running gateway has open
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// A file with the secret; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}
