//! Backups.

use super::BoxFuture;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupMade {
    /// Where it lies, on the gateway's machine.
    pub path: String,
    /// The revision of the last batch in it.
    pub revision: u64,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why no backup was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupRefused {
    /// The name leads, or may lead, out of the folder that is configured for backups.
    #[error("a backup is named by 1 to 100 letters, digits, '-', '_' and '.', or by such a name in the folder {0}")]
    OutsideRoot(String),
    /// There is one of that name.
    #[error("{0}: there is something of that name already")]
    Exists(String),
    /// One is being made.
    #[error("a backup is being made; one at a time")]
    Running,
    /// The process is going down.
    #[error("the gateway is shutting down; nothing of the backup is left")]
    ShuttingDown,
    /// The disk or the store failed.
    #[error("the backup failed; see the log")]
    Failed,
}

/// Makes backups: for operators.
pub trait BackupMaker: Send + Sync {
    /// Makes one of that name; resolves when it is whole and durable. Goes on if nobody waits for it.
    fn backup(&self, name: String) -> BoxFuture<'_, Result<BackupMade, BackupRefused>>;
}
