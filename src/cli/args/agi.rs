//! `izingate agi`

use crate::evidence::settings::is_caller_name;
use crate::net::endpoint::with_scheme;
use clap::Args;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// Answers Asterisk's AGI(agi://HOST:4573/check,brandCode=CODE,type=ARAMA,recipient=NUMBER), in front of a running
/// gateway and beside Asterisk. Sets IZINGATE_ALLOWED (1 or 0), IZINGATE_DECISION, IZINGATE_REASON, IZINGATE_REVISION
/// and IZINGATE_DECISION_ID. Whatever goes wrong is DEFER, with what it was as the reason. Prints the address that it
/// listens on, and ends in order on SIGINT or SIGTERM.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AgiArgs {
    /// A running gateway, http:// or https://HOST:PORT, or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<AgiUrl>,
    /// Where Asterisk connects to
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4573")]
    pub listen: SocketAddr,
    /// How long the gateway may take to answer, 10ms to 30s; then it is DEFER GATEWAY_TIMEOUT. A gateway waits up to a
    /// second for a minRevision
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = deadline)]
    pub deadline: Duration,
    /// Calls at once; the next ones wait
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = connections)]
    pub connections: usize,
    /// The name under which its decisions are on record
    #[arg(long, value_name = "NAME", default_value = "agi", value_parser = caller)]
    pub caller: String,
    /// Allow an address that other machines can reach: FastAGI has neither passwords nor encryption
    #[arg(long)]
    pub insecure: bool,
}

/// The address of a gateway, with TLS or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgiUrl(pub String);

impl FromStr for AgiUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "an endpoint is http:// or https:// with a host, and a port if need be, or a host and a port";
        let text = with_scheme(text).ok_or(wrong)?;
        let uri: http::Uri = text.parse().map_err(|_| wrong)?;
        let plain = uri.path() == "/" && uri.query().is_none() && uri.host().is_some_and(|host| !host.is_empty());
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        (plain && scheme && !text.contains(['@', '#'])).then(|| Self(text.into_owned())).ok_or(wrong)
    }
}

fn deadline(text: &str) -> Result<Duration, &'static str> {
    let number = |digits: &str| digits.parse::<u32>().ok().map(u64::from);
    let time = match text.strip_suffix("ms") {
        Some(digits) => number(digits).map(Duration::from_millis),
        None => text.strip_suffix('s').and_then(number).map(Duration::from_secs),
    };
    let bounds = Duration::from_millis(10)..=Duration::from_secs(30);
    time.filter(|time| bounds.contains(time)).ok_or("a deadline is 10ms to 30s, such as 500ms or 1s")
}

fn connections(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=65_536).contains(count)).ok_or("a count is 1 to 65536")
}

fn caller(text: &str) -> Result<String, &'static str> {
    is_caller_name(text).then(|| text.to_owned()).ok_or("a name is 1 to 64 letters, digits and any of - _ . / @ :")
}
