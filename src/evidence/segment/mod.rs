//! A segment: one file of the log, a chain of frames from its header to its seal.
//!
//! ```text
//! header  "IZEV" ‖ version 2 ‖ key id ‖ node u32 ‖ number u64 ‖ chain of the segment before ‖ made at (ms) u64
//! frame   length u32 of what follows ‖ kind ‖ body ‖ check: the first 8 bytes of a code of the chain up to here
//!           kind 1, decisions: length of the columns u32 ‖ length of their zstd u32 ‖ zstd ‖ recipients
//!           kind 2, an event:  JSON
//!           kind 3, the seal:  what the segment is, as the leaf of the tree over all segments
//!           kind 4, decisions: length of the columns u32 ‖ columns ‖ recipients
//! ```
//!
//! A segment that is being written ends with zeros up to a boundary of 4,096 bytes; its seal cuts them off.
//!
//! The columns of few questions are made smaller by zstd. Those of a batch are hardly more than a byte a decision beside
//! 16 of its recipient: there zstd would cost more time than all else that is recorded.
//!
//! Numbers are big-endian. A frame's leaf is the RFC 6962 hash of kind ‖ body, where decisions stand as they are without
//! zstd: kind 1 ‖ length of the columns ‖ columns ‖ recipients. The chain begins with the hash of the header (domain 3); each
//! frame makes it the hash (domain 2) of chain ‖ leaf ‖ all that is on disk of the frame but check and what stands under its
//! leaf as it is there. So every byte of the file but the checks is under the chain, and decisions are proved without zstd.
//!
//! The code is keyed BLAKE3 of the chain under a key that is derived from the secret ([`crate::model::secret::mac`]): who can write the
//! file and has no secret can append, change or cut out nothing that passes for written. Who reads without the secret computes the
//! chain all the same, and holds it against the seal, the seal against the tree, the tree against its signed checkpoint. In version 1,
//! which is read for ever, the check is the first 8 bytes of the chain itself: anybody can make it.

pub mod codec;
mod format;
pub mod index;
mod read;
mod varint;
pub(in crate::evidence) mod walk;
mod write;

pub use format::{HEADER_LENGTH, Header, SEAL_LENGTH, Seal, Version};
pub use read::{Body, Broken, Frame, Frames, Unreadable, frame_at, is_nothing, read_sealed, sealed, unseal};
pub(super) use read::{NextFrame, SEALED_FRAME, next_frame};
pub use write::Open;

use crate::sys::private_file;
use std::io;
use std::path::{Path, PathBuf};

/// The file of a sealed segment.
#[must_use]
pub fn sealed_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.seg"))
}

/// The file of the segment that is being written.
#[must_use]
pub fn open_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.open"))
}

/// Reads the whole file of a segment, sealed or not.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    private_file::read(path, LONGEST_FILE)
}

/// Bytes of a segment's file at most: its index names places by 32 bits, and the settings allow a quarter of it.
const LONGEST_FILE: u64 = u32::MAX as u64;

/// The number of a segment's file, by its ending; none for another file.
#[must_use]
pub fn number_of(path: &Path, ending: &str) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(ending)?.strip_suffix('.')?;
    let plain = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
