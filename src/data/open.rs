//! Opening a data directory, for the gateway and for the commands that work beside none.

use super::data_dir::{self, DataDir, DataDirError};
use crate::config::{Compression, Config, SecretSource};
use crate::evidence::reached;
use crate::evidence::record::Reader;
use crate::evidence::start::StartError;
use crate::evidence::start::examine::Witnesses;
use crate::index::{Full, Unreserved};
use crate::ingest::RestoreError;
use crate::model::secret::cipher::Sealer;
use crate::model::secret::mac::MacKey;
use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
use crate::ports::{Reached, Recalled};
use crate::store::{self, Options, Store, StoreError};
use crate::sys::clock::Clock;
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
    /// Keys that authenticate files beside the store.
    pub keys: Keys,
    /// The clock, which receives nothing before the store's last commit.
    pub clock: Clock,
}

/// Keys that authenticate what lies beside the store, derived from the secret.
#[derive(Clone)]
pub struct Keys {
    /// Of the evidence.
    pub evidence: MacKey,
    /// Of snapshots of the index.
    pub snapshots: MacKey,
}

impl Keys {
    /// Derives the keys.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self { evidence: MacKey::of_evidence(secret), snapshots: MacKey::of_snapshots(secret) }
    }
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
    /// The store is behind its evidence, or that cannot be read.
    #[error(transparent)]
    Evidence(#[from] StartError),
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
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataDir(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Evidence(error) => error.code(),
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

/// Opens a data directory for writing where nothing may be made: without data there is nothing to work on.
pub fn existing(data: &Path, secret: &SecretSource) -> Result<Opened, OpenError> {
    // Evidence of a store that is gone says more than that there is none.
    require_data(data)?;
    let missing = |path: &Path| StoreError::Missing { path: path.to_owned() };
    open_by(
        data,
        data_dir::configured_secret(secret)?,
        |look| look.require_whole(&Options::default()),
        |path, pseudonymizer, node| {
            let is_there = path.join("CURRENT").exists();
            if is_there { Store::open(path, &Options::default(), pseudonymizer, node) } else { Err(missing(path)) }
        },
    )
}

/// Opens the data that there is for writing, also where the store lost what its evidence knows of: for an operator who accepts a loss.
pub fn as_found(data: &Path, secret: &SecretSource) -> Result<Opened, OpenError> {
    require_store(data)?;
    open_by(
        data,
        data_dir::configured_secret(secret)?,
        |_| Ok(()),
        |path, pseudonymizer, node| Store::open(path, &Options::default(), pseudonymizer, node),
    )
}

/// Opens the data that there is for writing, without what is behind a damaged place of its write-ahead log: for an operator who accepts that
/// loss.
pub fn behind_damage(data: &Path, secret: &SecretSource) -> Result<Opened, OpenError> {
    require_store(data)?;
    open_by(
        data,
        data_dir::configured_secret(secret)?,
        |_| Ok(()),
        |path, pseudonymizer, _| Store::open_accepting_damage(path, &Options::default(), pseudonymizer),
    )
}

/// Opens the data that there is for writing, for work that needs no address. Where its secret is, it is held against its evidence.
pub fn without_secret(data: &Path, secret: &SecretSource) -> Result<(DataDir, Store), OpenError> {
    require_store(data)?;
    let held = DataDir::take(data)?;
    let configured = data_dir::configured_secret(secret)?;
    if configured.is_some() || data_dir::has_own_secret(data) {
        let secret = held.secret(configured)?;
        let (pseudonymizer, keys) = (Pseudonymizer::new(&secret), Keys::of(&secret));
        Look { data: &held, pseudonymizer: &pseudonymizer, keys: &keys }.require_whole(&Options::default())?;
    }
    let store = Store::open_existing(&held.store(), &Options::default())?;
    Ok((held, store))
}

/// What replaces addresses in a data directory, beside a gateway that may be running: nothing is made or locked.
pub fn pseudonymizer(data: &Path, secret: &SecretSource) -> Result<Pseudonymizer, OpenError> {
    Ok(beside(data, secret)?.0)
}

/// The keys of the secret that is configured, or that lies in a data directory.
pub fn keys(data: &Path, secret: &SecretSource) -> Result<Keys, OpenError> {
    Ok(Keys::of(&secret_of(data, secret)?))
}

fn secret_of(data: &Path, secret: &SecretSource) -> Result<Secret, OpenError> {
    require_data(data)?;
    match data_dir::configured_secret(secret)? {
        Some(secret) => Ok(secret),
        None => Ok(data_dir::own_secret_of(data)?),
    }
}

/// Refuses a directory without a store.
fn require_store(data: &Path) -> Result<(), OpenError> {
    require_data(data)?;
    let path = data_dir::store_path(data);
    if path.join("CURRENT").exists() { Ok(()) } else { Err(StoreError::Missing { path }.into()) }
}

/// Refuses a directory in which there is nothing to read, before anybody misses a secret there.
fn require_data(data: &Path) -> Result<(), OpenError> {
    data_dir::refuse_links(data)?;
    if data_dir::holds_data(data)? {
        return Ok(());
    }
    data_dir::refuse_foreign(data)?;
    Err(StoreError::Missing { path: data.to_owned() }.into())
}

/// Reads what replaces addresses in a data directory, and its keys, beside a gateway that may be running.
pub fn beside(data: &Path, secret: &SecretSource) -> Result<(Pseudonymizer, Keys), OpenError> {
    let secret = secret_of(data, secret)?;
    let pseudonymizer = Pseudonymizer::new(&secret);
    let path = data_dir::store_path(data);
    if path.join("CURRENT").exists() {
        Store::open_read_only(&path, &Options::default())?.check_secret(&pseudonymizer)?;
    }
    Ok((pseudonymizer, Keys::of(&secret)))
}

/// The evidence of a data directory, for commands that read it beside a gateway that may be running.
pub struct Evidence {
    /// Who reads: with the secret and what the store remembers, as far as they are there.
    pub reader: Reader,
    /// Replacement of addresses; none without the secret.
    pub pseudonymizer: Option<Pseudonymizer>,
    /// The store; none where there is none, or it is damaged.
    pub store: Option<Store>,
}

/// Opens what reads the evidence of a data directory.
pub fn evidence(data: &Path, secret: &SecretSource) -> Result<Evidence, OpenError> {
    require_data(data)?;
    let mut reader = Reader::of(&data_dir::evidence_path(data));
    let secret = match data_dir::configured_secret(secret)? {
        Some(secret) => Some(secret),
        None if data_dir::has_own_secret(data) => Some(data_dir::own_secret_of(data)?),
        None => None,
    };
    reader.key = secret.as_ref().map(MacKey::of_evidence);
    let pseudonymizer = secret.as_ref().map(Pseudonymizer::new);
    let path = data_dir::store_path(data);
    if !path.join("CURRENT").exists() {
        return Ok(Evidence { reader, pseudonymizer, store: None });
    }
    // Before anything of the evidence is read: that only grows.
    let store = match Store::open_read_only(&path, &Options::default()) {
        Err(error @ (StoreError::Unusable { .. } | StoreError::Damaged { .. })) => {
            tracing::warn!(%error, "the evidence is not held against what the store remembers");
            return Ok(Evidence { reader, pseudonymizer, store: None });
        }
        opened => opened?,
    };
    pseudonymizer.as_ref().map_or(Ok(()), |pseudonymizer| store.check_secret(pseudonymizer))?;
    if let Some(Recalled::Mark(mark)) = store.evidence_recalled()? {
        reader.mark = Some((store.node()?, mark));
    }
    Ok(Evidence { reader, pseudonymizer, store: Some(store) })
}

/// Opens a data directory for reading, beside a gateway that may be writing.
pub fn read_only(data: &Path) -> Result<Store, OpenError> {
    require_store(data)?;
    Ok(Store::open_read_only(&data_dir::store_path(data), &Options::default())?)
}

fn open(path: &Path, secret: Option<Secret>, options: &Options) -> Result<Opened, OpenError> {
    open_by(
        path,
        secret,
        |look| look.require_whole(options),
        |path, pseudonymizer, node| Store::open(path, options, pseudonymizer, node),
    )
}

/// A data directory before its store is opened for writing.
struct Look<'a> {
    data: &'a DataDir,
    pseudonymizer: &'a Pseudonymizer,
    keys: &'a Keys,
}

impl Look<'_> {
    /// Refuses a store that lost what its evidence knows of, and evidence that is not all there to say so. Nothing is changed.
    ///
    /// A batch would be given a revision that was acknowledged for another one. And a store that was opened for writing has given up
    /// the end of its write-ahead log: where that is put back afterwards, some families read it and others pass it over.
    fn require_whole(&self, options: &Options) -> Result<(), OpenError> {
        let (path, folder) = (self.data.store(), data_dir::evidence_path(self.data.path()));
        let (mut node, mut mark, mut reached) = (0, None, Reached::default());
        if let Some(store) = Store::look(&path, options)? {
            store.check_secret(self.pseudonymizer)?;
            (node, reached) = (store.node()?, store.reached_at_open()?);
            if let Some(Recalled::Mark(remembered)) = store.evidence_recalled()? {
                mark = Some(remembered);
            }
        }
        let witnesses = Witnesses { node, key: &self.keys.evidence, signing_key: None, mark: mark.as_ref() };
        Ok(reached::require_all(&folder, &witnesses, reached)?)
    }
}

/// Reads how far the store of a data directory had come, beside a gateway that may be running; `store` was opened before.
pub fn known(data: &Path, store: &Store, keys: &Keys) -> Result<Reached, OpenError> {
    let mut reader = Reader::of(&data_dir::evidence_path(data));
    reader.key = Some(keys.evidence.clone());
    if let Some(Recalled::Mark(mark)) = store.evidence_recalled()? {
        reader.mark = Some((store.node()?, mark));
    }
    Ok(reached::known(reader)?)
}

fn open_by(
    path: &Path,
    secret: Option<Secret>,
    look: impl FnOnce(&Look<'_>) -> Result<(), OpenError>,
    open: impl FnOnce(&Path, &Pseudonymizer, u32) -> Result<Store, StoreError>,
) -> Result<Opened, OpenError> {
    let data = DataDir::take(path)?;
    if data.is_new()? {
        warn_of_new(&data);
    }
    let secret = data.secret(secret)?;
    let (pseudonymizer, sealer, keys) = (Pseudonymizer::new(&secret), Sealer::new(&secret), Keys::of(&secret));
    look(&Look { data: &data, pseudonymizer: &pseudonymizer, keys: &keys })?;
    let node = getrandom::u32().map_err(|error| DataDirError::NoRandom(error.to_string()))?;
    let store = open(&data.store(), &pseudonymizer, node)?;
    let clock = clock_of(&store)?;
    store.keep_clock(clock.clone());
    Ok(Opened { data, store, pseudonymizer, sealer, keys, clock })
}

/// A path that was not meant makes an empty gateway, which answers all the same.
fn warn_of_new(data: &DataDir) {
    tracing::warn!(
        path = %data.path().display(),
        "there was no data here: a new data directory is made; for a brand that is not on file every check is DENY SENDER_NOT_REGISTERED"
    );
}

/// The clock under which a store is written and its data's ages are reckoned.
pub fn clock_of(store: &Store) -> Result<Clock, StoreError> {
    let clock = Clock::system();
    store.committed()?.into_iter().for_each(|at| clock.committed(at));
    store.clock_seen()?.into_iter().for_each(|at| clock.seen(at));
    Ok(clock)
}
