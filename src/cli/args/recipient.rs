//! `izingate recipient`

use crate::cli::{Target, brand_code};
use crate::model::address::recipient::{Phone, Recipient};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Reason;
use crate::model::time::IysTime;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with recipients.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RecipientCommand {
    /// Note that a line was closed: a refusal, as of then, for every brand, also of those learned later.
    Close(CloseArgs),
    /// Show the closed lines of which İYS is still to be told (11/9), with their numbers.
    Closures(ClosuresArgs),
    /// İYS was told of these closures: forget their numbers.
    Reported(ReportedArgs),
    /// Erase what is on record of an address (KVKK), and keep it out: nothing of before comes back.
    Erase(Box<EraseArgs>),
}

/// Arguments of `recipient close`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CloseArgs {
    /// Where it is noted.
    #[command(flatten)]
    pub target: Target,
    /// The number of the line, +90 532…
    #[arg(long, value_name = "PHONE", value_parser = phone)]
    pub recipient: Phone,
    /// When it was closed, "YYYY-MM-DD HH:mm:ss" in Türkiye time [default: now]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub at: Option<IysTime>,
    /// File with the secret of the pseudonyms; a running gateway uses its own
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
}

/// Arguments of `recipient erase`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct EraseArgs {
    /// Where it is erased.
    #[command(flatten)]
    pub target: Target,
    /// The address: +90 532…, 0532… or an e-mail
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub recipient: Recipient,
    /// For this brand alone [default: every brand]
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: Option<BrandCode>,
    /// Movements registered at or before this moment, "YYYY-MM-DD HH:mm:ss" in Türkiye time, are erased, and
    /// ignored whenever they come [default: now]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub at: Option<IysTime>,
    /// Why also what 13/2 still has kept is erased; without it such records are refused
    #[arg(long, value_name = "TEXT", value_parser = Reason::parse)]
    pub reason: Option<Reason>,
    /// File with the secret of the pseudonyms; a running gateway uses its own
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
}

/// Arguments of `recipient closures`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ClosuresArgs {
    /// Whose closures.
    #[command(flatten)]
    pub target: Target,
    /// Write them as CSV, id,recipient,closedAt,notedAt, to this file; - is standard output
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// File with the secret of the pseudonyms; a running gateway uses its own
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
}

/// Arguments of `recipient reported`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ReportedArgs {
    /// Where they are noted.
    #[command(flatten)]
    pub target: Target,
    /// Ids, as `recipient closures` shows them
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<u64>,
}

/// What is no phone may be an address all the same, so it is not repeated.
fn phone(text: &str) -> Result<Phone, &'static str> {
    Phone::parse(text).ok_or("only phones have lines: a number is +90 532…, 0532… or + and another country's")
}

fn address(text: &str) -> Result<Recipient, &'static str> {
    Recipient::parse_any(text).map_err(|_| "an address is +90 532…, 0532… or + and another country's number, or an e-mail")
}
