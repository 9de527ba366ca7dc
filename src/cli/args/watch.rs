//! `izingate watch`

use crate::net::endpoint::GatewayUrl;
use clap::Args;

/// Prints what changes in a running gateway as NDJSON: one line a committed batch, or a part of a large one
/// ("more":true). A state holds two bits a cell from the lowest: 1 ONAY, 2 RET; a phone's cells are ARAMA
/// BIREYSEL, ARAMA TACIR, MESAJ BIREYSEL, MESAJ TACIR, an e-mail's EPOSTA BIREYSEL, EPOSTA TACIR. A
/// connection that breaks is made anew and goes on behind the last whole batch: parts of a batch may come
/// twice. Ends with 1 if changes are missing (WATCH_GAP) or are not taken in time (WATCH_TOO_SLOW).
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct WatchArgs {
    /// The running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
    /// The first revision that is wanted, `earliest` for all that is kept, `now` for what comes from now on
    #[arg(long, value_name = "REVISION", default_value = "now", value_parser = from)]
    pub from: From,
    /// Print heartbeats too: {"heartbeat":REVISION}, everything up to it was printed
    #[arg(long)]
    pub heartbeats: bool,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The earliest revision that is kept.
    Earliest,
    /// The first one behind the current.
    Now,
    /// This one.
    Revision(u64),
}

fn from(text: &str) -> Result<From, &'static str> {
    match text {
        "earliest" => Ok(From::Earliest),
        "now" => Ok(From::Now),
        _ => match text.parse() {
            Ok(revision) if revision > 0 => Ok(From::Revision(revision)),
            _ => Err("a revision is a number from 1 on, or `earliest`, or `now`"),
        },
    }
}
