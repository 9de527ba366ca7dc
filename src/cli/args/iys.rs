//! `izingate iys`

use crate::cli::{brand_code, channel, recipient_type};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::net::endpoint::GatewayUrl;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do at İYS.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum IysCommand {
    /// Have İYS tell us of refusals at once: its push of one brand and channel. The gateway needs a
    /// receiver for it: see [iys.push] in deploy/izingate.toml.
    #[command(subcommand)]
    Push(PushCommand),
    /// Ask İYS which addresses of a list are approved now, and take its answers in. Goes on where it was if it
    /// is broken off.
    Sweep(SweepArgs),
}

/// Which list of which brand.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct SweepArgs {
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// The channel: ARAMA, MESAJ or EPOSTA
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channel: Channel,
    /// BIREYSEL or TACIR
    #[arg(long, value_name = "TYPE", default_value = "BIREYSEL", value_parser = recipient_type)]
    pub recipient_type: RecipientType,
    /// The running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
    /// Addresses, one a line; of a CSV file the first column
    pub file: PathBuf,
}

/// What to do about a push.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum PushCommand {
    /// Connect it; İYS calls the receiver at once, which has to answer
    Register(PushArgs),
    /// Show the connections that İYS has on file
    State(PushArgs),
    /// Drop it
    Remove(PushArgs),
}

/// Which push.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct PushArgs {
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// The channel: ARAMA, MESAJ or EPOSTA
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channel: Channel,
    /// The running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
}
