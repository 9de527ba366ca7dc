//! Opening a data directory, for the gateway and for the commands that work beside none.

use super::data_dir::{self, DataDir, DataDirError};
use crate::config::{Compression, Config, SecretSource};
use crate::index::{Full, Unreserved};
use crate::ingest::RestoreError;
use crate::model::seal::Sealer;
use crate::model::secret::{Pseudonymizer, Secret};
use crate::store::{self, Options, Store, StoreError};
use std::path::{Path, PathBuf};

/// A data directory, open for writing.
pub struct Opened {
    /// Held while it is open.
    pub data: DataDir,
    /// Its store.
    pub store: Store,
    /// What replaces addresses.
    pub pseudonymizer: Pseudonymizer,
    /// What seals those that must be read again.
    pub sealer: Sealer,
}

/// Why it cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or its secret.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The memory for the index.
    #[error(transparent)]
    Memory(#[from] Unreserved),
    /// There are more relations than fit in memory.
    #[error(transparent)]
    Full(#[from] Full),
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DataDir(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Memory(_) => "MEMORY_REFUSED",
            Self::Full(_) => "INDEX_FULL",
        }
    }
}

impl From<RestoreError> for OpenError {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Store(error) => Self::Store(error),
            RestoreError::Full(error) => Self::Full(error),
        }
    }
}

/// The opening of a configuration's data for writing. It owns what it needs, to be done on another thread.
pub struct Job {
    data: PathBuf,
    secret: Option<Secret>,
    options: Options,
}

impl Job {
    /// Prepares the opening; the store keeps at most `store_files` of its files open. A configured secret is read here.
    pub fn of(config: &Config, store_files: usize) -> Result<Self, OpenError> {
        let secret = data_dir::configured_secret(&config.secret)?;
        Ok(Self { data: config.data.clone(), secret, options: store_options(config, store_files) })
    }

    /// Opens the data. Blocks for as long as the write-ahead log takes to be read.
    pub fn open(self) -> Result<Opened, OpenError> {
        open(&self.data, self.secret, &self.options)
    }
}

fn store_options(config: &Config, open_files: usize) -> Options {
    let store = config.store;
    Options {
        compression: match store.compression {
            Compression::None => store::Compression::None,
            Compression::Lz4 => store::Compression::Lz4,
            Compression::Zstd => store::Compression::Zstd,
        },
        cache_bytes: store.cache_bytes,
        write_buffer_bytes: store.write_buffer_bytes,
        open_files,
    }
}

/// Opens a data directory for writing, with the store's default options, and makes it if it is not there.
pub fn offline(data: &Path, secret: &SecretSource) -> Result<Opened, OpenError> {
    open(data, data_dir::configured_secret(secret)?, &Options::default())
}

/// The same where nothing may be made: without data there is nothing to work on.
pub fn existing(data: &Path, secret: &SecretSource) -> Result<Opened, OpenError> {
    let path = data_dir::store_path(data);
    if !path.join("CURRENT").exists() {
        return Err(StoreError::Missing { path }.into());
    }
    offline(data, secret)
}

/// Opens the data that there is for writing, for work that needs no address.
pub fn without_secret(data: &Path) -> Result<(DataDir, Store), OpenError> {
    let path = data_dir::store_path(data);
    if !path.join("CURRENT").exists() {
        return Err(StoreError::Missing { path }.into());
    }
    let held = DataDir::take(data)?;
    let store = Store::open_existing(&held.store(), &Options::default())?;
    Ok((held, store))
}

/// What replaces addresses in a data directory, beside a gateway that may be running: nothing is made or locked.
pub fn pseudonymizer(data: &Path, secret: &SecretSource) -> Result<Pseudonymizer, OpenError> {
    data_dir::refuse_links(data)?;
    let secret = match data_dir::configured_secret(secret)? {
        Some(secret) => secret,
        None if !data.exists() => return Err(StoreError::Missing { path: data.to_owned() }.into()),
        None => data_dir::own_secret_of(data)?,
    };
    let pseudonymizer = Pseudonymizer::new(&secret);
    let path = data_dir::store_path(data);
    if path.join("CURRENT").exists() {
        Store::open_read_only(&path, &Options::default())?.check_secret(&pseudonymizer)?;
    }
    Ok(pseudonymizer)
}

/// Opens a data directory for reading, beside a gateway that may be writing.
pub fn read_only(data: &Path) -> Result<Store, OpenError> {
    data_dir::refuse_links(data)?;
    Ok(Store::open_read_only(&data_dir::store_path(data), &Options::default())?)
}

fn open(path: &Path, secret: Option<Secret>, options: &Options) -> Result<Opened, OpenError> {
    let data = DataDir::take(path)?;
    let secret = data.secret(secret)?;
    let (pseudonymizer, sealer) = (Pseudonymizer::new(&secret), Sealer::new(&secret));
    let node = getrandom::u32().map_err(|error| DataDirError::NoRandom(error.to_string()))?;
    let store = Store::open(&data.store(), options, &pseudonymizer, node)?;
    Ok(Opened { data, store, pseudonymizer, sealer })
}
