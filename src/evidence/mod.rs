//! Evidence: the durable, tamper-evident record of every decision.
//!
//! ```text
//! wire ──► log ──► writer ──► segment …042.open ──► …042.seg ──► tree ──► checkpoint
//!      admit,   gathers,    frames under a chain    sealed      RFC 6962  signed note
//!      record   one sync                              └──► …042.idx   found by recipient
//! ```
//!
//! In reading order: [`entry`] what is recorded; [`codec`] a frame's columns; [`segment`] a file of frames under a hash
//! chain; [`merkle`], [`note`] and [`archive`] the tree over all segments and its signed checkpoint; [`settings`] and
//! [`log`] the hand-off; `writer` and `keeper` the two threads; `remembered` what the store remembers of them; [`examine`] and [`start`]
//! what a start finds, refuses and begins; [`accept`] how an operator continues without what is lost, or under another key; [`fault`] all
//! that can be wrong, [`reached`] what the evidence knows of the store, and [`events`] what the log says of itself; [`record`] what a reader may rely on; [`reach`] how far it reaches; [`index`] how a recipient is
//! found; [`dossier`] what is made of it when somebody complains; [`export`] segments as tables.

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
