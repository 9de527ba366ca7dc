//! The command line: one file a command, which holds its arguments and their help and no logic.
#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "the comments here are the help that a terminal shows")]

pub mod args;
#[cfg(feature = "store")]
pub mod commands;
mod examples;
pub mod locale;
pub mod turkish;

use crate::model::brand::BrandCode;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::language::Language;
use crate::net::endpoint::GatewayUrl;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;

/// Tells a sender, before dispatch, whether it may send: is this recipient approved at İYS for this
/// brand on this channel?
#[derive(Debug, Parser)]
#[command(name = "izingate", version, propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Returns the command line, the help of each command with an example.
    #[must_use]
    pub fn with_examples() -> clap::Command {
        examples::with_examples(Self::command())
    }

    /// Reads this process's arguments; help and errors of some commands are in the language.
    ///
    /// # Errors
    /// Help or the version is asked for, or there is a mistake in the arguments.
    pub fn parse_in(language: Language) -> Result<Self, clap::Error> {
        let command = Self::with_examples();
        let command = if language == Language::Turkish { turkish::in_turkish(command) } else { command };
        let mut matches = command.try_get_matches()?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

/// What to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Answer checks over gRPC and HTTP.
    Serve(args::serve::ServeArgs),
    /// Take in files of movements: İYS day files, their spreadsheets, NDJSON.
    Import(args::import::ImportArgs),
    /// Add, list or deactivate brands, say how their rows are enforced, end their gaps.
    #[command(subcommand)]
    Brand(args::brand::BrandCommand),
    /// Put declarations of senders on file, that messages of theirs are exempt, and revoke them.
    #[command(subcommand)]
    Declaration(args::declaration::DeclarationCommand),
    /// Print what is decided, and why.
    #[command(subcommand)]
    Policy(args::policy::PolicyCommand),
    /// Close lines, and tell of those that İYS is still to be told of.
    #[command(subcommand)]
    Recipient(args::recipient::RecipientCommand),
    /// Note which retailers may use a brand's consents, or ask İYS.
    #[command(subcommand)]
    Retailer(args::retailer::RetailerCommand),
    /// Ask İYS through a running gateway that has an account there.
    #[command(subcommand)]
    Iys(args::iys::IysCommand),
    /// Hold a finished day against İYS's own file and hash, and take in what is missing.
    Reconcile(args::reconcile::ReconcileArgs),
    /// Show what a data directory holds, without any address.
    Inspect(args::inspect::InspectArgs),
    /// Compare the index that a start would fill with everything in the store.
    Verify(args::verify::VerifyArgs),
    /// Answer Asterisk over FastAGI, in front of a running gateway.
    Agi(args::agi::AgiArgs),
    /// Ask whether a message may be sent to one recipient.
    Check(Box<args::check::CheckArgs>),
    /// Filter a list of addresses: every row comes out with a decision.
    Filter(Box<args::filter::FilterArgs>),
    /// Print what changes in a running gateway, line by line.
    Watch(args::watch::WatchArgs),
    /// Check, prove, search and export the record of decisions.
    #[command(subcommand)]
    Evidence(args::evidence::EvidenceCommand),
    /// Go on after a clock that was ahead.
    #[command(subcommand)]
    Clock(args::clock::ClockCommand),
    /// Make a copy of everything but the secret, while a gateway runs too.
    Backup(args::backup::BackupArgs),
    /// Make a data directory of a backup.
    Restore(args::backup::RestoreArgs),
    /// Print completions of commands and flags for a shell.
    Completions(args::completions::CompletionsArgs),
    /// Write the manual pages of this version, for packages.
    #[command(hide = true)]
    Man(args::man::ManArgs),
    /// Read the workbook at standard input for another process of this program.
    #[command(hide = true)]
    ReadWorkbook,
}

/// Where a command works: in a data directory that no gateway has open, or through a running one.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[group(multiple = false)]
pub struct Target {
    /// A data directory that no running gateway has open [default: a running gateway]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
}

fn brand_code(text: &str) -> Result<BrandCode, &'static str> {
    BrandCode::parse(text).ok_or("a brand's number at İYS is 1 to 4294967295")
}

fn channel(text: &str) -> Result<Channel, &'static str> {
    Channel::from_name(text).ok_or("a type is ARAMA (calls), MESAJ (SMS) or EPOSTA")
}

fn recipient_type(text: &str) -> Result<RecipientType, &'static str> {
    RecipientType::from_name(text).ok_or("a recipient type is BIREYSEL or TACIR")
}

/// Bytes: a number, or a number with K, M or G for powers of 1,024.
fn size(text: &str) -> Result<u64, &'static str> {
    let wrong = "a size is a number of bytes, or one with K, M or G, such as 512M";
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1_u64),
    };
    let digits = if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits } else { "" };
    digits.parse().ok().and_then(|number: u64| number.checked_mul(unit)).ok_or(wrong)
}

#[cfg(test)]
mod tests;
