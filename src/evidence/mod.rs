//! Evidence: the durable, tamper-evident record of every decision.
//!
//! ```text
//! api ──► log ──► writer ──► segment …042.open ──► …042.seg ──► tree ──► checkpoint
//!     admit,   gathers,    frames under a chain    sealed      RFC 6962  signed note
//!     record   one sync                              └──► …042.idx   found by recipient
//! ```
//!
//! In reading order:
//!
//! - [`entry`]: what is recorded of a decision; [`events`]: what the log records of itself.
//! - [`segment`]: a file of frames under a hash chain, with its index by recipient.
//! - [`tree`]: all sealed segments as one Merkle tree, with a signed checkpoint.
//! - [`settings`] and [`log`]: the hand-off from the threads that answer to the thread that writes.
//! - [`start`]: what a start examines, refuses and begins, and how an operator continues without what is lost.
//! - [`fault`]: everything that can be wrong; [`reached`]: how far the store was when evidence was written.
//! - [`record`], [`reach`], [`search`] and [`verify`]: what a reader may rely on.

pub mod entry;
pub mod events;
pub mod fault;
pub mod log;
pub mod reach;
pub mod reached;
pub mod record;
pub mod search;
pub mod segment;
pub mod settings;
pub mod start;
pub mod tree;
pub mod verify;

pub use log::{Admission, Log, Recorder, Size, Ticket};

#[cfg(test)]
mod loss_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod tamper_tests;
#[cfg(test)]
pub(crate) mod testing;
