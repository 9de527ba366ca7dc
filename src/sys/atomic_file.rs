//! Files and folders of a data directory: whole at every moment, their owner's alone, and never behind a symbolic link.

use crate::sys::aligned_buffer::Blocks;
use crate::sys::direct_file::Direct;
use crate::sys::private_file::new_file;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file, or makes it: whatever happens, it is as it was or as it shall be. It is readable by its owner alone.
/// What was cut short lies beside it with the ending `new`; whatever is there is removed first, and never written through.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    finish(create_new(&unfinished)?, &unfinished, path, bytes)
}

/// Replaces a large file that nobody reads soon, past the page cache.
pub fn replace_large(path: &Path, mut bytes: Blocks) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    remove_if_there(&unfinished)?;
    let file = Direct::open(&mut new_file(), &unfinished)?;
    file.write(&mut bytes, 0)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()?;
    name(&unfinished, path)
}

/// Makes a file for its owner alone, in place of whatever is there: a link is removed, not followed.
pub fn create_new(path: &Path) -> io::Result<File> {
    remove_if_there(path)?;
    new_file().open(path)
}

/// Removes a file, or a link, if there is one.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn finish(mut file: File, unfinished: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()?;
    name(unfinished, path)
}

fn name(unfinished: &Path, path: &Path) -> io::Result<()> {
    fs::rename(unfinished, path)?;
    // A bare name has an empty parent.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_its_owners_alone_whatever_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        fs::write(dir.path().join("a.new"), "cut sho").unwrap();
        replace(&path, b"secret").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions().mode() & 0o777),
            (b"secret".to_vec(), 0o600)
        );
    }

    #[test]
    fn what_is_replaced_is_never_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = (dir.path().join("target"), dir.path().join("a.json"));
        fs::write(&target, "kept").unwrap();
        let ways: [&dyn Fn() -> io::Result<()>; 2] = [&|| replace(&path, b"new"), &|| {
            let mut blocks = Blocks::default();
            blocks.extend(b"new");
            replace_large(&path, blocks)
        }];
        for way in ways {
            for link in ["a.new", "a.json"] {
                std::os::unix::fs::symlink(&target, dir.path().join(link)).unwrap();
                way().unwrap();
                let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
                assert_eq!((fs::read(&target).unwrap(), fs::read(&path).unwrap()), (b"kept".to_vec(), b"new".to_vec()), "{link}");
                assert_eq!((mode & 0o777, mode & 0o170_000), (0o600, 0o100_000), "{link}");
                fs::remove_file(&path).unwrap();
            }
        }
    }

    #[test]
    fn it_is_replaced_over_whatever_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        fs::write(dir.path().join("a.new"), "cut sho").unwrap();
        for text in ["first and long", "second"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(replace(&dir.path().join("nowhere/a.json"), b"").is_err());
    }
}
