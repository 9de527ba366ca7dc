//! What the system denies this process, told so that it can be put right: the file, its owner, and the permission that is missing.

use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file or folder on which a permission is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    path: PathBuf,
    owner: u32,
    mode: u32,
    /// Who this process is.
    own: u32,
    missing: &'static str,
}

/// Describes an error about a path; one of permissions with what they are.
#[must_use]
pub fn described(error: &io::Error, path: &Path) -> String {
    let denied = if error.kind() == io::ErrorKind::PermissionDenied { Denied::find(path) } else { None };
    denied.map_or_else(|| error.to_string(), |denied| format!("{error}; {denied}"))
}

impl Denied {
    /// Looks for the first permission that is missing: to enter the folders above, then on the path itself and on everything in it.
    #[must_use]
    pub fn find(path: &Path) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let closed = above.iter().find(|folder| fs::symlink_metadata(folder).is_ok() && !may(folder, Access::EXEC_OK));
        if let Some(folder) = closed {
            return Self::of(folder, "enter it");
        }
        if fs::symlink_metadata(&path).is_ok() {
            return Self::within(&path);
        }
        let nearest = above.iter().rev().find(|folder| folder.is_dir())?;
        if may(nearest, Access::WRITE_OK) { None } else { Self::of(nearest, "make anything in it") }
    }

    fn within(path: &Path) -> Option<Self> {
        let is_folder = path.is_dir();
        if !may(path, Access::READ_OK) {
            return Self::of(path, "read it");
        }
        if is_folder && !may(path, Access::EXEC_OK) {
            return Self::of(path, "enter it");
        }
        if !may(path, Access::WRITE_OK) {
            return Self::of(path, if is_folder { "make anything in it" } else { "write it" });
        }
        if !is_folder {
            return None;
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().filter(|entry| !entry.is_symlink()).find_map(|entry| Self::within(entry))
    }

    fn of(path: &Path, missing: &'static str) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        let own = rustix::process::geteuid().as_raw();
        Some(Self { path: path.to_owned(), owner: found.uid(), mode: found.mode() & 0o7777, own, missing })
    }
}

fn may(path: &Path, what: Access) -> bool {
    accessat(CWD, path, what, AtFlags::EACCESS).is_ok()
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, owner, mode, own, missing } = self;
        let (path, owner, own) = (path.display(), User(*owner), User(*own));
        write!(f, "{path} belongs to {owner}, mode {mode:04o}, and this process runs as {own}, which may not {missing}")
    }
}

/// The owner of a folder, if this process is root and the folder is another's: what root makes in it the owner cannot read.
#[must_use]
pub fn owner_beside_root(folder: &Path) -> Option<User> {
    let owner = fs::metadata(folder).ok()?.uid();
    (rustix::process::geteuid().is_root() && owner != 0).then_some(User(owner))
}

/// A user by its number, and by its name where the machine's list of users has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User(u32);

impl User {
    /// The user as `sudo -u` takes it.
    #[must_use]
    pub fn for_sudo(self) -> String {
        fs::read_to_string("/etc/passwd")
            .ok()
            .and_then(|users| name_in(&users, self.0))
            .unwrap_or_else(|| format!("'#{}'", self.0))
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uid {}", self.0)?;
        match fs::read_to_string("/etc/passwd").ok().and_then(|users| name_in(&users, self.0)) {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_name_where_the_machine_knows_one() {
        let users = "root:x:0:0:root:/root:/bin/bash\nizingate:x:999:998::/var/lib/izingate:/usr/sbin/nologin\nbroken\n";
        assert_eq!(name_in(users, 999), Some("izingate".to_owned()));
        assert_eq!(name_in(users, 1), None);
    }

    #[test]
    fn it_says_whose_the_file_is_and_what_is_missing() {
        let own = u32::MAX - 1;
        let denied = Denied { path: "/d/LOCK".into(), owner: own, mode: 0o600, own, missing: "write it" };
        let expected =
            format!("/d/LOCK belongs to uid {own}, mode 0600, and this process runs as uid {own}, which may not write it");
        assert_eq!(denied.to_string(), expected);
    }
}
