//! `izingate check`

pub mod turkish;

use super::policy::language;
use super::question::QuestionArgs;
use crate::cli::{Target, brand_code, channel};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::language::Language;
use clap::Args;
use std::path::PathBuf;

/// Asks one question: may this brand send this to this recipient? The answer is on record like any other. Ends with 0 if it
/// is ALLOW, 6 if DENY, 5 if DEFER (ask again), and 1 if nobody answered.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CheckArgs {
    /// Who decides: a running gateway, or this process, from a data directory on which a gateway may be running; it then takes
    /// as much memory as a gateway.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// ARAMA, MESAJ or EPOSTA
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channel: Channel,
    /// What else is asked.
    #[command(flatten)]
    pub question: QuestionArgs,
    /// Your name, kept in evidence
    #[arg(long, value_name = "NAME", default_value = "izingate-check")]
    pub caller: String,
    /// The language of the answer: en or tr [default: by the locale]
    #[arg(long, alias = "language", value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
    /// Where the decision is recorded, with --data [default: DATA.evidence beside the data directory]
    #[arg(long, value_name = "DIR", requires = "data", conflicts_with = "endpoint")]
    pub evidence: Option<PathBuf>,
    /// File with the secret of the pseudonyms, with --data
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
    /// Senders that are not at İYS may be on file as exempt-only, with --data, as policy.exempt_only allows a gateway
    #[arg(long, requires = "data", conflicts_with = "endpoint")]
    pub exempt_only: bool,
    /// The address: +90 532…, 0532… or an e-mail
    #[arg(value_name = "RECIPIENT", allow_negative_numbers = true)]
    pub recipient: String,
}
