//! izingate tells a sender, before dispatch, whether it may send: is recipient X approved at İYS for
//! brand Y on channel Z? It holds every permission in memory and keeps everything on disk.
//!
//! ```text
//! answer:  wire ──► check ──► index                      no lock, no await, no I/O
//! data:    import, wire ──► ingest ──► store ──► index   one writer: commit, apply, publish, answer
//! ```
//!
//! The two flows meet only at [`index`]. What always holds:
//!
//! 1. An answer never waits for the store, a feed or the network. The two waits that there are lie in
//!    [`wire`]: for a revision that the caller demands, before the decision.
//! 2. A movement is synced to disk, with its cursor in the same batch, before a check can see it or
//!    anyone is told that it is in.
//! 3. What a cell holds depends on the set of its movements, closures and erasures, not on their order or
//!    repetition.
//! 4. Nothing unknown, malformed, unloaded or broken ever becomes ALLOW, except where a brand's mode openly says so.
//! 5. No readable address is on disk or in a log.
//! 6. Every queue is bounded, and the bound is explained where the queue is made.
//!
//! In reading order: [`model`] the words; [`check`] the decision; [`index`] what is in memory;
//! [`store`] and [`ingest`] the disk and its one writer; [`feed`] and [`import`] where movements come
//! from; [`filter`] lists, whoever decides; [`evidence`] what is kept and told of decisions; [`net`] ports and
//! [`wire`] both protocols on them; [`agi`] a process of its own in front of a gateway, for Asterisk;
//! [`app`] puts it all together.

pub mod agi;
pub mod api;
pub mod check;
pub mod cli;
pub mod config;
#[cfg(feature = "store")]
pub mod data;
pub mod dossier;
pub mod evidence;
pub mod feed;
pub mod files;
pub mod filter;
pub mod import;
pub mod index;
#[cfg(feature = "store")]
pub mod ingest;
pub mod iys;
#[cfg(feature = "store")]
pub mod lists;
pub mod model;
pub mod net;
pub mod ports;
#[cfg(feature = "store")]
pub mod server;
#[cfg(feature = "store")]
pub mod store;
pub mod sys;
pub mod telemetry;
