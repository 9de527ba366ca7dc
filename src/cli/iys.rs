//! `izingate iys`

use super::brand_code;
use crate::model::brand::BrandCode;
use crate::model::channel::Channel;
use clap::{Args, Subcommand};

/// What to do at İYS.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum IysCommand {
    /// Have İYS tell us of refusals at once: its push of one brand and channel. The gateway needs a
    /// receiver for it: see [iys.push] in deploy/izingate.toml.
    #[command(subcommand)]
    Push(PushCommand),
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
    /// The running gateway
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    pub endpoint: String,
}

fn channel(text: &str) -> Result<Channel, &'static str> {
    Channel::from_name(text).ok_or("a type is ARAMA, MESAJ or EPOSTA")
}
