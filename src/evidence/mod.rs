//! Evidence: the durable, tamper-evident record of every decision.
pub mod codec;
pub mod entry;
pub mod merkle;
pub mod note;
pub mod segment;
mod varint;
