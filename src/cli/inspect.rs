//! `izingate inspect`

use clap::Args;
use std::path::PathBuf;

/// Arguments of `inspect`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct InspectArgs {
    /// A data directory that no running gateway has open
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// File with the secret of the pseudonyms
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}
