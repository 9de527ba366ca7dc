//! İYS's push, received (F§1.6): what a citizen does at İYS is here a moment later, long before a pull shows
//! it.
//!
//! İYS posts to `/iys/{brandCode}/{type}` on a port of its own ([`receiver`]), under a certificate of its own
//! ([`tls`]) and with credentials of its own for every brand and channel ([`credentials`]). What it posts
//! ([`body`]) is answered with 200 when it is durable and visible, and never before.

mod body;
mod credentials;
mod receiver;
mod register;
mod tls;
mod validity;

pub use credentials::Credentials;
pub use receiver::{Counters, Desk, Receiver, Standing};
pub use register::{act, url};
pub use tls::{Certificate, CertificateError};
