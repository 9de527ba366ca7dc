//! A file that is written past the page cache, where its file system can: nobody reads it soon, and the kernel's copy costs more
//! than the disk's own work.

use crate::sys::aligned_buffer::{BLOCK, Blocks};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// The file.
#[derive(Debug)]
pub struct Direct(File);

impl Direct {
    /// Opens a file that `how` says how to.
    pub fn open(how: &mut OpenOptions, path: &Path) -> io::Result<Self> {
        let plain = how.clone();
        match how.custom_flags(OFlags::DIRECT.bits().cast_signed()).open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => plain.open(path).map(Self),
            opened => opened.map(Self),
        }
    }

    /// Writes the bytes at a boundary of the file, with zeros behind them up to the next one, and has the disk keep them.
    pub fn write(&self, blocks: &mut Blocks, at: u64) -> io::Result<()> {
        let length = blocks.len();
        blocks.extend_with(length.next_multiple_of(BLOCK) - length);
        let written = self.write_all(blocks.get(), at).and_then(|()| self.0.sync_data());
        blocks.truncate(length);
        written
    }

    fn write_all(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self.0.write_all_at(bytes, at) {
            // Opened so, and yet not written so; or a write was cut short between two boundaries.
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) && self.is_direct()? => {
                fcntl_setfl(&self.0, fcntl_getfl(&self.0)? - OFlags::DIRECT)?;
                self.0.write_all_at(bytes, at)
            }
            written => written,
        }
    }

    fn is_direct(&self) -> io::Result<bool> {
        Ok(fcntl_getfl(&self.0)?.contains(OFlags::DIRECT))
    }

    /// Ends the file behind so many bytes.
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    /// Has the disk keep everything of it.
    pub fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_written_is_there_with_zeros_up_to_the_boundary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = Direct::open(OpenOptions::new().write(true).create_new(true), &path).unwrap();
        let mut blocks = Blocks::default();
        blocks.extend(&[7; 5_000]);
        file.write(&mut blocks, 0).unwrap();
        blocks.forget(4_096);
        blocks.extend(&[8; 10]);
        file.write(&mut blocks, 4_096).unwrap();
        let expected = [&[7; 5_000][..], &[8; 10], &[0; 8_192 - 5_010]].concat();
        assert_eq!((fs::read(&path).unwrap(), blocks.len()), (expected, 914));
        file.set_len(5_010).unwrap();
        file.sync_all().unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), 5_010);
        assert!(Direct::open(OpenOptions::new().write(true).create_new(true), &path).is_err());
    }

    /// A file system without direct I/O: procfs takes neither, and says so; a pipe's end takes it for something else.
    #[test]
    fn a_file_system_that_cannot_is_written_through_the_cache() {
        let file = File::from(rustix::fs::memfd_create("plain", rustix::fs::MemfdFlags::empty()).unwrap());
        let direct = Direct(file.try_clone().unwrap());
        let mut blocks = Blocks::default();
        blocks.extend(b"abc");
        direct.write(&mut blocks, 0).unwrap();
        let mut there = [9; 4];
        file.read_exact_at(&mut there, 0).unwrap();
        assert_eq!(there, *b"abc\0");
    }
}
