//! `izingate filter`

pub mod turkish;

use super::policy::language;
use super::question::QuestionArgs;
use crate::cli::{brand_code, channel};
use crate::filter::layout::Named;
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::language::Language;
use crate::model::text::encoding::Declared;
use crate::net::endpoint::GatewayUrl;
use clap::Args;
use std::path::PathBuf;

/// Filters a list of addresses: CSV, a workbook (.xlsx, .xlsm, .xls), or one address a line, of any length. Every row comes out as it was with a
/// decision and its reason behind it; of several brands, types or columns of addresses, with those of each. A row that
/// cannot be read is written to OUT.rejected.csv with its reason. Ends with 0 if every row is ALLOW or DENY, 2 if some rows
/// could not be read, 4 if no address could be read, 5 if some rows are DEFER, to be asked again, and 1 if it was cut short:
/// then it says how many lines are answered for and how to go on.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(group(clap::ArgGroup::new("decider").args(["data", "endpoint"])))]
pub struct FilterArgs {
    /// A data directory; a gateway may be running on it [default: a running gateway]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
    /// The brand's number at İYS (brandCode); several with commas or repeated
    #[arg(long, value_name = "CODE", value_parser = brand_code, value_delimiter = ',', required = true)]
    pub brand: Vec<BrandCode>,
    /// ARAMA, MESAJ or EPOSTA; several with commas or repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = channel, value_delimiter = ',', required = true)]
    pub channel: Vec<Channel>,
    /// What else is asked.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Your name, kept in evidence
    #[arg(long, value_name = "NAME", default_value = "izingate-filter")]
    pub caller: String,
    /// The column of the addresses, by its name or its number from 1; several with commas (2,3), each with answers of its own
    /// [default: the only one that can be meant]
    #[arg(long, value_name = "NAME|NUMBER", value_parser = named)]
    pub column: Option<Named>,
    /// The column of the e-mails, where phones are asked about too [default: the only one that can be meant]
    #[arg(long, value_name = "NAME|NUMBER", value_parser = named)]
    pub email_column: Option<Named>,
    /// , ; | or tab [default: found, or named by a first line sep=;]
    #[arg(long, value_name = "DELIMITER", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Whether the list has a header: its first row, or one with known headings below titles [default: if a heading is known]
    #[arg(long, value_name = "true|false", value_parser = truth)]
    pub header: Option<bool>,
    /// utf-8, utf-16, windows-1254 or iso-8859-9 [default: by the list's mark and letters]
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    pub encoding: Option<Declared>,
    /// The sheet of a workbook [default: the only one with content]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Where the rows go: text, or a workbook if it ends with .xlsx; OUT.partial until they are whole [default: standard output]
    #[arg(long, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Write the rows as they are, those of each decision into a file of their own: OUT.allowed, .blocked, .deferred, and
    /// .not-enforced where only a brand's mode lets rows through; a row with several addresses is allowed if all of them are
    #[arg(long, requires = "out", conflicts_with_all = ["duplicates", "language"])]
    pub split: bool,
    /// Mark addresses that came before in a column of their own
    #[arg(long)]
    pub duplicates: bool,
    /// Explain each reason in a column of its own: en or tr
    #[arg(long, alias = "lang", value_name = "LANGUAGE", value_parser = language)]
    pub language: Option<Language>,
    /// Where the rows go that could not be read [default: OUT.rejected.csv, or FILE.rejected.csv]
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
    /// Go on where the work on the same list was cut short
    #[arg(long, requires = "out", conflicts_with = "force")]
    pub resume: bool,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
    /// Lines that are answered for already: nothing is written of them
    #[arg(long, value_name = "LINES", default_value_t = 0, conflicts_with = "out")]
    pub skip_lines: u64,
    /// Where the decisions are recorded, with --data [default: OUT.evidence, or FILE.evidence]
    #[arg(long, value_name = "DIR", requires = "data", conflicts_with = "endpoint")]
    pub evidence: Option<PathBuf>,
    /// File with the secret of the pseudonyms, with --data
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
    /// Senders that are not at İYS may be on file as exempt-only, as policy.exempt_only allows a gateway
    #[arg(long, requires = "data", conflicts_with = "endpoint")]
    pub exempt_only: bool,
    /// How many seconds a gateway that cannot be reached is tried again
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub retry_for: u64,
    /// The list; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that clap takes")]
fn named(text: &str) -> Result<Named, &'static str> {
    Ok(Named::of(text))
}

fn truth(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "true" | "evet" => Ok(true),
        "false" | "hayır" | "hayir" => Ok(false),
        _ => Err("it is true or false (evet or hayır)"),
    }
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [delimiter @ (b',' | b';' | b'\t' | b'|')] => Ok(*delimiter),
        b"tab" => Ok(b'\t'),
        _ => Err("a delimiter is one of , ; | and tab"),
    }
}

pub(super) fn encoding(text: &str) -> Result<Declared, String> {
    Declared::from_name(text).ok_or_else(|| format!("an encoding is {}", Declared::NAMES))
}
