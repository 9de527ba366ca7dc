//! Files that are whole at every moment, and files that are written past the page cache.

pub mod blocks;
pub mod direct;
pub mod shortage;

use blocks::Blocks;
use direct::Direct;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Replaces a file, or makes it: whatever happens, it is as it was or as it shall be. What was cut short lies
/// beside it with the ending `new`.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    finish(File::create(&unfinished)?, &unfinished, path, bytes)
}

/// The same of a large file that nobody reads soon.
pub fn replace_large(path: &Path, mut bytes: Blocks) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let file = Direct::open(OpenOptions::new().write(true).create(true).truncate(true), &unfinished)?;
    file.write(&mut bytes, 0)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()?;
    name(&unfinished, path)
}

/// The same of a secret: readable by its owner alone.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    // What was cut short is there with whatever mode.
    remove_if_there(&unfinished)?;
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    finish(file, &unfinished, path, bytes)
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
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
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
        replace_private(&path, b"secret").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions().mode() & 0o777),
            (b"secret".to_vec(), 0o600)
        );
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
