//! All sealed segments of a folder as one Merkle tree, with a signed checkpoint of its root.

pub mod archive;
pub mod merkle;
pub mod prove;
pub mod signed_note;
