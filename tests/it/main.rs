//! Everything that is tested from the outside, in one binary: a real gateway on port 0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc, unreachable_pub)]

mod grpc;
mod http;
mod imports;
mod process;
mod proto;
mod support;
