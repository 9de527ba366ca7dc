//! The simulated İYS itself, held against İYS's specification.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test says what went wrong by failing"
)]

#[path = "iys_sim/checks/mod.rs"]
mod checks;
#[path = "iys_sim/mod.rs"]
mod sim;
