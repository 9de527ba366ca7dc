//! Lists: rows with an address in, the same rows with their decisions out, at constant memory.
//!
//! ```text
//! bytes ──► reader ──► block of whole rows ──► decided elsewhere ──► output ──► bytes
//!           encoding     phones, e-mails        (a byte an address)    the rows as they were,
//!           layout                                                     and their columns
//! ```
//! Nothing here reads, writes or decides: whoever has the bytes pushes them in, asks for blocks, has their addresses
//! decided and takes the output. What comes out does not depend on how the bytes were cut.
//!
//! In reading order: [`error`] what is no list; `record` where a row ends; `table`,
//! `headings`, `header`, `delimiter`, `column` and [`layout`] what a list looks like; [`list_reader`] and [`block`] rows on their way; [`output`] what is
//! made of them, and [`rows`] reads it again; [`duplicates`] which addresses came before; [`summary`] the counts of every outcome.

pub mod block;
mod cell_shape;
mod column;
mod delimiter;
pub mod duplicates;
pub mod error;
mod header;
mod headings;
pub mod layout;
pub mod list_reader;
pub mod output;
mod record;
pub mod rows;
pub mod summary;
mod table;
mod turkish;

pub use crate::filter::list_reader::Intake;
pub use crate::filter::summary::{ListOutcome, Tally};
pub use block::{AskedColumn, Block, Refusal};
pub use error::ListError;
pub use layout::{Kind, Layout, Wanted};
pub use output::{Columns, Pair};

/// The longest row in bytes. A longer one is refused and passed over.
pub const MAX_ROW: usize = 1 << 20;

/// Bytes at the beginning of a list by which its layout is found.
pub const SAMPLE: usize = 64 << 10;

#[cfg(test)]
mod tests;
