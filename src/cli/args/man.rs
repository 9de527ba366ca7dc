//! `izingate man`

use clap::Args;
use std::path::PathBuf;

/// Writes a manual page for each command, as `izingate-brand-add.1`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ManArgs {
    /// The folder for the pages; made if it is not there
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}
