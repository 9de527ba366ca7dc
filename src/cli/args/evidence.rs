//! `izingate evidence`

use super::policy::language;
use crate::cli::{brand_code, channel};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::decision::id::DecisionId;
use crate::model::language::Language;
use crate::model::time::IysTime;
use crate::model::time::business_days::Eves;
use crate::model::time::date::Date;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Work with the record of decisions. All but the last two work beside a running gateway, and change nothing.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum EvidenceCommand {
    /// Check the record: every byte against the hash chains, the tree and its signed checkpoint. Exit code 3: something is
    /// not what was written, and what.
    Verify(VerifyArgs),
    /// Prove that a decision is on record, for somebody who has only the public key: JSON for deploy/verify_evidence.py.
    Prove(ProveArgs),
    /// Show the public key that verifies checkpoints, and the newest one.
    Key(KeyArgs),
    /// Find every decision about a recipient.
    Find(FindArgs),
    /// Answer a complaint: every decision about a recipient, what was known then and now, declarations, articles, and the
    /// proof, as JSON, HTML or PDF.
    Dossier(DossierArgs),
    /// Export sealed segments as Parquet, a file each; those that are there and whole are left as they are.
    Export(ExportArgs),
    /// Continue without what is lost where a start is refused: the loss is recorded with your reason, and stands in dossiers.
    AcceptLoss(AcceptArgs),
    /// Have another key sign checkpoints from now on. The one before stays verifiable for what it signed.
    RotateKey(RotateArgs),
}

/// The lost part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LossOf {
    /// Files of the evidence, or their content
    Evidence,
    /// Data that the store had acknowledged: every brand answers STALE until its gap is ended
    Store,
}

/// Arguments of `evidence accept-loss`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AcceptArgs {
    /// A data directory that no running gateway has open
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The lost part
    #[arg(long, value_name = "evidence|store", value_enum)]
    pub of: LossOf,
    /// Reason, for the reader of a dossier
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// A file with the secret; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}

/// Arguments of `evidence rotate-key`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RotateArgs {
    /// A data directory that no running gateway has open
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// A file with the new key, 64 hexadecimal digits, that evidence.signing_key_file names from now on; default is a new key in
    /// DATA/evidence/signing.key
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// A file with the secret; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}

/// Arguments of `evidence verify`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct VerifyArgs {
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The first segment to read; those before are held against the tree by their seals alone
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub from: u64,
    /// The last segment to read [default: the last there is]
    #[arg(long, value_name = "NUMBER", default_value_t = u64::MAX, hide_default_value = true)]
    pub to: u64,
    /// A checkpoint that was kept elsewhere: the tree must have grown out of it
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// The public key, kept elsewhere, as `evidence key` shows it, or a file that holds it; default is the one that the store
    /// remembers, or DATA/evidence/public.key
    #[arg(long, value_name = "KEY|FILE")]
    pub key: Option<String>,
    /// A file with the secret, which authenticates frames; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}

/// Arguments of `evidence prove`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ProveArgs {
    /// The decision's id: 32 hexadecimal digits
    pub id: String,
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// A file with the secret, which authenticates frames; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}

/// Arguments of `evidence key`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct KeyArgs {
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// Arguments of `evidence find`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct FindArgs {
    /// Whose decisions, of when.
    #[command(flatten)]
    pub whose: Whose,
    /// Show them as NDJSON
    #[arg(long)]
    pub json: bool,
}

/// Whose decisions, of when.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The recipient, as anyone spells it
    #[arg(long, value_name = "ADDRESS", required_unless_present = "pseudonym", conflicts_with = "pseudonym")]
    pub recipient: Option<String>,
    /// Or the pseudonym: 32 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    pub pseudonym: Option<String>,
    /// A file with the secret of the pseudonyms; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
    /// Of this brand alone
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: Option<BrandCode>,
    /// From this moment on: YYYY-MM-DD HH:mm:ss, Türkiye time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<IysTime>,
    /// Up to this moment, and with it; a day is meant to its end
    #[arg(long, value_name = "TIME", value_parser = end_of_time)]
    pub to: Option<IysTime>,
    /// Of these types alone: ARAMA, MESAJ or EPOSTA; several with commas or repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = channel, value_delimiter = ',')]
    pub channels: Vec<Channel>,
    /// Decisions of these ids alone: 32 hexadecimal digits; several with commas or repeated
    #[arg(long = "id", value_name = "ID", value_parser = id, value_delimiter = ',')]
    pub ids: Vec<DecisionId>,
    /// Only what the caller was allowed to send
    #[arg(long)]
    pub only_allowed: bool,
    /// Another record to search: the data directory of another gateway, or the folder of a list's record; repeated for several. Those of
    /// lists that were filtered with --data on this data directory are searched by themselves
    #[arg(long, value_name = "DIR")]
    pub also: Vec<PathBuf>,
}

/// Arguments of `evidence dossier`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DossierArgs {
    /// Whose decisions, of when.
    #[command(flatten)]
    pub whose: Whose,
    /// The file: its ending says which it is, .json, .html or .pdf
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
    /// The language of a page
    #[arg(long, value_name = "en|tr", default_value = "tr", value_parser = language)]
    pub lang: Language,
    /// Title of the company that answers; left to be filled in on paper if not given
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub company: String,
    /// MERSİS number of the company
    #[arg(long, value_name = "NUMBER", default_value = "")]
    pub mersis: String,
    /// Address, phone or e-mail of the company
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub contact: String,
    /// Show the address in the file, as it was typed
    #[arg(long, requires = "recipient")]
    pub show_recipient: bool,
    /// The day on which İYS asked about the complaint: YYYY-MM-DD; it is to be answered within 15 days (15/5)
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub complaint: Option<Date>,
    /// The complaint's number
    #[arg(long, value_name = "TEXT", requires = "complaint", default_value = "")]
    pub complaint_number: String,
    /// The moment of the message that the complaint is about, Türkiye time; the dossier says whether the record covers it
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub message_at: Option<IysTime>,
    /// Whether the eves of holidays, half days, are business days: work or off
    #[arg(long, value_name = "work|off", default_value = Eves::DEFAULT.name(), value_parser = eves)]
    pub eves: Eves,
}

/// Arguments of `evidence export`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ExportArgs {
    /// A data directory
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The folder for the files, one a segment; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The first segment
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub from: u64,
    /// The last segment [default: the last there is]
    #[arg(long, value_name = "NUMBER", default_value_t = u64::MAX, hide_default_value = true)]
    pub to: u64,
    /// A file with the secret, which authenticates frames; default is that of the data directory, or IZINGATE_SECRET
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
}

fn id(text: &str) -> Result<DecisionId, &'static str> {
    DecisionId::parse(text).ok_or("a decision's id is 32 hexadecimal digits")
}

fn date(text: &str) -> Result<Date, &'static str> {
    Date::parse(text).map_err(|_| "a day is YYYY-MM-DD")
}

fn eves(text: &str) -> Result<Eves, &'static str> {
    Eves::from_name(text).ok_or("eves of holidays are work or off")
}

fn time(text: &str) -> Result<IysTime, &'static str> {
    moment(text, "00:00:00")
}

/// The end of a stretch of time, which includes it: that of a day is its last second.
fn end_of_time(text: &str) -> Result<IysTime, &'static str> {
    moment(text, "23:59:59")
}

/// A moment, or this time of a day.
fn moment(text: &str, of_day: &str) -> Result<IysTime, &'static str> {
    let whole = if text.len() == 10 { format!("{text} {of_day}") } else { text.to_owned() };
    IysTime::parse(&whole).map_err(|_| "a time is YYYY-MM-DD HH:mm:ss, or a day, in Türkiye time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_meant_from_its_beginning_to_its_end() {
        let at = |text: &str| IysTime::parse(text).ok();
        assert_eq!(time("2026-11-05").ok(), at("2026-11-05 00:00:00"));
        assert_eq!(end_of_time("2026-11-05").ok(), at("2026-11-05 23:59:59"));
        for read in [time, end_of_time] {
            assert_eq!(read("2026-11-05 10:00:07").ok(), at("2026-11-05 10:00:07"));
            assert!(read("2026-11-5").is_err() && read("2026-02-30").is_err());
        }
    }
}
