//! The sealed segments of a folder as one tree, with a signed checkpoint of its root.
//!
//! ```text
//! tree            a line that says what it is, then the seal of every segment there ever was, 173 bytes each
//! checkpoint      a signed note of the tree's size and root, as of the last seal
//! signing.key     64 hexadecimal digits, unless a key is configured; for its owner alone
//! public.key      what verifies the checkpoints: name+hash+key; keep a copy elsewhere
//! ```

use super::merkle::{Hash, Tree};
use super::note::Signer;
use super::segment::{SEAL_LENGTH, Seal};
use crate::disk::private::open_or_make;
use crate::disk::{replace, replace_private};
use crate::model::hex::{from_hex, to_hex};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const TITLE: &[u8] = b"izingate evidence tree 1\n";

/// The tree of a log, for whoever adds to it.
pub struct Archive {
    folder: PathBuf,
    file: File,
    tree: Tree,
    signer: Signer,
}

/// The seals on record in a folder, in the order of their numbers, from 1.
pub fn read_seals(folder: &Path) -> io::Result<Vec<Seal>> {
    let bytes = match fs::read(folder.join("tree")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the tree is damaged");
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
    match fs::read_to_string(folder.join("checkpoint")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

impl Archive {
    /// Opens the tree of a folder, or begins it, and says which seals are in it.
    pub fn open(folder: &Path, node: u32, key: Option<[u8; 32]>) -> io::Result<(Self, Vec<Seal>)> {
        let seed = key.map_or_else(|| own_key(folder), Ok)?;
        let signer = Signer::new(format!("izingate-{node:08x}"), &seed).ok_or_else(|| io::Error::other("the key was refused"))?;
        let seals = read_seals(folder)?;
        let file = open_or_make(&folder.join("tree"))?;
        file.write_all_at(TITLE, 0)?;
        file.set_len((TITLE.len() + seals.len() * SEAL_LENGTH) as u64)?;
        file.sync_all()?;
        let tree = Tree::of(&seals.iter().map(Seal::leaf).collect::<Vec<Hash>>());
        let archive = Self { folder: folder.to_owned(), file, tree, signer };
        replace(&archive.folder.join("public.key"), format!("{}\n", archive.signer.verifier()).as_bytes())?;
        archive.refuse_contradiction(&seals)?;
        archive.check()?;
        Ok((archive, seals))
    }

    /// A tree that was signed once grows and never changes: what contradicts its own checkpoint is not signed again.
    fn refuse_contradiction(&self, seals: &[Seal]) -> io::Result<()> {
        let Some(note) = read_checkpoint(&self.folder)? else { return Ok(()) };
        let signed = match self.signer.verifier().open(&note) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::warn!(%error, "the checkpoint of the evidence is not of the key that is configured now");
                return Ok(());
            }
        };
        let prefix = usize::try_from(signed.size).ok().and_then(|size| seals.get(..size));
        let root = prefix.map(|seals| Tree::of(&seals.iter().map(Seal::leaf).collect::<Vec<Hash>>()).root());
        if root == Some(signed.root) {
            return Ok(());
        }
        let text = "the tree is not the one that its checkpoint was signed over; see izingate evidence verify";
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    }

    /// Segments in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Adds the next segment, durably, and signs the tree that has it.
    pub fn add(&mut self, seal: &Seal) -> io::Result<()> {
        let at = TITLE.len() as u64 + self.tree.size() * SEAL_LENGTH as u64;
        self.file.write_all_at(&seal.to_bytes(), at)?;
        self.file.sync_data()?;
        self.tree.push(seal.leaf());
        if let Err(error) = self.check() {
            tracing::warn!(%error, "the checkpoint of the evidence could not be signed anew; the next one makes up for it");
        }
        Ok(())
    }

    /// Writes the checkpoint anew. If that fails the next one makes up for it.
    fn check(&self) -> io::Result<()> {
        let note = self.signer.sign(self.tree.size(), &self.tree.root());
        replace(&self.folder.join("checkpoint"), note.as_bytes())
    }
}

/// The key in the folder; one is made where there is none, and no tree that another one has signed.
fn own_key(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join("signing.key");
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, format!("{}: a key is 64 hexadecimal digits", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => return read_key(&text).ok_or_else(malformed),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) if folder.join("checkpoint").exists() => {
            return Err(io::Error::other(format!("{}: the key that signed the evidence here is missing", path.display())));
        }
        Err(_) => {}
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    replace_private(&path, to_hex(&key).as_bytes())?;
    Ok(key)
}

/// Reads a key: 64 hexadecimal digits, white space around them.
#[must_use]
pub fn read_key(text: &str) -> Option<[u8; 32]> {
    from_hex(text.trim())?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::note::Verifier;
    use super::*;
    use crate::check::DecisionId;

    fn seal(number: u64) -> Seal {
        let none = DecisionId::of(0, 0, 0);
        Seal {
            node: 7,
            number,
            frames: 1,
            decisions: 0,
            ids: (none, none),
            times: (0, 0),
            previous: [0; 32],
            chain: [1; 32],
            root: [2; 32],
            bytes: 100,
        }
    }

    #[test]
    fn every_seal_is_in_the_tree_and_the_tree_is_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut archive, seals) = Archive::open(folder.path(), 7, None).unwrap();
        assert_eq!(seals, []);
        (1..4).for_each(|number| archive.add(&seal(number)).unwrap());
        drop(archive);
        // A record that a crash tore is written again.
        let mut torn = fs::read(folder.path().join("tree")).unwrap();
        torn.extend([9; 100]);
        fs::write(folder.path().join("tree"), &torn).unwrap();
        let (mut archive, seals) = Archive::open(folder.path(), 7, None).unwrap();
        assert_eq!(seals, [1, 2, 3].map(seal));
        archive.add(&seal(4)).unwrap();
        let seals = read_seals(folder.path()).unwrap();
        assert_eq!(seals, [1, 2, 3, 4].map(seal));
        let key = Verifier::parse(&fs::read_to_string(folder.path().join("public.key")).unwrap()).unwrap();
        let checkpoint = key.open(&read_checkpoint(folder.path()).unwrap().unwrap()).unwrap();
        let root = Tree::of(&seals.iter().map(Seal::leaf).collect::<Vec<_>>()).root();
        assert_eq!((checkpoint.size, checkpoint.root), (4, root));
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(Archive::open(folder.path(), 7, None).unwrap());
        fs::remove_file(folder.path().join("signing.key")).unwrap();
        assert!(Archive::open(folder.path(), 7, None).is_err());
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_adds_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (mut archive, _) = Archive::open(folder.path(), 7, None).unwrap();
        fs::create_dir(folder.path().join("checkpoint.new")).unwrap();
        archive.add(&seal(1)).unwrap();
        fs::remove_dir(folder.path().join("checkpoint.new")).unwrap();
        archive.add(&seal(2)).unwrap();
        drop(archive);
        assert_eq!(Archive::open(folder.path(), 7, None).unwrap().1, [1, 2].map(seal));
    }

    #[test]
    fn a_tree_that_contradicts_its_checkpoint_is_not_signed_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut archive, _) = Archive::open(folder.path(), 7, None).unwrap();
        (1..4).for_each(|number| archive.add(&seal(number)).unwrap());
        drop(archive);
        let path = folder.path().join("tree");
        let whole = fs::read(&path).unwrap();
        let other = Seal { decisions: 9, ..seal(3) };
        let forged = [&whole[..whole.len() - SEAL_LENGTH], &other.to_bytes()[..]].concat();
        for tree in [&whole[..whole.len() - SEAL_LENGTH], &forged[..]] {
            fs::write(&path, tree).unwrap();
            assert!(Archive::open(folder.path(), 7, None).is_err());
        }
        fs::write(&path, &whole).unwrap();
        assert!(Archive::open(folder.path(), 7, None).is_ok());
    }
}
