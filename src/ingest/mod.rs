//! The data side: movements in, durable, then visible.
//!
//! One writer thread takes everything in. For each group of waiting commands it reads the stored records,
//! lets [`merge`] decide movement by movement, commits records, history, changes, cursors and revision
//! in one atomic batch, and only then sets the index, publishes the revision and answers. A kill between
//! any two of these steps leaves a state that [`restore`] and a repeated delivery bring to the same end.
//! [`bulk`] does the same for millions of movements, as sorted files.

pub mod bulk;
mod catch_up;
mod closure;
mod commit_batch;
mod erasure;
mod feed_events;
pub mod merge;
mod registry;
pub mod restore;
pub mod snapshot;
pub mod verify;
mod writer;

pub use catch_up::{CatchUpError, StoreFollower};
pub use restore::{Origin, RestoreError};
pub use writer::{BatchReport, Boot, Booted, Observer, Setup, Writer, WriterHandle};
