//! `izingate backup` and `izingate restore`

use crate::cli::Target;
use clap::Args;
use std::path::PathBuf;

/// Makes a copy of everything but the secret, while a gateway runs too. With --endpoint the gateway makes
/// it, on its own machine, in the folder that its setting backup.root names. Keep it on another machine,
/// and the secret in a third place.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct BackupArgs {
    /// What is backed up.
    #[command(flatten)]
    pub target: Target,
    /// The folder to make; with --endpoint a name, or a path of such a name in the gateway's backup.root
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Makes a data directory of a backup, every byte of which is checked first. The secret is not in a
/// backup: bring it along.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The data directory to make; it must be empty or not there
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Nothing was taken in after the backup: the gateway was stopped when it was made, and has not run since. Without this, every brand
    /// may miss a refusal that came after it, and answers STALE until its gap is ended (izingate brand heal)
    #[arg(long)]
    pub nothing_since: bool,
    /// File with the secret of the pseudonyms, to see that it is the right one; it is not copied
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}
