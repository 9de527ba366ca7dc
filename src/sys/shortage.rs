//! What a file system or this process has run out of, known by the error codes of the system.
//!
//! RocksDB's C interface tells of an error in text alone. So what a failed write was short of is asked of the system
//! itself: by a small file that is written, and some that are opened.

use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Bytes that a folder has to have room for: a write-ahead log and a list of files begin with far less.
const ROOM: usize = 4 << 20;
/// Bytes below which a disk counts as full once a write has failed: RocksDB lays tens of megabytes aside for a log.
const SCARCE: u64 = 64 << 20;
/// Descriptors that have to be free: a log, a list of files and a table at once are a few.
const DESCRIPTORS: usize = 8;
/// The file that is written, and removed before that.
const NAME: &str = "probe.new";

/// What there is too little of. It passes when there is enough again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Room on the disk, or what is left of a quota (ENOSPC, EDQUOT).
    Disk,
    /// File descriptors of this process or of the system (EMFILE, ENFILE).
    Descriptors,
}

impl Shortage {
    /// The shortage that an error of the system says, if it says one.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        match Errno::from_io_error(error)? {
            Errno::NOSPC | Errno::DQUOT => Some(Self::Disk),
            Errno::MFILE | Errno::NFILE => Some(Self::Descriptors),
            _ => None,
        }
    }
}

/// The shortage of which a write into a folder may have failed: what a probe fails of, or room that is about to end. What
/// was short a moment ago may be there again, since a file that is given up gives its room back.
#[must_use]
pub fn suspect(folder: &Path) -> Option<Shortage> {
    if let Err(error) = probe(folder) {
        return Shortage::of(&error);
    }
    let found = rustix::fs::statvfs(folder).ok()?;
    (found.f_bavail.saturating_mul(found.f_frsize) < SCARCE).then_some(Shortage::Disk)
}

/// Writes a file of some megabytes into a folder and opens some descriptors, and gives all of it back.
///
/// # Errors
/// What the system says to that.
pub fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(NAME);
    let mut file = crate::sys::atomic_file::create_new(&path)?;
    // From here on it has no name: it is gone with this process, however that ends.
    fs::remove_file(&path)?;
    // No run of the same bytes, which some file systems keep as nothing.
    let noise: Vec<u8> = (0..64 << 10_u32).map(|place: u32| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for _ in 0..ROOM / noise.len() {
        file.write_all(&noise)?;
    }
    file.sync_all()?;
    let opened: Vec<File> = (0..DESCRIPTORS).map(|_| File::open(folder)).collect::<io::Result<_>>()?;
    drop(opened);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_known_by_its_code() {
        for (errno, expected) in [
            (Errno::NOSPC, Some(Shortage::Disk)),
            (Errno::DQUOT, Some(Shortage::Disk)),
            (Errno::MFILE, Some(Shortage::Descriptors)),
            (Errno::NFILE, Some(Shortage::Descriptors)),
            (Errno::IO, None),
            (Errno::FBIG, None),
            (Errno::ACCESS, None),
        ] {
            assert_eq!(Shortage::of(&io::Error::from_raw_os_error(errno.raw_os_error())), expected, "{errno:?}");
        }
        assert_eq!(Shortage::of(&io::Error::other("No space left on device")), None, "never by its text");
    }

    #[test]
    fn a_folder_with_room_passes_and_keeps_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), "left by a kill").unwrap();
        probe(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(probe(&dir.path().join("nowhere")).is_err());
    }
}
