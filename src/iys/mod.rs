//! The client of İYS's API (F§1): tokens, limits, errors and the calls that the gateway needs.
//!
//! A call waits for a token ([`token`]), is sent over a [`Transport`], and its answer is either read or classified once
//! ([`IysError::class`]). On its way it passes, in this order:
//!
//! 1. [`error_rate`]: slows down before İYS's bad-client rule applies.
//! 2. [`rate_limit`]: İYS's limits per second, minute and hour ([`hourly_quota`]).
//! 3. [`breaker`]: while İYS is down, sends one probe at a time.
//! 4. [`backoff`](crate::sys::backoff): waits before a call is tried again.
//!
//! [`usage`] keeps what İYS counts over hours, so that it outlives the process.
//!
//! All waiting is on tokio's clock. No secret and no address reaches a log or an error.

pub mod api;
pub mod breaker;
mod call;
mod client;
mod codes;
mod date;
mod day;
mod envelope;
mod error;
pub mod error_rate;
mod figures;
mod hourly_quota;
mod http;
mod lenient;
mod link;
pub mod rate_limit;
mod settings;
mod token;
mod transport;
mod usage;

pub use api::brands::{ListedBrand, Rights, Sender};
pub use api::changes::Page;
pub use api::cursor::{Cursor, InvalidCursor};
pub use api::files::{Agreement, ProcessStatus};
pub use api::push::{PushConnection, PushTarget};
pub use api::retailers::Retailers;
pub use api::status::Observation;
pub use client::Iys;
pub use day::{Day, InvalidDay};
pub use error::{Class, Code, IysError, Why};
pub use figures::Figures;
pub use http::{HttpSettings, HttpTransport, InvalidTransport};
pub use settings::{BaseUrl, InvalidBaseUrl, Limits, Password, Settings};
pub use transport::{Body, Transport, TransportError};
pub use usage::Ledger;

#[cfg(test)]
mod tests;
