//! The sealed segments of a folder as one tree, with a signed checkpoint of its root.
//!
//! ```text
//! tree            a line that says what it is, then the seal of every segment there ever was, 173 bytes each
//! checkpoint      a signed note of the tree's size and root, as of the last seal
//! signing.key     64 hexadecimal digits, unless a key is configured; for its owner alone
//! public.key      what verifies the checkpoints: name+hash+key; keep a copy elsewhere
//! former-….key    a public key that signed before, and behind an empty line the last note that it signed
//! ```
//!
//! A tree grows and never changes. Whether it has is seen by two witnesses: its own checkpoint, and what the store remembers of
//! the last one that was signed. [`check_tree`] is the one place that holds the tree against both; nothing is signed that
//! contradicts either.

use super::merkle::{Hash, Tree};
use crate::evidence::fault::{Fault, Witness};
use crate::evidence::segment::{SEAL_LENGTH, Seal};
use crate::evidence::tree::signed_note::{Signer, Verifier};
use crate::model::text::hex::{from_hex, to_hex};
use crate::ports::EvidenceMark;
use crate::sys::atomic_file::replace;
use crate::sys::private_file;
use crate::sys::private_file::open_or_make;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const TITLE: &[u8] = b"izingate evidence tree 1\n";
/// Bytes of a tree at most: six million segments.
const LONGEST_TREE: u64 = 1 << 30;
/// Bytes of a note, or of the text of a key, at most.
const LONGEST_NOTE: u64 = 64 << 10;

/// The tree of a log, for whoever adds to it.
pub struct Archive {
    folder: PathBuf,
    file: File,
    tree: Tree,
    signer: Signer,
}

/// A tree that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Segments in it.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// The seals on record in a folder, in the order of their numbers, from 1.
pub fn read_seals(folder: &Path) -> io::Result<Vec<Seal>> {
    let bytes = match private_file::read(&folder.join("tree"), LONGEST_TREE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the tree is damaged");
    // A kill while it was made, before there was anything to put into it.
    if TITLE.starts_with(&bytes) {
        return Ok(Vec::new());
    }
    let records = bytes.strip_prefix(TITLE).ok_or_else(damaged)?;
    // What a crash tore was never acknowledged: its segment is there and joins again.
    let (records, _torn) = records.as_chunks::<SEAL_LENGTH>();
    let seals: Option<Vec<Seal>> = records.iter().map(|record| Seal::from_bytes(record)).collect();
    let seals = seals.ok_or_else(damaged)?;
    let in_turn = seals.iter().zip(1..).all(|(seal, number)| seal.number == number);
    if in_turn { Ok(seals) } else { Err(damaged()) }
}

/// The checkpoint of a folder; none if there is none yet.
pub fn read_checkpoint(folder: &Path) -> io::Result<Option<String>> {
    match private_file::read(&folder.join("checkpoint"), LONGEST_NOTE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(error.to_string())),
        // What is no text is no checkpoint either, and refused as one.
        read => read.map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned())),
    }
}

/// Holds a tree against its checkpoint under a key, and against what the store remembers of the last checkpoint. Returns how many of
/// its segments, from the first on, one of them vouches for.
pub fn check_tree(
    seals: &[Seal],
    checkpoint: Option<&str>,
    key: &Verifier,
    mark: Option<&EvidenceMark>,
    faults: &mut Vec<Fault>,
) -> u64 {
    let mut vouched = 0;
    let mut previous = [0; 32];
    for seal in seals {
        if seal.previous != previous {
            faults.push(Fault::TreeDamaged(format!("segment {} does not follow the one before it", seal.number)));
        }
        previous = seal.end();
    }
    if let Some(mark) = mark.filter(|mark| mark.tree_size > 0) {
        let signed = Signed { size: mark.tree_size, root: mark.tree_root };
        vouched = vouched.max(hold_against(seals, Witness::Store, &signed, faults));
    }
    match checkpoint.map(|note| key.open(note)) {
        // Every start signs one, also over no segment at all, before anything is remembered of it.
        None if mark.is_some() || !seals.is_empty() => faults.push(Fault::CheckpointMissing(seals.len() as u64)),
        None => {}
        Some(Err(error)) => faults.push(Fault::CheckpointForeign(error, key.to_string())),
        Some(Ok(opened)) => {
            let signed = Signed { size: opened.size, root: opened.root };
            vouched = vouched.max(hold_against(seals, Witness::Checkpoint, &signed, faults));
        }
    }
    vouched
}

/// Holds a tree against one that was signed; returns how many segments that vouches for.
pub fn hold_against(seals: &[Seal], by: Witness, signed: &Signed, faults: &mut Vec<Fault>) -> u64 {
    let prefix = usize::try_from(signed.size).ok().and_then(|size| seals.get(..size));
    let Some(prefix) = prefix else {
        faults.push(Fault::TreeShort(by, signed.size, seals.len() as u64));
        return 0;
    };
    if root_of(prefix) == signed.root {
        return signed.size;
    }
    faults.push(Fault::TreeDiffers(by, signed.size));
    0
}

/// The root of the tree over seals.
#[must_use]
pub fn root_of(seals: &[Seal]) -> Hash {
    Tree::of(&seals.iter().map(Seal::leaf).collect::<Vec<Hash>>()).root()
}

impl Archive {
    /// Takes a tree up that was held against its witnesses, or begins it; nothing is signed yet.
    pub fn resume(folder: &Path, signer: Signer, seals: &[Seal]) -> io::Result<Self> {
        let file = open_or_make(&folder.join("tree"))?;
        file.write_all_at(TITLE, 0)?;
        file.set_len((TITLE.len() + seals.len() * SEAL_LENGTH) as u64)?;
        file.sync_all()?;
        let tree = Tree::of(&seals.iter().map(Seal::leaf).collect::<Vec<Hash>>());
        replace(&folder.join("public.key"), format!("{}\n", signer.verifier()).as_bytes())?;
        Ok(Self { folder: folder.to_owned(), file, tree, signer })
    }

    /// Segments in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The key that signs.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        self.signer.verifier()
    }

    /// Adds the next segment, durably. It is not signed yet.
    pub fn add(&mut self, seal: &Seal) -> io::Result<()> {
        let at = TITLE.len() as u64 + self.tree.size() * SEAL_LENGTH as u64;
        self.file.write_all_at(&seal.to_bytes(), at)?;
        self.file.sync_data()?;
        self.tree.push(seal.leaf());
        Ok(())
    }

    /// Signs the tree as it is; what was signed is on disk.
    pub fn sign(&self) -> io::Result<Signed> {
        let signed = Signed { size: self.tree.size(), root: self.tree.root() };
        let note = self.signer.sign(signed.size, &signed.root);
        replace(&self.folder.join("checkpoint"), note.as_bytes())?;
        Ok(signed)
    }
}

/// The key in a folder; none if there is none. `InvalidData` if what is there is no key.
pub fn own_key(folder: &Path) -> io::Result<Option<[u8; 32]>> {
    let path = folder.join("signing.key");
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "is damaged: a key is 64 hexadecimal digits");
    match private_file::read_text(&path, LONGEST_NOTE) {
        Ok(text) => read_key(&text).ok_or_else(malformed).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The key in a folder, for an operator who has another one sign: what is there and is no key gets the ending `lost`.
pub fn usable_key(folder: &Path) -> io::Result<Option<[u8; 32]>> {
    match own_key(folder) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let path = folder.join("signing.key");
            fs::rename(&path, path.with_extension("lost"))?;
            Ok(None)
        }
        key => key,
    }
}

/// The text of a public key in a folder, or of one that signed before, with the note behind it.
pub fn read_public(path: &Path) -> io::Result<String> {
    private_file::read_text(path, LONGEST_NOTE)
}

/// Makes a key in a folder.
pub fn make_key(folder: &Path) -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    replace(&folder.join("signing.key"), to_hex(&key).as_bytes())?;
    Ok(key)
}

/// Reads a key: 64 hexadecimal digits, white space around them.
#[must_use]
pub fn read_key(text: &str) -> Option<[u8; 32]> {
    from_hex(text.trim())?.try_into().ok()
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
