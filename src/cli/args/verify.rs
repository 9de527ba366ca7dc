//! `izingate verify`

use clap::Args;
use std::path::PathBuf;

/// Fills an index as a start of the gateway does, from its snapshot and the changes since, and compares it
/// with the store, and the store with its own history: completely. Each difference is one line, without any
/// address; the first 100 are shown and all are counted. Takes as much memory as a gateway. Ends with 0 if
/// nothing differs, 3 if something does, 1 if it could not be compared.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct VerifyArgs {
    /// A data directory that no running gateway has open
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// File with the secret of the pseudonyms
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}
