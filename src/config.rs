//! The whole configuration of `izingate serve`, checked once, with every error named at once.
//!
//! Flags stand over the environment, the environment over the file, the file over the default. A value
//! is checked wherever it is given, even if another one stands over it: an error must not hide until
//! the day its override is taken away. A setting `limits.streams` of the file is
//! `IZINGATE_LIMITS_STREAMS` in the environment.
//!
//! In reading order: this file is the tree, its defaults and limits; `resolve` fills it; `source`
//! says where values come from; `kinds` reads one value; `reader` takes them one by one.

mod evidence;
mod iys;
mod kinds;
mod reader;
mod resolve;
mod source;

pub use evidence::Evidence;
pub use iys::{Account, Iys, PasswordSource, Push};
pub use reader::{ConfigError, ConfigErrors};
pub use source::{File, Flags, Sources, refuse_unknown_variables};

use crate::model::consent::retention::HistoryRetention;
use crate::model::secret::pseudonym::Secret;
use crate::net::hosts::HostName;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

/// All that `izingate serve` can be told.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// Where checks are answered, gRPC and HTTP alike.
    pub listen: SocketAddr,
    /// Where health, metrics and state are shown.
    pub admin: SocketAddr,
    /// Whether addresses other than loopback are allowed.
    pub insecure: bool,
    /// Hosts under which both are reached, beside loopback names.
    pub hosts: Vec<HostName>,
    /// Where the secret of the pseudonyms comes from.
    pub secret: SecretSource,
    /// Whether an empty data directory is filled with a synthetic brand.
    pub demo: bool,
    /// How long shutdown waits for calls under way.
    pub drain: Duration,
    /// How long `/readyz` says no before the listeners close.
    pub unready: Duration,
    /// The longest wait for a demanded revision if the caller sets no deadline.
    pub max_revision_wait: Duration,
    /// What is logged and how.
    pub log: Log,
    /// What a client may take.
    pub limits: Limits,
    /// How the index is held.
    pub index: Index,
    /// How RocksDB is run.
    pub store: Store,
    /// How movements are taken in.
    pub ingest: Ingest,
    /// How long what is not current is kept.
    pub retention: Retention,
    /// Where backups go.
    pub backup: Backup,
    /// What the law leaves to whoever runs the gateway.
    pub policy: Policy,
    /// How evidence is kept.
    pub evidence: Evidence,
    /// How İYS is followed; none without an account.
    pub iys: Option<Iys>,
}

/// Where the secret of the pseudonyms comes from.
#[derive(Debug)]
pub enum SecretSource {
    /// Nothing is configured: `secret.key` in the data directory, made there if the directory is fresh.
    DataDirectory,
    /// A file of 64 hexadecimal digits.
    File(PathBuf),
    /// The environment.
    Given(Secret),
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The shape of a line.
    pub format: LogFormat,
    /// Directives of a `tracing` filter such as `info` or `warn,izingate::ingest=debug`.
    pub level: String,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// What a client may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; further ones wait to be accepted.
    pub connections: usize,
    /// HTTP/2 streams at once on one connection.
    pub streams: u32,
    /// Bytes of one request.
    pub body_bytes: usize,
    /// A client that sends a list and takes nothing of what comes of it for so long is given up.
    pub filter_patience: Duration,
    /// How long the next bytes of a body are waited for.
    pub body_patience: Duration,
    /// How long the next question of a stream is waited for.
    pub stream_patience: Duration,
}

/// How the index is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Bytes that the index may take; 0 for three quarters of what this process may.
    pub memory_bytes: usize,
    /// Time between two snapshots, if anything changed; zero for none but at shutdown.
    pub snapshot_every: Duration,
}

/// How RocksDB is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Store {
    /// How blocks are compressed on disk.
    pub compression: Compression,
    /// Bytes of the block cache, shared by all column families.
    pub cache_bytes: usize,
    /// Bytes of one write buffer.
    pub write_buffer_bytes: usize,
}

/// How blocks are compressed on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Fast.
    Lz4,
    /// Small.
    Zstd,
    /// Not at all.
    None,
}

/// How movements are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingest {
    /// Commands that may wait for the writer.
    pub queue: usize,
}

/// How long what is not current is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days that the change log reaches back, as far as a snapshot of the index allows.
    pub changes_days: u32,
    /// How long a superseded movement stays in the history.
    pub history: HistoryRetention,
}

/// Where backups go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The folder in which a running gateway makes them, and nowhere else.
    pub root: PathBuf,
}

/// What the law leaves to whoever runs the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether senders that are not at İYS may be on file as sending nothing but exempt messages.
    pub exempt_only: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            streams: 256,
            body_bytes: 32 << 20,
            filter_patience: Duration::from_secs(30),
            body_patience: Duration::from_secs(30),
            stream_patience: Duration::from_hours(1),
        }
    }
}

impl Config {
    /// Every setting at its default.
    #[must_use]
    pub fn with_defaults(data: PathBuf) -> Self {
        Self {
            backup: Backup { root: data.join("backups") },
            data,
            listen: loopback(7070),
            admin: loopback(7071),
            insecure: false,
            hosts: Vec::new(),
            secret: SecretSource::DataDirectory,
            demo: false,
            drain: Duration::from_secs(10),
            unready: Duration::ZERO,
            max_revision_wait: Duration::from_secs(1),
            log: Log { format: LogFormat::Human, level: "info".to_owned() },
            limits: Limits::default(),
            index: Index { memory_bytes: 0, snapshot_every: Duration::from_mins(15) },
            store: Store { compression: Compression::Lz4, cache_bytes: 256 << 20, write_buffer_bytes: 64 << 20 },
            ingest: Ingest { queue: 64 },
            policy: Policy { exempt_only: false },
            evidence: Evidence::default(),
            retention: Retention { changes_days: 7, history: HistoryRetention::SHORTEST },
            iys: None,
        }
    }
}

impl Compression {
    const NAMES: &[(&str, Self)] = &[("lz4", Self::Lz4), ("zstd", Self::Zstd), ("none", Self::None)];
}

impl LogFormat {
    const NAMES: &[(&str, Self)] = &[("human", Self::Human), ("json", Self::Json)];
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests;
