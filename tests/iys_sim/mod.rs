//! İYS as its specification describes it: what the feed is tested against.
//!
//! The core is pure and synchronous. [`World`] holds accounts, brands and their movements, and answers a
//! request at a moment that the caller names; window, tokens and limits all run on that moment. [`Sim`]
//! puts a real HTTP server around a world, on a [`Clock`] of the caller's.
//!
//! What the document leaves open is a field of [`Settings`]; what goes wrong on demand is a [`Fault`].
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::struct_excessive_bools,
    clippy::unwrap_used,
    reason = "a tool of tests: it fails loudly, and whoever includes it uses a part of it"
)]

mod accounts;
mod answer;
mod brand;
mod changes;
mod clock;
mod deliver;
mod faults;
mod files;
mod generate;
mod history;
mod http;
mod limits;
mod movement;
mod partner;
mod push;
mod retailers;
mod route;
mod settings;
mod status;
mod token;
mod wire;
mod world;

pub use accounts::{Grant, Right};
pub use answer::{Outcome, Problem, Wire};
pub use brand::{Brand, Registration, Stream, Truth};
pub use clock::{Clock, Moment};
pub use faults::{Fault, FaultKind, When};
pub use generate::Generator;
pub use http::Sim;
pub use limits::LimitSettings;
pub use movement::{Address, Movement, Source};
pub use push::{Probe, Push, PushSettings, Verdict};
pub use route::{Endpoint, Peer};
pub use settings::{CodeStyle, EmptyConsent, OldCursor, Settings, UnknownAddress, Written};
pub use world::World;
