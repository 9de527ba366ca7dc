//! `izingate retailer`

use crate::cli::{Target, brand_code, channel, recipient_type};
use crate::model::brand::BrandCode;
use crate::model::brand::retailer::Retailer;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::time::IysTime;
use crate::net::endpoint::GatewayUrl;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with retailers.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RetailerCommand {
    /// Note that a retailer (bayi) may use a brand's consents for some addresses, or may no more.
    Access(AccessArgs),
    /// Ask İYS, through a running gateway that has an account there, which retailers have access to the consent
    /// of one address, and take the answer in: whoever is not listed has none.
    Refresh(RefreshArgs),
}

/// Arguments of `retailer access`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AccessArgs {
    /// Where it is noted.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// The retailer's number at İYS (retailerCode)
    #[arg(long, value_name = "CODE", value_parser = retailer)]
    pub retailer: Retailer,
    /// What is noted.
    #[command(flatten)]
    pub change: Change,
    /// Of one channel: ARAMA, MESAJ or EPOSTA [default: all that the address can have]
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channel: Option<Channel>,
    /// Of one recipient type: BIREYSEL or TACIR [default: both]
    #[arg(long, value_name = "TYPE", value_parser = recipient_type)]
    pub recipient_type: Option<RecipientType>,
    /// As of when, "YYYY-MM-DD HH:mm:ss" in Türkiye time [default: now]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub at: Option<IysTime>,
    /// File with the secret of the pseudonyms; a running gateway uses its own
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
    /// An address; may be repeated
    #[arg(long, value_name = "ADDRESS", required_unless_present = "file", conflicts_with = "file")]
    pub recipient: Vec<String>,
    /// Addresses, one a line; of a CSV file the first column
    pub file: Option<PathBuf>,
}

/// Whether the retailer may use the consents.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
#[group(required = true, multiple = false)]
pub struct Change {
    /// The retailer may use the brand's consents
    #[arg(long)]
    pub allow: bool,
    /// The retailer may not, or no more
    #[arg(long)]
    pub revoke: bool,
}

/// Arguments of `retailer refresh`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RefreshArgs {
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// The channel: ARAMA, MESAJ or EPOSTA
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channel: Channel,
    /// BIREYSEL or TACIR
    #[arg(long, value_name = "TYPE", default_value = "BIREYSEL", value_parser = recipient_type)]
    pub recipient_type: RecipientType,
    /// The address
    #[arg(long, value_name = "ADDRESS")]
    pub recipient: String,
    /// The running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
}

pub(super) fn retailer(text: &str) -> Result<Retailer, &'static str> {
    Retailer::parse(text).ok_or("a retailer's number at İYS is 1 to 4294967295")
}
