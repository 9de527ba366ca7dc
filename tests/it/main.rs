//! Everything that is tested from the outside, in one binary: a real gateway on port 0.
#![allow(
    clippy::format_collect,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "a test says what went wrong by failing, and nothing is outside of this binary"
)]

mod agi;
mod backup;
mod bulk;
mod caching;
mod check;
mod closures;
mod connections;
mod crash;
mod deploy;
mod dumps;
mod edges;
mod endpoints;
mod erasure;
mod error_codes;
mod evidence;
mod feed;
mod filter;
mod forged_snapshot;
mod formats;
mod gaps;
mod grpc;
mod http;
mod http_reference;
mod imports;
mod ingest;
mod inspect;
mod lost_tail;
mod monitoring;
mod negotiation;
mod openapi;
mod oracle;
mod outputs;
mod pages;
mod papers;
mod privacy;
mod private_files;
mod process;
mod proto;
mod push;
mod readme;
mod refusals;
mod request_guard;
mod retailers;
mod retention;
mod silence;
#[path = "../iys_sim/mod.rs"]
mod sim;
mod snapshots;
mod store_faults;
mod support;
mod trials;
mod unreadable_bodies;
mod upgrade;
mod verify;
mod watch;
mod workbooks;
