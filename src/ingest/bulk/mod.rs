//! Bulk: many movements sorted outside of the store and taken in as sorted files, slice by slice.
//!
//! ```text
//! movements ──► Sorter: buffers, sorted; runs on disk when memory is full
//!                 └──► Sorted ──► merge ──► Slice, Slice, … ──► writer: resolve ──► files ──► commit
//! ```
//! [`record`] is one movement in few bytes; [`buffer`] sorts in memory; [`run`] keeps sorted records on
//! disk; [`sorter`] puts both together under a bound; [`merge`] brings everything back in one order;
//! [`mod@slice`] cuts it; [`resolve`] holds a slice against what is on file, by the rules of
//! [`crate::ingest::merge`]. Nothing here holds a readable address.

mod buffer;
mod error;
mod merge;
mod record;
mod resolve;
mod run;
mod slice;
mod sorter;

pub use error::BulkError;
pub use record::{Names, Records};
pub(super) use resolve::{Ground, Prepared};
pub use run::Run;
pub use slice::{Slice, SliceDone, Slices};
pub use sorter::{Limits, Sorted, Sorter};
