//! Backups of a running gateway, for whoever asks over the wire: one at a time, and only into the folder
//! that is configured for them, since a caller must not choose where on this machine something is written.

use crate::model::time::IysTime;
use crate::ports::{BackupMade, BackupMaker, BackupRefused, BoxFuture};
use crate::store::Store;
use crate::store::backup::{self, BackupError, Manifest};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Makes backups of one store.
pub(crate) struct Backups {
    pub(crate) store: Arc<Store>,
    /// The folder that they go into, absolute.
    pub(crate) root: PathBuf,
    pub(crate) clock: fn() -> IysTime,
    /// Holds the one that is being made, so that the store is not closed under it.
    pub(crate) tracker: TaskTracker,
    /// From when on one that is being made gives up.
    pub(crate) stop: CancellationToken,
    /// One at a time.
    pub(crate) turn: Arc<Semaphore>,
}

impl BackupMaker for Backups {
    fn backup(&self, name: String) -> BoxFuture<'_, Result<BackupMade, BackupRefused>> {
        Box::pin(async move {
            let folder = place(&self.root, &name).ok_or_else(|| BackupRefused::OutsideRoot(self.root.display().to_string()))?;
            let turn = Arc::clone(&self.turn).try_acquire_owned().map_err(|_| BackupRefused::Running)?;
            let (store, root, now, stop) = (Arc::clone(&self.store), self.root.clone(), (self.clock)(), self.stop.clone());
            let path = folder.display().to_string();
            let made = self.tracker.spawn_blocking(move || {
                let _turn = turn;
                make(&store, &root, &folder, now, &stop)
            });
            let manifest = made.await.map_err(|_| BackupRefused::Failed)?.map_err(|error| refused(&error))?;
            Ok(BackupMade { path, revision: manifest.revision, files: manifest.files.len() as u64, bytes: manifest.bytes() })
        })
    }
}

fn make(store: &Store, root: &Path, folder: &Path, now: IysTime, stop: &CancellationToken) -> Result<Manifest, BackupError> {
    fs::create_dir_all(root).map_err(|source| BackupError::Failed { path: root.to_owned(), source })?;
    let manifest = backup::make(store, folder, now, &|| stop.is_cancelled())?;
    let (path, bytes) = (folder.display(), manifest.bytes());
    tracing::info!(%path, revision = manifest.revision, files = manifest.files.len(), bytes, "a backup was made");
    Ok(manifest)
}

fn refused(error: &BackupError) -> BackupRefused {
    tracing::warn!(code = error.code(), %error, "no backup was made");
    match error {
        BackupError::Exists { path } => BackupRefused::Exists(path.display().to_string()),
        BackupError::Stopped => BackupRefused::ShuttingDown,
        _ => BackupRefused::Failed,
    }
}

/// Where a backup of that name goes; none if it may not go there.
fn place(root: &Path, asked: &str) -> Option<PathBuf> {
    let asked = Path::new(asked);
    let inside = if asked.is_absolute() { asked.strip_prefix(root).ok()? } else { asked };
    let mut parts = inside.components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else { return None };
    let name = name.to_str().filter(|name| is_plain(name))?;
    Some(root.join(name))
}

fn is_plain(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (1..=100).contains(&name.len()) && letters && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
    use crate::store::Options;

    #[tokio::test]
    async fn one_at_a_time_and_none_of_one_that_gave_up() {
        let dir = tempfile::tempdir().unwrap();
        let secret = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let backups = Backups {
            store: Arc::new(Store::open(&dir.path().join("store"), &Options::default(), &secret, 1).unwrap()),
            root: dir.path().join("backups"),
            clock: || IysTime::from_unix(1),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            turn: Arc::new(Semaphore::new(1)),
        };
        let held = Arc::clone(&backups.turn).try_acquire_owned().unwrap();
        assert_eq!(backups.backup("a".to_owned()).await, Err(BackupRefused::Running));
        drop(held);
        assert_eq!(backups.backup("a".to_owned()).await.map(|made| made.revision), Ok(0));
        backups.stop.cancel();
        assert_eq!(backups.backup("b".to_owned()).await, Err(BackupRefused::ShuttingDown));
        let left: Vec<_> = fs::read_dir(&backups.root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }

    #[test]
    fn a_backup_goes_into_its_folder_alone() {
        let root = Path::new("/data/backups");
        for asked in ["monday", "/data/backups/monday", "monday/"] {
            assert_eq!(place(root, asked), Some(root.join("monday")), "{asked}");
        }
        assert_eq!(place(root, "2026-11-02_10.00"), Some(root.join("2026-11-02_10.00")));
        let long = "a".repeat(101);
        for asked in [
            "",
            ".",
            "..",
            "/",
            "/etc/x",
            "../x",
            "./x",
            "a/b",
            "a/../b",
            "/data/backups",
            "/data/backups/../x",
            "/data/backups/a/b",
            "/data/backupsx/a",
            ".partial",
            "a b",
            "a\0b",
            "a\nb",
            "ü",
            &long,
        ] {
            assert_eq!(place(root, asked), None, "{asked:?}");
        }
    }
}
