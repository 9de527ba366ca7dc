//! What the commands do beside `serve`: each is a function from arguments to an exit code or an error.

mod backup;
mod brand;
mod import;
mod inspect;
mod iys;
mod restore;
mod verify;

pub use backup::backup;
pub use brand::brand;
pub use import::import;
pub use inspect::inspect;
pub use iys::iys;
pub use restore::restore;
pub use verify::verify;

use super::open::OpenError;
use crate::config::ConfigErrors;
use crate::import::{ImportError, TargetError};
use crate::model::brand::BrandCode;
use crate::store::StoreError;
use crate::store::backup::BackupError;
use tonic::transport::{Channel, Endpoint};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The target of an import.
    #[error("{}", .0.message)]
    Target(#[from] TargetError),
    /// The files of an import.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The brand is not on file.
    #[error("brand {0} is not on file; add it with: izingate brand add --brand {0} --iys-code CODE --title TEXT")]
    UnknownBrand(BrandCode),
    /// The gateway refused or is not there.
    #[error("{0}")]
    Gateway(String),
    /// A fault of this system.
    #[error("{0}")]
    Internal(String),
}

impl CommandError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Config(_) => ConfigErrors::CODE,
            Self::Open(error) => error.code(),
            Self::Target(error) => &error.code,
            Self::Backup(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::UnknownBrand(_) => "UNKNOWN_BRAND",
            Self::Gateway(_) => "GATEWAY_FAILED",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl From<tonic::Status> for CommandError {
    fn from(status: tonic::Status) -> Self {
        Self::Gateway(status.message().to_owned())
    }
}

async fn connect(url: &str) -> Result<Channel, CommandError> {
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| CommandError::Gateway(format!("{url}: {error}")))?;
    let unreachable = |_| CommandError::Gateway(format!("{url}: no gateway answers there"));
    endpoint.connect_timeout(std::time::Duration::from_secs(10)).connect().await.map_err(unreachable)
}
