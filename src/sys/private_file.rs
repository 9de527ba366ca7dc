//! Files and folders that belong to their owner alone, and that are what their names say: no symbolic link leads a data
//! directory elsewhere, and nothing in it is a pipe or a device.

use rustix::fs::{Mode, OFlags};
use rustix::process::umask;
use std::fs::{self, DirBuilder, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Mode of a file.
const FILE: u32 = 0o600;
/// Mode of a folder.
const FOLDER: u32 = 0o700;
/// What others may do by a mode.
const OTHERS: u32 = 0o077;
/// A folder that lies in the root of a file system, such as one that is mounted for the evidence. It is the system's.
const FILE_SYSTEMS_OWN: &str = "lost+found";

/// A path that cannot be one of a data directory's own.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct UnfitPath {
    /// The file or folder.
    pub path: PathBuf,
    /// The reason.
    pub source: io::Error,
}

/// Has everything that this process makes from now on belong to its owner alone: also what RocksDB makes, which sets no
/// mode of its own.
pub fn keep_private() {
    umask(Mode::from_bits_truncate(OTHERS));
}

/// Returns how a file is made that must not be there yet, not even as a link.
#[must_use]
pub fn new_file() -> OpenOptions {
    let mut how = OpenOptions::new();
    how.write(true).create_new(true).mode(FILE);
    how
}

/// Opens a file to be read, but none behind a link, and nothing that is no file: whoever opens a pipe may wait for ever.
///
/// # Errors
/// What the system says; ELOOP for a link, `InvalidData` for what is no file.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let found = file.metadata()?.file_type();
    if found.is_file() { Ok(file) } else { Err(invalid(path, unfit(found))) }
}

/// Reads a whole file as [`open`] opens it, of `most` bytes at most: a length that nobody wrote must not fill the memory.
///
/// # Errors
/// What the system says; `InvalidData` for what is no file, or a longer one.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(invalid(path, &format!("has {length} bytes, and can have {most} at most")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file of text as [`read`] does.
///
/// # Errors
/// Those of [`read`]; `InvalidData` for what is no text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| invalid(path, "is no text"))
}

fn invalid(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} {what}", path.display()))
}

/// Opens a file to be written, as it is, or makes it; but none behind a link.
///
/// # Errors
/// What the system says; ELOOP for a link.
pub fn open_or_make(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    // Of a pipe that nobody reads an error, for which nobody waits.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    how.write(true).create(true).truncate(false).mode(FILE).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens a file that is there, to be read and then written behind; but none behind a link.
///
/// # Errors
/// What the system says; ELOOP for a link.
pub fn open_to_resume(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(no_follow()).open(path)
}

fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

/// Makes a folder, and those above it, if it is not there. One that is there stays as it is, unless it is a link.
///
/// # Errors
/// It cannot be made, or something else has its name.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)?;
    refuse_unless(path, FileType::is_dir)
}

fn refuse_unless(path: &Path, fits: impl Fn(&FileType) -> bool) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?.file_type();
    if fits(&found) { Ok(()) } else { Err(io::Error::other(unfit(found))) }
}

fn unfit(found: FileType) -> &'static str {
    match () {
        () if found.is_symlink() => "is a symbolic link, and none is followed here; put what it leads to in its place",
        () if found.is_fifo() || found.is_socket() => "is a pipe or a socket",
        () if found.is_dir() => "is a folder, where a file belongs",
        () if found.is_file() => "is a file, where a folder belongs",
        () => "is a device",
    }
}

/// Looks at a file or folder and everything in it: that nothing of it is a link, a pipe or a device, and that nobody but
/// its owner may do anything with it, which is put right. Whatever is not there is passed over.
///
/// # Errors
/// The first path that is unfit, or cannot be looked at.
pub fn claim(path: &Path) -> Result<(), UnfitPath> {
    let failed = |source| UnfitPath { path: path.to_owned(), source };
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(failed)?,
    };
    if !found.is_dir() && !found.is_file() {
        return Err(failed(io::Error::other(unfit(found.file_type()))));
    }
    tighten(path, &found);
    if !found.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name() != FILE_SYSTEMS_OWN {
            claim(&entry.path())?;
        }
    }
    Ok(())
}

/// Looks at a file or folder alone, and at nothing in it: that it is no link, pipe or device.
///
/// # Errors
/// It is one, or cannot be looked at. Whatever is not there is passed over.
pub fn refuse_link(path: &Path) -> Result<(), UnfitPath> {
    match refuse_unless(path, |found| found.is_dir() || found.is_file()) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(UnfitPath { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// Takes from a mode what others may do. What belongs to somebody else stays as it is, and is told.
fn tighten(path: &Path, found: &Metadata) {
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return;
    }
    if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777 & !OTHERS)) {
        tracing::warn!(path = %path.display(), %error, "others may read or change this, and it cannot be kept from them");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn loosen(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("a/b"), dir.path().join("a/b/c"));
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        drop(open_or_make(&file).unwrap());
        assert_eq!([mode(&dir.path().join("a")), mode(&folder), mode(&file)], [0o700, 0o700, 0o600]);
        assert!(new_file().open(&file).is_err(), "it is there");
        assert!(make_folder(&file).is_err());
    }

    #[test]
    fn a_link_is_never_followed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("target"), "kept").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (link, target) in [("file link", "target"), ("folder link", "folder"), ("dangling", "nowhere")] {
            symlink(at(target), at(link)).unwrap();
            assert!(open(&at(link)).is_err() && open_or_make(&at(link)).is_err() && make_folder(&at(link)).is_err(), "{link}");
            for error in [claim(&at(link)).unwrap_err(), refuse_link(&at(link)).unwrap_err()] {
                assert!(error.path == at(link) && error.to_string().contains("symbolic link"), "{error}");
            }
            assert!(claim(dir.path()).is_err(), "wherever it is");
            drop(crate::sys::atomic_file::create_new(&at(link)).unwrap());
            fs::remove_file(at(link)).unwrap();
        }
        assert_eq!((fs::read(at("target")).unwrap(), at("nowhere").exists()), (b"kept".to_vec(), false));
    }

    #[test]
    fn what_others_could_read_is_kept_from_them() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("a"), dir.path().join("a/b"));
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "").unwrap();
        loosen(&folder, 0o755);
        loosen(&file, 0o664);
        claim(&folder).unwrap();
        assert_eq!([mode(&folder), mode(&file)], [0o700, 0o600]);
        loosen(&file, 0o400);
        claim(&folder).unwrap();
        assert_eq!(mode(&file), 0o400, "its owner's own part stays");
        claim(&dir.path().join("nowhere")).unwrap();
        let foreign = folder.join(FILE_SYSTEMS_OWN);
        fs::create_dir(&foreign).unwrap();
        loosen(&foreign, 0o755);
        claim(&folder).unwrap();
        assert_eq!(mode(&foreign), 0o755, "a file system's own");
    }

    #[test]
    fn a_pipe_is_no_file_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("000007.log");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, Mode::from_bits_truncate(0o600), 0).unwrap();
        assert!(claim(dir.path()).unwrap_err().to_string().contains("pipe"));
    }
}
