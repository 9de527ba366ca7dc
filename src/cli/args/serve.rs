//! `izingate serve`

use crate::config::Flags;
use clap::Args;
use std::path::PathBuf;

/// Each flag stands over its environment variable, that over the configuration file. Limits, store and
/// shutdown settings are in the file and the environment only; deploy/izingate.toml names them all.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ServeArgs {
    /// Configuration file, TOML [env: IZINGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory; made if it is not there [env: IZINGATE_DATA]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Where checks are answered, gRPC and HTTP [env: IZINGATE_LISTEN] [default: 127.0.0.1:7070]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Where health, metrics and state are shown [env: IZINGATE_ADMIN] [default: 127.0.0.1:7071]
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<String>,
    /// Allow addresses that other machines can reach, without access control [env: IZINGATE_INSECURE]
    #[arg(long)]
    pub insecure: bool,
    /// Hosts under which the gateway is reached beside loopback names, with commas between them [env: IZINGATE_HOSTS]
    #[arg(long, value_name = "NAMES")]
    pub hosts: Option<String>,
    /// File with the secret of the pseudonyms, 64 hexadecimal digits [env: IZINGATE_SECRET_FILE, or the
    /// secret itself in IZINGATE_SECRET] [default: secret.key in the data directory]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<String>,
    /// Fill an empty data directory with a synthetic brand, to try things out
    #[arg(long)]
    pub demo: bool,
    /// Shape of log lines, human or json [env: IZINGATE_LOG_FORMAT] [default: human]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Level or filter directives of the log [env: IZINGATE_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl From<ServeArgs> for Flags {
    fn from(args: ServeArgs) -> Self {
        // Taken apart whole, so that a flag nobody reads does not compile.
        let ServeArgs { config: _, data, listen, admin, insecure, hosts, secret_file, demo, log_format, log_level } = args;
        Self { data, listen, admin, insecure, hosts, secret_file, demo, log_format, log_level }
    }
}
