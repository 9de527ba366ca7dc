//! The API of a gateway over gRPC and HTTP.
//!
//! [`server`] accepts connections for both protocols and passes their calls to [`grpc`] and [`http`], the handlers; [`check`]
//! admits, decides and records. [`convert`] and [`json`] are the only files that know the shapes, [`error`] is the one table of
//! errors, [`gateway`] what handlers work with. Nothing here reads a disk or a clock of its own.

pub mod admin;
pub mod admin_service;
pub mod body;
pub mod caller;
pub mod check;
pub mod codec;
pub mod consent_service;
pub mod convert;
pub mod error;
pub mod filter;
pub mod gateway;
pub mod grpc;
pub mod health;
pub mod http;
pub mod json;
mod negotiation;
pub mod openapi;
mod plain_text;
pub mod registry_service;
pub mod retailers;
pub mod server;
#[cfg(test)]
mod sizes_tests;
pub mod state;
mod stream;
pub mod watch;

/// Generated from `proto/` and checked in, so that a plain build needs no protoc; a test compares.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::unwrap_used)]
#[rustfmt::skip]
pub mod proto {
    include!("proto/izingate.v1.rs");

    /// The descriptors, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!("proto/izingate.v1.bin");
}
