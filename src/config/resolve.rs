//! Fills the configuration, setting by setting.

use super::kinds::{Address, AnyPath, Choice, Days, Filter, Hosts, Length, Switch, Whole};
use super::reader::{ConfigErrors, Found, Reader};
use super::source::{File, Flags};
use super::{
    Backup, Compression, Config, Index, Ingest, Limits, Log, LogFormat, Policy, Retention, SecretSource, Store, evidence, iys,
};
use crate::model::consent::retention::HistoryRetention;
use crate::model::secret::pseudonym::Secret;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) const SECRET_VARIABLE: &str = "IZINGATE_SECRET";
const LONGEST_SHUTDOWN: Duration = Duration::from_mins(10);
const LONGEST_REVISION_WAIT: Duration = Duration::from_mins(1);
const LONGEST_PATIENCE: Duration = Duration::from_mins(10);
/// None would end every request.
const SHORTEST_PATIENCE: Duration = Duration::from_millis(10);
const LONGEST_STREAM_PATIENCE: Duration = Duration::from_hours(24);
const LONGEST_SNAPSHOT: Duration = Duration::from_hours(24);
/// Ten years: the change log is for those that follow, not for the archive.
const LONGEST_CHANGES_DAYS: u32 = 3650;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

pub(super) fn config(
    flags: &Flags,
    env: Environment<'_>,
    variables: &[String],
    file: Option<&File>,
) -> Result<Config, ConfigErrors> {
    let mut reader = Reader::new(env, file);
    let config = fill(&mut reader, flags);
    reader.name_unknown_variables(variables);
    reader.finish().map(|()| config)
}

/// Refuses variables that no setting has, for commands that read no configuration.
pub(super) fn refuse_unknown(variables: &[String]) -> Result<(), ConfigErrors> {
    let mut known = Reader::new(&|_| None, None);
    let _ = fill(&mut known, &Flags::default());
    let mut reader = known.without_errors();
    reader.name_unknown_variables(variables);
    reader.finish()
}

fn fill(reader: &mut Reader<'_>, flags: &Flags) -> Config {
    let data = reader.take("data", flags.data.as_deref(), &AnyPath);
    let data = reader.require("data", data);
    let base = Config::with_defaults(data.map_or_else(PathBuf::new, |found| found.value));
    let (listen, admin, insecure) = addresses(reader, flags, &base);
    let secret = secret_of(reader, flags.secret_file.as_deref());
    Config {
        listen,
        admin,
        insecure,
        hosts: reader.take("hosts", flags.hosts.as_deref(), &Hosts).map_or(base.hosts, |found| found.value),
        secret,
        demo: flags.demo,
        drain: length(reader, "drain", LONGEST_SHUTDOWN, base.drain),
        unready: length(reader, "unready", LONGEST_SHUTDOWN, base.unready),
        max_revision_wait: length(reader, "max_revision_wait", LONGEST_REVISION_WAIT, base.max_revision_wait),
        log: log(reader, flags, base.log),
        limits: limits(reader, base.limits),
        index: index(reader, base.index),
        store: store(reader, base.store),
        ingest: Ingest { queue: whole(reader, "ingest.queue", (1, 4096), base.ingest.queue) },
        retention: retention(reader, base.retention),
        backup: Backup { root: reader.take("backup.root", None, &AnyPath).map_or(base.backup.root, |found| found.value) },
        policy: Policy { exempt_only: switch(reader, "policy.exempt_only", base.policy.exempt_only) },
        evidence: evidence::take(reader),
        iys: iys::take(reader),
        data: base.data,
    }
}

pub(super) fn secret(secret_file: Option<&str>, env: Environment<'_>) -> Result<SecretSource, ConfigErrors> {
    let mut reader = Reader::new(env, None);
    let secret = secret_of(&mut reader, secret_file);
    reader.finish().map(|()| secret)
}

/// `listen`, `admin` and `insecure`, which allow or forbid each other.
fn addresses(reader: &mut Reader<'_>, flags: &Flags, base: &Config) -> (SocketAddr, SocketAddr, bool) {
    let listen = reader.take("listen", flags.listen.as_deref(), &Address);
    let admin = reader.take("admin", flags.admin.as_deref(), &Address);
    let insecure_flag = flags.insecure.then_some("true");
    let insecure = reader.take("insecure", insecure_flag, &Switch).map_or(base.insecure, |found| found.value);
    if !insecure && !reader.in_doubt("insecure") {
        [&listen, &admin].into_iter().flatten().for_each(|found| demand_loopback(reader, found));
    }
    let origin = admin.as_ref().or(listen.as_ref()).map(|found| found.origin.clone());
    let (listen, admin) = (listen.map_or(base.listen, |l| l.value), admin.map_or(base.admin, |a| a.value));
    if let Some(origin) = origin.filter(|_| listen == admin && listen.port() != 0) {
        reader.error(origin, format!("makes listen and admin the same address, {listen}, but each needs its own"));
    }
    (listen, admin, insecure)
}

fn demand_loopback(reader: &mut Reader<'_>, found: &Found<SocketAddr>) {
    if !found.value.ip().to_canonical().is_loopback() {
        let problem = format!(
            "is {}, which other machines can reach, and there is no access control yet: \
             use a loopback address such as 127.0.0.1, or allow it with --insecure",
            found.value
        );
        reader.error(found.origin.clone(), problem);
    }
}

/// At most one of the two may name the secret: a forgotten other one would make other pseudonyms.
fn secret_of(reader: &mut Reader<'_>, secret_file: Option<&str>) -> SecretSource {
    let file = reader.take("secret_file", secret_file, &AnyPath);
    let misplaced = file.as_ref().filter(|found| Secret::parse(&found.value.to_string_lossy()).is_ok());
    if let Some(origin) = misplaced.map(|found| found.origin.clone()) {
        reader.error(origin, "must be a path, but is a secret itself (its value is not shown)");
    }
    let Some(text) = reader.variable(SECRET_VARIABLE) else {
        return file.map_or(SecretSource::DataDirectory, |found| SecretSource::File(found.value));
    };
    if let Some(found) = file {
        reader.error(SECRET_VARIABLE.to_owned(), format!("is set beside {}: give one of the two", found.origin));
    }
    if let Ok(secret) = Secret::parse(&text) {
        return SecretSource::Given(secret);
    }
    reader.error(SECRET_VARIABLE.to_owned(), "must be 64 hexadecimal digits (its value is not shown)");
    SecretSource::DataDirectory
}

fn log(reader: &mut Reader<'_>, flags: &Flags, base: Log) -> Log {
    let format = reader.take("log.format", flags.log_format.as_deref(), &Choice(LogFormat::NAMES));
    let level = reader.take("log.level", flags.log_level.as_deref(), &Filter);
    Log { format: format.map_or(base.format, |found| found.value), level: level.map_or(base.level, |found| found.value) }
}

fn limits(reader: &mut Reader<'_>, base: Limits) -> Limits {
    Limits {
        connections: whole(reader, "limits.connections", (1, 1_000_000), base.connections),
        streams: whole(reader, "limits.streams", (1, 65_536), base.streams as usize) as u32,
        body_bytes: whole(reader, "limits.body_bytes", (64 * KIB, GIB), base.body_bytes),
        filter_patience: length(reader, "limits.filter_patience", LONGEST_PATIENCE, base.filter_patience),
        body_patience: length(reader, "limits.body_patience", LONGEST_PATIENCE, base.body_patience).max(SHORTEST_PATIENCE),
        stream_patience: length(reader, "limits.stream_patience", LONGEST_STREAM_PATIENCE, base.stream_patience)
            .max(SHORTEST_PATIENCE),
    }
}

fn index(reader: &mut Reader<'_>, base: Index) -> Index {
    Index {
        memory_bytes: whole(reader, "index.memory_bytes", (0, 1024 * GIB), base.memory_bytes),
        snapshot_every: length(reader, "index.snapshot_every", LONGEST_SNAPSHOT, base.snapshot_every),
    }
}

fn store(reader: &mut Reader<'_>, base: Store) -> Store {
    let compression = reader.take("store.compression", None, &Choice(Compression::NAMES));
    Store {
        compression: compression.map_or(base.compression, |found| found.value),
        cache_bytes: whole(reader, "store.cache_bytes", (MIB, 1024 * GIB), base.cache_bytes),
        write_buffer_bytes: whole(reader, "store.write_buffer_bytes", (MIB, 4 * GIB), base.write_buffer_bytes),
    }
}

fn retention(reader: &mut Reader<'_>, base: Retention) -> Retention {
    let changes = reader.take("retention.changes", None, &Days(1..=LONGEST_CHANGES_DAYS));
    let history = Days(HistoryRetention::SHORTEST_DAYS..=HistoryRetention::LONGEST_DAYS);
    let history = reader.take("retention.history", None, &history).and_then(|found| HistoryRetention::days(found.value));
    Retention { changes_days: changes.map_or(base.changes_days, |found| found.value), history: history.unwrap_or(base.history) }
}

pub(super) fn length(reader: &mut Reader<'_>, key: &'static str, longest: Duration, default: Duration) -> Duration {
    reader.take(key, None, &Length(longest)).map_or(default, |found| found.value)
}

fn switch(reader: &mut Reader<'_>, key: &'static str, default: bool) -> bool {
    reader.take(key, None, &Switch).map_or(default, |found| found.value)
}

pub(super) fn whole(reader: &mut Reader<'_>, key: &'static str, (least, most): (u64, u64), default: usize) -> usize {
    reader.take(key, None, &Whole(least..=most)).map_or(default, |found| found.value as usize)
}
