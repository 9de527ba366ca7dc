//! The data directory: locked for one process, with its secret.
//!
//! ```text
//! DATA/LOCK        held by whoever writes
//! DATA/secret.key  only if no secret is configured
//! DATA/snapshot/   the index, for a quick start; can be removed at any time
//! DATA/store/      RocksDB
//! DATA/restoring/  what a restore has copied so far
//! DATA/evidence/  every decision: segments, their tree and its signed checkpoint
//! DATA/import/     while an import sorts, or after one that was broken off
//! DATA/starts      how often a gateway was started on it
//! DATA/lists/      where the records lie of lists that were decided on this data
//! DATA/iys-usage.json  what was asked of İYS, where one is followed: its limits outlive the process
//! ```

use crate::config::SecretSource;
use crate::model::secret::pseudonym::Secret;
use crate::sys::access_denied::{User, described, owner_beside_root};
use crate::sys::atomic_file::replace;
use crate::sys::private_file;
use crate::sys::private_file::{UnfitPath, make_folder};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A data directory that this process holds.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a data directory cannot be used, each with a stable code.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written.
    #[error("{path}: the data directory cannot be used: {}", described(source, path))]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// This process is root, and the directory is another user's.
    #[error(
        "{path}: belongs to {owner}, and this process runs as root: what it makes there the owner could not read, and the gateway would not start \
         again; run it as the owner: sudo -u {} izingate …", .owner.for_sudo()
    )]
    OfAnother {
        /// The data directory.
        path: PathBuf,
        /// Its owner.
        owner: User,
    },
    /// Another process holds it.
    #[error("{path}: another process has this data directory open; use --endpoint to reach a running gateway")]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// A restore into it was cut short.
    #[error("{path}: a restore into this directory was not finished; run it again")]
    RestoreUnfinished {
        /// The data directory.
        path: PathBuf,
    },
    /// It holds something, so nothing is restored into it.
    #[error("{path}: holds {}; a backup is restored into an empty directory, or one that is not there", .found.display())]
    NotEmpty {
        /// The data directory.
        path: PathBuf,
        /// What it holds.
        found: std::ffi::OsString,
    },
    /// It is there, and neither empty nor ours.
    #[error(
        "{path}: is no data directory: it holds {}, and no data of izingate; give one that is empty or not there yet, or the one that was meant",
        .found.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What it holds, the first by name.
        found: std::ffi::OsString,
    },
    /// There is data, but the secret that it was made with is not there.
    #[error("{path}: there is data here but no secret; give the one it was made with (--secret-file or IZINGATE_SECRET)")]
    SecretMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file of the secret cannot be read.
    #[error("{path}: the secret cannot be read: {}", described(source, path))]
    SecretUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds no secret.
    #[error("{path}: {source}")]
    SecretMalformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::model::secret::pseudonym::InvalidSecret,
    },
    /// The system gives no random bytes.
    #[error("no secret could be made: {0}")]
    NoRandom(String),
}

impl From<UnfitPath> for DataDirError {
    fn from(unfit: UnfitPath) -> Self {
        Self::Unusable { path: unfit.path, source: unfit.source }
    }
}

impl DataDirError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unusable { .. } => "DATA_UNUSABLE",
            Self::OfAnother { .. } => "DATA_OWNER",
            Self::InUse { .. } => "DATA_IN_USE",
            Self::RestoreUnfinished { .. } => "RESTORE_UNFINISHED",
            Self::NotEmpty { .. } => "DATA_NOT_EMPTY",
            Self::Foreign { .. } => "DATA_FOREIGN",
            Self::SecretMissing { .. } => "SECRET_MISSING",
            Self::SecretUnreadable { .. } => "SECRET_UNREADABLE",
            Self::SecretMalformed { .. } => "SECRET_MALFORMED",
            Self::NoRandom(_) => "NO_RANDOM",
        }
    }
}

/// Whether a process holds the directory for writing.
#[must_use]
pub fn is_held(path: &Path) -> bool {
    let Ok(lock) = private_file::open(&path.join(LOCK)) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl DataDir {
    /// Takes the directory for this process; makes it if it is not there. One that holds something else is left as it is.
    pub fn take(path: &Path) -> Result<Self, DataDirError> {
        refuse_foreign(path)?;
        let taken = Self::lock(path)?;
        // It would be taken for a fresh one, and answer DENY to everything.
        if taken.restoring().exists() && !taken.store().exists() {
            return Err(DataDirError::RestoreUnfinished { path: path.to_owned() });
        }
        Ok(taken)
    }

    /// Takes a directory that holds nothing, save what a restore that was cut short has left.
    pub fn take_empty(path: &Path) -> Result<Self, DataDirError> {
        // Before the lock is made: a directory that is someone else's is left as it is.
        refuse_content(path)?;
        let taken = Self::lock(path)?;
        refuse_content(path)?;
        Ok(taken)
    }

    fn lock(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
        // The directory itself may be a link, and what others may do in it is its owner's choice.
        if !path.is_dir() {
            make_folder(path).map_err(unusable)?;
        }
        if let Some(owner) = owner_beside_root(path) {
            return Err(DataDirError::OfAnother { path: path.to_owned(), owner });
        }
        let lock_path = path.join(LOCK);
        let lock = private_file::open_or_make(&lock_path).map_err(|source| DataDirError::Unusable { path: lock_path, source })?;
        let mut taken = lock.try_lock();
        // A reader that looks whether the directory is held has the lock for a moment.
        for _ in 0..TRIES {
            if !matches!(taken, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::yield_now();
            taken = lock.try_lock();
        }
        match taken {
            Ok(()) => {
                claim(path)?;
                Ok(Self { path: path.to_owned(), _lock: lock })
            }
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Makes the folder that a backup is copied into, anew.
    pub fn begin_restoring(&self) -> Result<PathBuf, DataDirError> {
        let folder = self.restoring();
        let make = || {
            remove_folder(&folder)?;
            make_folder(&folder)
        };
        make().map_err(|source| DataDirError::Unusable { path: folder.clone(), source })?;
        Ok(folder)
    }

    /// Makes the copy in that folder, which is on disk, the data of this directory.
    pub fn end_restoring(&self) -> Result<(), DataDirError> {
        let folder = self.restoring();
        let rename = || {
            fs::rename(store_path(&folder), self.store())?;
            File::open(&self.path)?.sync_all()?;
            remove_folder(&folder)
        };
        rename().map_err(|source| DataDirError::Unusable { path: self.path.clone(), source })
    }

    fn restoring(&self) -> PathBuf {
        self.path.join(RESTORING)
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's folder.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        store_path(&self.path)
    }

    /// Returns whether nothing was ever kept in it.
    pub fn is_new(&self) -> Result<bool, DataDirError> {
        Ok(!holds_data(&self.path)?)
    }

    /// Where it is kept what was asked of İYS in the last hours.
    #[must_use]
    pub fn iys_usage(&self) -> PathBuf {
        self.path.join("iys-usage.json")
    }

    /// Counts a start of a gateway; tells how many there were with it. What cannot be read counts from one again, and
    /// what cannot be kept is told: no gateway stays down for a count.
    pub fn count_start(&self) -> u64 {
        let path = self.path.join("starts");
        let before = private_file::open(&path).and_then(io::read_to_string).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let starts = before.unwrap_or(0).saturating_add(1);
        if let Err(error) = replace(&path, format!("{starts}\n").as_bytes()) {
            tracing::warn!(path = %path.display(), %error, "the number of starts could not be kept");
        }
        starts
    }

    /// Where the snapshot of the index is; its folder is made.
    pub fn snapshot(&self) -> Result<PathBuf, DataDirError> {
        let folder = self.path.join("snapshot");
        make_folder(&folder).map_err(|source| DataDirError::Unusable { path: folder.clone(), source })?;
        Ok(folder.join("index.snap"))
    }

    /// The secret: the configured one, or its own; a fresh directory without one gets that.
    pub fn secret(&self, configured: Option<Secret>) -> Result<Secret, DataDirError> {
        configured.map_or_else(|| self.own_secret(), Ok)
    }

    fn own_secret(&self) -> Result<Secret, DataDirError> {
        let path = self.path.join("secret.key");
        if path.exists() {
            return read_secret(&path, private_file::open(&path));
        }
        if !self.is_new()? {
            return Err(DataDirError::SecretMissing { path });
        }
        let secret = random_secret()?;
        write_secret(&path, &secret).map_err(|source| DataDirError::Unusable { path: path.clone(), source })?;
        tracing::warn!(
            path = %path.display(),
            "made a new secret; keep a copy elsewhere, and keep it private: whoever loses it cannot use the data, whoever has it can recover phone \
             numbers"
        );
        Ok(secret)
    }
}

/// The secret that is configured, if any: read before a data directory is touched.
pub fn configured_secret(source: &SecretSource) -> Result<Option<Secret>, DataDirError> {
    match source {
        SecretSource::Given(secret) => Ok(Some(secret.clone())),
        // Where it is configured to be, links may lead: those of Kubernetes do.
        SecretSource::File(path) => read_secret(path, File::open(path)).map(Some),
        SecretSource::DataDirectory => Ok(None),
    }
}

/// The error for a data directory whose secret is not there.
#[must_use]
pub fn secret_missing(data: &Path) -> DataDirError {
    DataDirError::SecretMissing { path: data.join("secret.key") }
}

/// Returns whether a data directory has a secret of its own.
#[must_use]
pub fn has_own_secret(data: &Path) -> bool {
    data.join("secret.key").exists()
}

/// The secret that lies in a data directory.
pub fn own_secret_of(data: &Path) -> Result<Secret, DataDirError> {
    let path = data.join("secret.key");
    if path.exists() { read_secret(&path, private_file::open(&path)) } else { Err(DataDirError::SecretMissing { path }) }
}

const LOCK: &str = "LOCK";
/// Tries to take the lock before it counts as held.
const TRIES: u32 = 100;
const RESTORING: &str = "restoring";

/// What is a data directory's own, whole.
const OWN: [&str; 11] = [
    LOCK,
    "secret.key",
    "secret.new",
    "starts",
    "starts.new",
    "iys-usage.json",
    "iys-usage.new",
    "snapshot",
    "store",
    "evidence",
    "import",
];
/// What is its own, but not what lies in it: a backup is linked with the store, and belongs to whoever fetches it.
const OWN_FOLDERS: [&str; 3] = [RESTORING, "backups", "following"];

/// Refuses links in a data directory, and keeps from others what is its own.
fn claim(data: &Path) -> Result<(), DataDirError> {
    OWN.iter().try_for_each(|name| private_file::claim(&data.join(name)))?;
    refuse_links(data)
}

/// Refuses links in a data directory that is only read. Within its folders nothing is looked at: who can put a link there
/// could as well put anything else.
pub fn refuse_links(data: &Path) -> Result<(), DataDirError> {
    Ok(OWN.iter().chain(&OWN_FOLDERS).try_for_each(|name| private_file::refuse_link(&data.join(name)))?)
}

/// Returns whether a directory holds data of ours, as far as can be seen. Of a store that is gone the evidence may be left; the record of a list is evidence alone.
pub fn holds_data(data: &Path) -> Result<bool, DataDirError> {
    let current = store_path(data).join("CURRENT");
    // What may not be looked at is not taken for nothing.
    if current.try_exists().map_err(|source| DataDirError::Unusable { path: current, source })? {
        return Ok(true);
    }
    holds_evidence(&evidence_path(data))
}

/// Returns whether any file of evidence lies in a folder; that others are lost is for whoever reads them to say.
fn holds_evidence(folder: &Path) -> Result<bool, DataDirError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(false),
        read => read.map_err(|source| DataDirError::Unusable { path: folder.to_owned(), source })?,
    };
    let is_evidence = |name: &Path| {
        let has_ending = name.extension().is_some_and(|ending| ending == "seg" || ending == "open");
        has_ending || ["tree", "checkpoint", "public.key"].iter().any(|own| name.as_os_str() == *own)
    };
    Ok(entries.flatten().any(|entry| is_evidence(Path::new(&entry.file_name()))))
}

/// What is made in a data directory later than its data, or by the system; the first two by lists that are decided on it.
const ALSO_OWN: [&str; 4] = ["lists", "node", "node.new", "lost+found"];

/// Refuses a directory that holds neither data of ours nor only what may lie in a data directory: a wrong path must not be filled.
/// Beside data of ours anything may lie.
pub fn refuse_foreign(path: &Path) -> Result<(), DataDirError> {
    if !path.is_dir() || holds_data(path)? {
        return Ok(());
    }
    let own = [&OWN[..], &OWN_FOLDERS, &ALSO_OWN].concat();
    let foreign = foreign_in(path, &own)?;
    foreign.map_or(Ok(()), |found| Err(DataDirError::Foreign { path: path.to_owned(), found }))
}

/// The first by name of what is in a directory and not among these names.
fn foreign_in(path: &Path, names: &[&str]) -> Result<Option<std::ffi::OsString>, DataDirError> {
    let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
    let mut first = None;
    for entry in fs::read_dir(path).map_err(unusable)? {
        let found = entry.map_err(unusable)?.file_name();
        if !names.iter().any(|name| found == *name) && first.as_ref().is_none_or(|first| found < *first) {
            first = Some(found);
        }
    }
    Ok(first)
}

/// What may be in a directory that a backup is restored into; the last is in every file system of its own.
const NO_CONTENT: [&str; 3] = [LOCK, RESTORING, "lost+found"];

fn refuse_content(path: &Path) -> Result<(), DataDirError> {
    let is_there = fs::exists(path).map_err(|source| DataDirError::Unusable { path: path.to_owned(), source })?;
    let content = if is_there { foreign_in(path, &NO_CONTENT)? } else { None };
    content.map_or(Ok(()), |found| Err(DataDirError::NotEmpty { path: path.to_owned(), found }))
}

fn remove_folder(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The store's folder of a data directory.
#[must_use]
pub fn store_path(data: &Path) -> PathBuf {
    data.join("store")
}

/// The evidence's folder of a data directory.
#[must_use]
pub fn evidence_path(data: &Path) -> PathBuf {
    data.join("evidence")
}

/// Far more than a secret and the white space around it: a wrong path must not fill the memory.
const LONGEST_SECRET_FILE: u64 = 4096;

fn read_secret(path: &Path, file: io::Result<File>) -> Result<Secret, DataDirError> {
    let unreadable = |source| DataDirError::SecretUnreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    file.and_then(|file| file.take(LONGEST_SECRET_FILE).read_to_end(&mut bytes)).map_err(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    Secret::parse(&text).map_err(|source| DataDirError::SecretMalformed { path: path.to_owned(), source })
}

fn random_secret() -> Result<Secret, DataDirError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DataDirError::NoRandom(error.to_string()))?;
    Ok(Secret::from_bytes(bytes))
}

/// Readable by its owner alone, there whole or not at all, and on disk before the first pseudonym is made
/// with it.
fn write_secret(path: &Path, secret: &Secret) -> std::io::Result<()> {
    replace(path, format!("{}\n", secret.to_hex()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let held = DataDir::take(dir.path()).unwrap();
        assert_eq!(DataDir::take(dir.path()).err().map(|error| error.code()), Some("DATA_IN_USE"));
        drop(held);
        assert!(DataDir::take(dir.path()).is_ok());
    }

    #[test]
    fn starts_are_counted_whatever_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::take(dir.path()).unwrap();
        assert_eq!([data.count_start(), data.count_start()], [1, 2]);
        fs::write(dir.path().join("starts"), [0xff, 0]).unwrap();
        assert_eq!(data.count_start(), 1);
    }

    #[test]
    fn a_fresh_directory_gets_a_secret_of_its_own_and_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::take(dir.path()).unwrap();
        fs::write(dir.path().join("secret.new"), "left by a start that was cut short").unwrap();
        let first = data.secret(None).unwrap().to_hex();
        let again = data.secret(None).unwrap().to_hex();
        assert_eq!(first, again);
        assert!(!dir.path().join("secret.new").exists());
        let mode = fs::metadata(dir.path().join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn data_without_its_secret_is_an_error_not_a_new_secret() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::take(dir.path()).unwrap();
        fs::create_dir(data.store()).unwrap();
        fs::write(data.store().join("CURRENT"), "").unwrap();
        let code = data.secret(None).err().map(|error| error.code());
        assert_eq!((code, dir.path().join("secret.key").exists()), (Some("SECRET_MISSING"), false));
    }

    #[test]
    fn a_file_that_holds_no_secret_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for content in [&b"hunter2"[..], b"hunter2\xff"] {
            fs::write(&path, content).unwrap();
            let error = configured_secret(&SecretSource::File(path.clone())).err().unwrap();
            assert_eq!(error.code(), "SECRET_MALFORMED");
            assert!(!error.to_string().contains("hunter2"), "what may be a secret is never repeated");
        }
    }

    #[test]
    fn a_path_that_is_no_file_of_a_secret_is_named() {
        let code = |path: &str| configured_secret(&SecretSource::File(path.into())).err().map(|error| error.code());
        assert_eq!(code("/nowhere/key"), Some("SECRET_UNREADABLE"));
        assert_eq!(code("/"), Some("SECRET_UNREADABLE"));
        assert_eq!(code("/dev/zero"), Some("SECRET_MALFORMED"), "and does not end");
    }
}
