//! What is kept: RocksDB behind words of the field.
//!
//! [`codec`] says how every key and value is written, byte by byte; [`rocks`] is the only folder that
//! names RocksDB; [`commit`] is one atomic batch, [`staged`] and [`bulk_journal`] one of sorted files; [`history`]
//! reads for people; [`retention`] deletes what need not be kept, [`erasure`] what is stored of a recipient;
//! [`backup`] makes and restores copies. Column families:
//!
//! | family | key → value |
//! |---|---|
//! | `consent` | relation → the current movement of each cell, of a retailer its access to each |
//! | `history` | relation ‖ cell ‖ creationDate ‖ status ‖ source → the movement and our first commit of it |
//! | `changes` | revision → the relations that changed, with their resulting states |
//! | `recipients` | pseudonym → closure; pseudonym ‖ brand → tombstone of an erasure |
//! | `cursors` | feed or bulk import → position; brand → what it misses |
//! | `registry` | brands with their modes and standing, declarations, names of unknown sources; closures that İYS is still to be told |
//! | `meta` | format, key check, node, revision, open intent, open erasures, how far the evidence was, the latest reading of the clock |

pub mod backup;
mod bulk_journal;
mod changes;
mod clock;
pub mod codec;
mod commit;
mod day_movements;
mod earlier;
mod erasure;
mod error;
mod evidence;
mod feeds;
mod history;
mod loss;
mod meta;
mod pending_closures;
mod registry;
mod retention;
mod rocks;
mod scan;
mod staged;
mod verify;

pub use crate::store::bulk_journal::Completion;
pub use clock::ClockAccepted;
pub use commit::Commit;
pub use erasure::{KnownMovement, LogScan, Untold};
pub use error::StoreError;
pub use retention::Swept;
pub use rocks::{Compression, FamilyFigures, Options, Pressure, Store};
pub use scan::{BrandCensus, Census};
pub use staged::{Staged, Staging};
pub use verify::OnFile;
