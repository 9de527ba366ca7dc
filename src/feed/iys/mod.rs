//! The client of İYS's API (F§1): tokens, limits, errors and the calls that the gateway needs.
//!
//! A call waits for a token ([`token`]) and for its turn under İYS's limits ([`budget`]), is sent over a
//! [`Transport`], and its answer is either read or classified once ([`IysError::class`]). What is worth
//! it is tried again ([`backoff`]); while İYS is down nothing is sent but a probe ([`breaker`]); and
//! before İYS would call us a bad client, we slow down ([`conduct`]). What İYS counts over hours outlives the
//! process ([`ledger`]).
//!
//! All waiting is on tokio's clock. No secret and no address reaches a log or an error.

mod brands;
pub mod breaker;
pub mod budget;
mod call;
mod changes;
mod client;
mod codes;
pub mod conduct;
mod cursor;
mod date;
mod day;
mod envelope;
mod error;
mod figures;
mod files;
mod http;
mod ledger;
mod link;
mod push;
mod retailers;
mod settings;
mod status;
mod text;
mod token;
mod transport;
mod window;

pub use brands::{ListedBrand, Rights, Sender};
pub use changes::Page;
pub use client::Iys;
pub use cursor::{Cursor, InvalidCursor};
pub use day::{Day, InvalidDay};
pub use error::{Class, Code, IysError, Why};
pub use figures::Figures;
pub use files::{Agreement, ProcessStatus};
pub use http::{HttpSettings, HttpTransport, InvalidTransport};
pub use ledger::Ledger;
pub use push::{PushConnection, PushTarget};
pub use retailers::Retailers;
pub use settings::{BaseUrl, InvalidBaseUrl, Limits, Password, Settings};
pub use status::Observation;
pub use transport::{Body, Transport, TransportError};

#[cfg(test)]
mod tests;
