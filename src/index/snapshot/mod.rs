//! The index on disk: one flat file from which a start is quick.
//!
//! ```text
//! preface │ block of shards │ block of shards │ … │ collisions │ end
//! ```
//! Every part has a message authentication code under a key of this very file, over its place in it: so a file
//! that is damaged, short, put together from two, or written by somebody who does not hold the secret is
//! distinguished from a whole one; [`Identity`] identifies a foreign one. The file is written beside the old one and renamed
//! when it is whole and synced.
//!
//! A snapshot is taken while the writer goes on. It holds every batch up to the revision of its identity,
//! read before anything else, and parts of those up to [`Loaded::through`], read last. The changes from
//! the first on are then set again, each to the state that it ended in, which brings the same end whatever
//! was there.

mod format;
mod read;
mod write;

pub use format::{Identity, Preface, SnapshotFile};
pub use read::{Loaded, Rejected, load, preface};
pub use write::{Written, write};

#[cfg(test)]
mod tests;
