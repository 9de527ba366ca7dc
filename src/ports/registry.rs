//! What an operator keeps on file, through the writer: brands, how their rows are enforced, declarations.

use super::{BoxFuture, SinkError};
use crate::model::brand::declaration::{Declaration, Declared};
use crate::model::brand::mode::Mode;
use crate::model::brand::sender_profile::DeclarationNeeded;
use crate::model::brand::{AgeTooShort, Brand, BrandCode, BrandPut, PutRefused};
use crate::model::consent::channel::Channels;
use crate::model::time::IysTime;

/// How a brand's rows are to be enforced on some channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// Whose.
    pub brand: BrandCode,
    /// On which channels.
    pub channels: Channels,
    /// How.
    pub mode: Mode,
    /// From when on; none for now.
    pub from: Option<IysTime>,
}

/// Why the registry was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryRefused {
    /// The brand is not on file.
    #[error("brand {0} is not on file")]
    UnknownBrand(BrandCode),
    /// There is no declaration of that number.
    #[error("there is no declaration {0}")]
    UnknownDeclaration(u64),
    /// The brand has as many declarations as it may.
    #[error("brand {0} has {most} declarations on file, which is the most", most = Declared::MOST_OF_A_BRAND)]
    TooManyDeclarations(BrandCode),
    /// The brand cannot be put on file so.
    #[error(transparent)]
    Put(#[from] PutRefused),
    /// It could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl RegistryRefused {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownBrand(_) => "UNKNOWN_BRAND",
            Self::UnknownDeclaration(_) => "UNKNOWN_DECLARATION",
            Self::TooManyDeclarations(_) => "TOO_MANY_DECLARATIONS",
            Self::Put(PutRefused::AgeTooShort(_)) => AgeTooShort::CODE,
            Self::Put(PutRefused::DeclarationNeeded(_)) => DeclarationNeeded::CODE,
            Self::Sink(error) => error.code(),
        }
    }
}

/// Changes the registry: the writer. Each resolves when what is on file then is durable and visible.
pub trait Registrar: Send + Sync {
    /// Puts a brand on file.
    fn put(&self, put: BrandPut) -> BoxFuture<'_, Result<Brand, RegistryRefused>>;
    /// Sets a mode. What was planned for those channels is planned no more.
    fn set_mode(&self, change: ModeChange) -> BoxFuture<'_, Result<Brand, RegistryRefused>>;
    /// Puts a declaration on file.
    fn declare(&self, declared: Declared) -> BoxFuture<'_, Result<Declaration, RegistryRefused>>;
    /// Revokes a declaration, from now on; one that is revoked stays as it is.
    fn revoke(&self, id: u64) -> BoxFuture<'_, Result<Declaration, RegistryRefused>>;
}
