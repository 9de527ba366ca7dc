//! `izingate inspect`

use clap::Args;
use std::path::PathBuf;

/// Counts what a data directory holds, beside a running gateway too. Shows no address.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct InspectArgs {
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Show it as JSON
    #[arg(long)]
    pub json: bool,
}
