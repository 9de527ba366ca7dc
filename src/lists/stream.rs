//! Where rows go: standard output, or a file that says in its name that it is not whole until it is.

use crate::lists::output::workbook::{TextForm, make};
use crate::sys::private_file;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// A stream of rows.
pub(super) struct Stream {
    place: Place,
    bytes: u64,
    hash: Xxh3,
}

enum Place {
    Stdout,
    File {
        file: File,
        path: PathBuf,
    },
    /// Standard error, a line at a time.
    Told,
}

/// The name of a file that is not whole.
pub(super) fn partial(path: &Path) -> PathBuf {
    with_ending(path, ".partial")
}

/// A name with something behind it.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether another command writes it at this moment.
pub(super) fn is_held(path: &Path) -> bool {
    File::open(partial(path)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Keeps everybody else from writing a file until it is closed.
fn hold(file: &File, path: &Path) -> io::Result<()> {
    let busy = || io::Error::from(io::ErrorKind::ResourceBusy);
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(busy()),
        // A file system without locks.
        Err(TryLockError::Error(_)) | Ok(()) => {}
    }
    // It may have got its name between being opened and being held.
    let (held, there) = (file.metadata()?, fs::metadata(partial(path)).map_err(|_| busy())?);
    if (held.dev(), held.ino()) == (there.dev(), there.ino()) { Ok(()) } else { Err(busy()) }
}

impl Stream {
    pub(super) fn stdout() -> Self {
        Self { place: Place::Stdout, bytes: 0, hash: Xxh3::new() }
    }

    pub(super) fn told() -> Self {
        Self { place: Place::Told, bytes: 0, hash: Xxh3::new() }
    }

    /// A file that is to become `path`: only its owner may read it, for it holds addresses. Nobody else may be writing it.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = private_file::open_or_make(&partial(path))?;
        hold(&file, path)?;
        file.set_len(0)?;
        Ok(Self { place: Place::File { file, path: path.to_owned() }, bytes: 0, hash: Xxh3::new() })
    }

    /// The same file as it is there, to be written behind.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let mut file = private_file::open_or_make(&partial(path))?;
        hold(&file, path)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        Ok(Self { place: Place::File { file, path: path.to_owned() }, bytes, hash: Xxh3::new() })
    }

    /// The same file again, whose first `bytes` are to hash to `hash`; what stands behind them is cut off. None if they
    /// are not there.
    pub(super) fn again(path: &Path, bytes: u64, hash: u128) -> io::Result<Option<Self>> {
        let mut file = match private_file::open_to_resume(&partial(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        hold(&file, path)?;
        let (mut read, mut left, mut buffer) = (Xxh3::new(), bytes, vec![0; 1 << 20]);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = file.read(&mut buffer[..most])?;
            if count == 0 {
                return Ok(None);
            }
            read.update(&buffer[..count]);
            left -= count as u64;
        }
        if read.digest128() != hash {
            return Ok(None);
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Some(Self { place: Place::File { file, path: path.to_owned() }, bytes, hash: read }))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.place {
            Place::Stdout => io::stdout().write_all(bytes)?,
            Place::Told => io::stderr().write_all(bytes)?,
            Place::File { file, .. } => {
                file.write_all(bytes)?;
                self.hash.update(bytes);
            }
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Bytes written, and their hash.
    pub(super) fn written(&self) -> (u64, u128) {
        (self.bytes, self.hash.digest128())
    }

    /// Everything is written.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Stdout => io::stdout().flush(),
            Place::Told => Ok(()),
            Place::File { file, .. } => file.sync_all(),
        }
    }

    /// Makes a workbook under its name of a whole file, and removes that.
    pub(super) fn rename_as_book(&self, form: &TextForm) -> io::Result<()> {
        let Place::File { path, .. } = &self.place else { return Ok(()) };
        make(&partial(path), path, form)?;
        fs::remove_file(partial(path))
    }

    /// Takes away a file that says nothing, and one of before.
    pub(super) fn discard(&self) -> io::Result<()> {
        let Place::File { path, .. } = &self.place else { return Ok(()) };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::remove_file(partial(path)),
        }
    }

    /// Takes away what is not whole.
    pub(super) fn discard_unfinished(&self) -> io::Result<()> {
        let Place::File { path, .. } = &self.place else { return Ok(()) };
        fs::remove_file(partial(path))
    }

    /// Gives a whole file its name; one of which nobody needs to hear if it is empty, none, and takes one of before away.
    pub(super) fn rename(&self, keep_empty: bool) -> io::Result<()> {
        let Place::File { path, .. } = &self.place else { return Ok(()) };
        if self.bytes > 0 || keep_empty {
            return fs::rename(partial(path), path);
        }
        self.discard()
    }
}
