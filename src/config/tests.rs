use super::*;
use crate::evidence::settings::{Durability, Overload, Settings};

const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

/// Two configurations are equal if their secrets are.
impl PartialEq for SecretSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::DataDirectory, Self::DataDirectory) => true,
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Given(one), Self::Given(other)) => one.to_hex() == other.to_hex(),
            _ => false,
        }
    }
}

fn file(text: &str) -> File {
    File { path: PathBuf::from("gate.toml"), text: Ok(text.to_owned()) }
}

fn resolve(flags: Flags, env: &[(&str, &str)], file: impl Into<Option<File>>) -> Result<Config, ConfigErrors> {
    let variables = env.iter().map(|(name, _)| (*name).to_owned()).collect();
    let env = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::resolve(&Sources { flags, env, variables, file: file.into() })
}

fn data_flag() -> Flags {
    Flags { data: Some("/d".to_owned()), ..Flags::default() }
}

/// What is wrong with a file, beside a `--data` that is right.
fn errors_of(text: &str) -> Vec<String> {
    resolve(data_flag(), &[], file(text))
        .map_or_else(|errors| errors.list().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

fn errors_of_env(env: &[(&str, &str)]) -> Vec<String> {
    resolve(data_flag(), env, None).map_or_else(|errors| errors.list().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[test]
fn the_sample_file_is_the_defaults() {
    let sample = file(include_str!("../../deploy/izingate.toml"));
    assert_eq!(resolve(Flags::default(), &[], sample), Ok(Config::with_defaults(PathBuf::from("/var/lib/izingate"))));
    assert_eq!(resolve(data_flag(), &[], None), Ok(Config::with_defaults(PathBuf::from("/d"))));
}

#[test]
fn the_sample_file_names_every_setting() {
    let sample = include_str!("../../deploy/izingate.toml");
    let in_sample = settings(&uncommented(sample).parse().unwrap());
    let unknown = &errors_of("nothing = 1")[0];
    let known = unknown.split("there are ").nth(1).unwrap().split(", ").count();
    assert_eq!(in_sample, known, "{unknown}");
}

/// The sample with every setting that it only shows.
fn uncommented(sample: &str) -> String {
    let is_key = |key: &str| key.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_');
    let is_setting = |text: &&str| text.starts_with('[') || text.split_once(" = ").is_some_and(|(key, _)| is_key(key));
    let line = |line: &str| line.strip_prefix("# ").filter(is_setting).unwrap_or(line).to_owned() + "\n";
    sample.lines().map(line).collect()
}

fn settings(table: &toml::Table) -> usize {
    table.values().map(|value| value.as_table().map_or(1, settings)).sum()
}

#[test]
fn an_account_at_iys_is_read() {
    let text = r#"
        [iys]
        url = "http://127.0.0.1:7090/"
        username = "api"
        password_file = "/p"
        integrator_code = 700000
        ca_file = "/ca"
        pull_every = "1m"
        reconcile = false
        confirm_agreements = true
        [iys.push]
        listen = "0.0.0.0:7443"
        certificate_file = "/c"
        key_file = "/k"
        public_url = "https://push.example.com"
    "#;
    let push = Push {
        listen: "0.0.0.0:7443".parse().unwrap(),
        certificate_file: "/c".into(),
        key_file: "/k".into(),
        public_url: "https://push.example.com".to_owned(),
    };
    let iys = Iys {
        url: "http://127.0.0.1:7090".to_owned(),
        account: Account::Partner(700_000),
        username: "api".to_owned(),
        password: PasswordSource::File("/p".into()),
        ca_file: Some("/ca".into()),
        pull_every: Duration::from_mins(1),
        reconcile: false,
        confirm_agreements: true,
        push: Some(push),
    };
    assert_eq!(resolve(data_flag(), &[], file(text)).unwrap().iys, Some(iys));
    let least = "[iys]\nusername = \"api\"\niys_code = 600000";
    let given = resolve(data_flag(), &[("IZINGATE_IYS_PASSWORD", "s3cret")], file(least)).unwrap().iys.unwrap();
    assert_eq!((given.url.as_str(), given.account, given.reconcile), ("https://api.iys.org.tr", Account::Own(600_000), true));
    assert!(!format!("{given:?}").contains("s3cret"));
}

#[test]
fn half_an_account_is_an_error() {
    let one = |text: &str| errors_of(text).join("\n");
    assert!(one("[iys]\niys_code = 1").contains("give iys.username"));
    assert!(one("[iys]\nusername = \"a\"\npassword_file = \"/p\"").contains("either iys.iys_code"));
    assert!(
        one("[iys]\nusername = \"a\"\niys_code = 1\nintegrator_code = 2\npassword_file = \"/p\"").contains("either iys.iys_code")
    );
    assert!(one("[iys]\nusername = \"a\"\niys_code = 1").contains("needs a password"));
    assert!(one("[iys]\nurl = \"http://api.iys.org.tr\"").contains("must be https://"));
    assert!(one("[iys.push]\nlisten = \"0.0.0.0:1\"").contains("belong together"));
    assert!(one("[iys]\nusername = \"a\"\npasword = \"x\"").contains("is not a setting"));
    assert!(one("[iys]\npush = 1").contains("must be a table, [iys.push]"));
}

#[test]
fn every_setting_is_read_from_the_file() {
    let text = r#"
        data = "/f"
        listen = "[::1]:1"
        admin = "0.0.0.0:2"
        hosts = ["gateway.internal", "10.0.0.5"]
        insecure = true
        secret_file = "/s"
        drain = "2m"
        unready = "500ms"
        max_revision_wait = "0s"
        [log]
        format = "json"
        level = "warn,izingate::ingest=debug"
        [limits]
        connections = 1
        streams = 2
        body_bytes = 65536
        filter_patience = "7s"
        body_patience = "8s"
        stream_patience = "9m"
        [index]
        memory_bytes = 7
        snapshot_every = "60m"
        [store]
        compression = "zstd"
        cache_bytes = 1048576
        write_buffer_bytes = 1048577
        [ingest]
        queue = 4096
        [retention]
        changes = "1d"
        history = "36525d"
        [backup]
        root = "/b"
        [policy]
        exempt_only = true
        [evidence]
        durability = "before-answer"
        interval = "a, b"
        off = "c"
        window = "20ms"
        overload = "block"
        patience = "1s"
        buffer_bytes = 1048576
        segment_bytes = 2097152
        retention = "2000d"
        signing_key_file = "/k"
    "#;
    let callers = [("a", Durability::Interval), ("b", Durability::Interval), ("c", Durability::Off)];
    let settings = Settings {
        durability: Durability::BeforeAnswer,
        callers: callers.map(|(name, durability)| (name.to_owned(), durability)).into(),
        window: Duration::from_millis(20),
        overload: Overload::Block,
        patience: Duration::from_secs(1),
        buffer_bytes: 1_048_576,
        segment_bytes: 2_097_152,
        retention_days: 2_000,
        key: None,
    };
    let expected = Config {
        data: PathBuf::from("/f"),
        listen: "[::1]:1".parse().unwrap(),
        admin: "0.0.0.0:2".parse().unwrap(),
        insecure: true,
        hosts: ["gateway.internal", "10.0.0.5"].map(|name| HostName::parse(name).unwrap()).to_vec(),
        secret: SecretSource::File(PathBuf::from("/s")),
        demo: false,
        drain: Duration::from_mins(2),
        unready: Duration::from_millis(500),
        max_revision_wait: Duration::ZERO,
        log: Log { format: LogFormat::Json, level: "warn,izingate::ingest=debug".to_owned() },
        limits: Limits {
            connections: 1,
            streams: 2,
            body_bytes: 65_536,
            filter_patience: Duration::from_secs(7),
            body_patience: Duration::from_secs(8),
            stream_patience: Duration::from_mins(9),
        },
        index: Index { memory_bytes: 7, snapshot_every: Duration::from_hours(1) },
        store: Store { compression: Compression::Zstd, cache_bytes: 1_048_576, write_buffer_bytes: 1_048_577 },
        ingest: Ingest { queue: 4096 },
        retention: Retention { changes_days: 1, history: HistoryRetention::days(36_525).unwrap() },
        backup: Backup { root: PathBuf::from("/b") },
        policy: Policy { exempt_only: true },
        evidence: Evidence { settings, signing_key_file: Some(PathBuf::from("/k")) },
        iys: None,
    };
    assert_eq!(resolve(Flags::default(), &[], file(text)), Ok(expected));
}

#[test]
fn every_setting_is_read_from_flags_and_environment() {
    let flags = Flags {
        data: Some("/d".to_owned()),
        listen: Some("127.0.0.1:1".to_owned()),
        admin: Some("127.0.0.1:0".to_owned()),
        insecure: true,
        hosts: None,
        secret_file: None,
        demo: true,
        log_format: Some("json".to_owned()),
        log_level: Some("debug".to_owned()),
    };
    let env = [
        ("IZINGATE_SECRET", SECRET),
        ("IZINGATE_HOSTS", "izingate, [::2],"),
        ("IZINGATE_DRAIN", "1s"),
        ("IZINGATE_UNREADY", "2s"),
        ("IZINGATE_MAX_REVISION_WAIT", "3s"),
        ("IZINGATE_LIMITS_CONNECTIONS", "4"),
        ("IZINGATE_LIMITS_STREAMS", "5"),
        ("IZINGATE_LIMITS_BODY_BYTES", "66000"),
        ("IZINGATE_LIMITS_FILTER_PATIENCE", "8s"),
        ("IZINGATE_LIMITS_BODY_PATIENCE", "9s"),
        ("IZINGATE_LIMITS_STREAM_PATIENCE", "10m"),
        ("IZINGATE_INDEX_MEMORY_BYTES", "8"),
        ("IZINGATE_INDEX_SNAPSHOT_EVERY", "9s"),
        ("IZINGATE_STORE_COMPRESSION", "none"),
        ("IZINGATE_STORE_CACHE_BYTES", "2000000"),
        ("IZINGATE_STORE_WRITE_BUFFER_BYTES", "3000000"),
        ("IZINGATE_INGEST_QUEUE", "6"),
        ("IZINGATE_RETENTION_CHANGES", "3650d"),
        ("IZINGATE_RETENTION_HISTORY", "1097d"),
        ("IZINGATE_BACKUP_ROOT", "/e"),
        ("IZINGATE_POLICY_EXEMPT_ONLY", "true"),
        ("IZINGATE_EVIDENCE_OVERLOAD", "drop-and-count"),
    ];
    let expected = Config {
        data: PathBuf::from("/d"),
        listen: "127.0.0.1:1".parse().unwrap(),
        admin: "127.0.0.1:0".parse().unwrap(),
        insecure: true,
        hosts: vec![HostName::parse("izingate").unwrap(), HostName::parse("::2").unwrap()],
        secret: SecretSource::Given(Secret::parse(SECRET).unwrap()),
        demo: true,
        drain: Duration::from_secs(1),
        unready: Duration::from_secs(2),
        max_revision_wait: Duration::from_secs(3),
        log: Log { format: LogFormat::Json, level: "debug".to_owned() },
        limits: Limits {
            connections: 4,
            streams: 5,
            body_bytes: 66_000,
            filter_patience: Duration::from_secs(8),
            body_patience: Duration::from_secs(9),
            stream_patience: Duration::from_mins(10),
        },
        index: Index { memory_bytes: 8, snapshot_every: Duration::from_secs(9) },
        store: Store { compression: Compression::None, cache_bytes: 2_000_000, write_buffer_bytes: 3_000_000 },
        ingest: Ingest { queue: 6 },
        retention: Retention { changes_days: 3650, history: HistoryRetention::days(1097).unwrap() },
        backup: Backup { root: PathBuf::from("/e") },
        policy: Policy { exempt_only: true },
        evidence: Evidence {
            settings: Settings { overload: Overload::DropAndCount, ..Settings::default() },
            signing_key_file: None,
        },
        iys: None,
    };
    assert_eq!(resolve(flags, &env, None), Ok(expected));
}

#[test]
fn a_variable_that_is_none_is_an_error_that_names_the_nearest() {
    let errors = errors_of_env(&[
        ("IZINGATE_DRIAN", "1s"),
        ("IZINGATE_SECRET_FLIE", "/s"),
        ("IZINGATE_LIMITS_STREAM", "4"),
        ("IZINGATE_X", "hunter2"),
    ]);
    let expected = [
        "IZINGATE_DRIAN is not a setting; the nearest is IZINGATE_DRAIN",
        "IZINGATE_SECRET_FLIE is not a setting; the nearest is IZINGATE_SECRET_FILE",
        "IZINGATE_LIMITS_STREAM is not a setting; the nearest is IZINGATE_LIMITS_STREAMS",
        "IZINGATE_X is not a setting; deploy/izingate.toml names all there are",
    ];
    assert_eq!(errors, expected);
    for known in ["IZINGATE_CONFIG", "IZINGATE_ENDPOINT", "IZINGATE_IYS_PASSWORD"] {
        assert_eq!(errors_of_env(&[(known, "x")]), [""; 0], "{known}");
    }
}

#[test]
fn a_caller_is_in_one_list() {
    let text = "[evidence]\nbefore_answer = \"a,b\"\noff = \"b\"";
    let errors = resolve(data_flag(), &[], file(text)).unwrap_err();
    assert_eq!(errors.list().len(), 1);
    assert!(errors.to_string().contains("evidence.off names b, which another list"), "{errors}");
    let errors = resolve(data_flag(), &[], file("[evidence]\nretention = \"1095d\"")).unwrap_err();
    assert!(errors.to_string().contains("from 1096d"), "{errors}");
}

#[test]
fn flags_over_environment_over_file_over_default() {
    let flag = Flags { listen: Some("127.0.0.1:1".to_owned()), ..data_flag() };
    let env: &[_] = &[("IZINGATE_LISTEN", "127.0.0.1:2")];
    let toml = || Some(file(r#"listen = "127.0.0.1:3""#));
    let port = |flags: &Flags, env: &[(&str, &str)], file| resolve(flags.clone(), env, file).map(|config| config.listen.port());
    assert_eq!(port(&flag, env, toml()), Ok(1));
    assert_eq!(port(&data_flag(), env, toml()), Ok(2));
    assert_eq!(port(&data_flag(), &[], toml()), Ok(3));
    assert_eq!(port(&data_flag(), &[], None), Ok(7070));
    let insecure = |env: &[(&str, &str)], text| resolve(data_flag(), env, file(text)).map(|config| config.insecure);
    assert_eq!(insecure(&[("IZINGATE_INSECURE", "false")], "insecure = true"), Ok(false), "a no stands over a yes");
}

#[test]
fn an_overridden_value_is_still_checked() {
    let flags = Flags { listen: Some("127.0.0.1:1".to_owned()), ..data_flag() };
    let errors = resolve(flags, &[("IZINGATE_LISTEN", "nowhere")], None).unwrap_err();
    assert_eq!(errors.list().len(), 1, "{errors}");
}

#[test]
fn every_error_is_named_at_once() {
    let flags = Flags { listen: Some("nowhere".to_owned()), ..Flags::default() };
    let text =
        "drain = 10\nlissen = \"x\"\nsecret = \"0011\"\n[limits]\nstreams = 0\nsteams = 1\n[store]\ncompression = \"gzip\"";
    let errors = resolve(flags, &[("IZINGATE_INGEST_QUEUE", "many")], file(text)).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "9 errors in the configuration
  data is required: give --data, IZINGATE_DATA or `data` in the configuration file
  --listen is \"nowhere\", but must be an IP address and a port such as 127.0.0.1:7070 or [::1]:7070
  gate.toml: drain is 10, but must be a length of time such as 500ms, 10s or 2m, at most 600s
  gate.toml: limits.streams is 0, but must be a whole number from 1 to 65536
  gate.toml: store.compression is \"gzip\", but must be one of lz4, zstd, none
  IZINGATE_INGEST_QUEUE is \"many\", but must be a whole number from 1 to 4096
  gate.toml: limits.steams is not a setting; there are limits.connections, limits.streams, limits.body_bytes, limits.filter_patience, limits.body_patience, limits.stream_patience
  gate.toml: lissen is not a setting; there are data, listen, admin, insecure, secret_file, hosts, drain, unready, \
max_revision_wait, log.format, log.level, limits.connections, limits.streams, limits.body_bytes, limits.filter_patience, limits.body_patience, limits.stream_patience, index.memory_bytes, \
index.snapshot_every, store.compression, store.cache_bytes, store.write_buffer_bytes, ingest.queue, retention.changes, retention.history, backup.root, policy.exempt_only, \
evidence.durability, evidence.overload, evidence.retention, evidence.window, evidence.patience, evidence.buffer_bytes, \
evidence.segment_bytes, evidence.before_answer, evidence.interval, evidence.off, evidence.signing_key_file, \
iys.username, iys.url, iys.iys_code, iys.integrator_code, iys.password_file, iys.ca_file, iys.pull_every, iys.reconcile, \
iys.confirm_agreements, iys.push.listen, iys.push.certificate_file, iys.push.key_file, iys.push.public_url
  gate.toml: secret is not a setting; there are data, listen, admin, insecure, secret_file, hosts, drain, unready, \
max_revision_wait, log.format, log.level, limits.connections, limits.streams, limits.body_bytes, limits.filter_patience, limits.body_patience, limits.stream_patience, index.memory_bytes, \
index.snapshot_every, store.compression, store.cache_bytes, store.write_buffer_bytes, ingest.queue, retention.changes, retention.history, backup.root, policy.exempt_only, \
evidence.durability, evidence.overload, evidence.retention, evidence.window, evidence.patience, evidence.buffer_bytes, \
evidence.segment_bytes, evidence.before_answer, evidence.interval, evidence.off, evidence.signing_key_file, \
iys.username, iys.url, iys.iys_code, iys.integrator_code, iys.password_file, iys.ca_file, iys.pull_every, iys.reconcile, \
iys.confirm_agreements, iys.push.listen, iys.push.certificate_file, iys.push.key_file, iys.push.public_url"
    );
}

#[test]
fn bad_values_in_the_file() {
    for (text, expected) in [
        ("listen = 7070", "gate.toml: listen is 7070, but must be an IP address and a port such as 127.0.0.1:7070 or [::1]:7070"),
        ("insecure = \"yes\"", "gate.toml: insecure is \"yes\", but must be true or false"),
        ("unready = \"10\"", "gate.toml: unready is \"10\", but must be a length of time such as 500ms, 10s or 2m, at most 600s"),
        ("drain = \"11m\"", "gate.toml: drain is \"11m\", but must be a length of time such as 500ms, 10s or 2m, at most 600s"),
        (
            "max_revision_wait = \"61s\"",
            "gate.toml: max_revision_wait is \"61s\", but must be a length of time such as 500ms, 10s or 2m, at most 60s",
        ),
        ("[ingest]\nqueue = \"64\"", "gate.toml: ingest.queue is \"64\", but must be a whole number from 1 to 4096"),
        ("[ingest]\nqueue = -1", "gate.toml: ingest.queue is -1, but must be a whole number from 1 to 4096"),
        ("[ingest]\nqueue = 4097", "gate.toml: ingest.queue is 4097, but must be a whole number from 1 to 4096"),
        (
            "[retention]\nhistory = \"1095d\"",
            "gate.toml: retention.history is \"1095d\", but must be a number of days from 1096d to 36525d",
        ),
        ("[retention]\nchanges = 7", "gate.toml: retention.changes is 7, but must be a number of days from 1d to 3650d"),
        ("[log]\nformat = \"JSON\"", "gate.toml: log.format is \"JSON\", but must be one of human, json"),
        ("log = \"json\"", "gate.toml: log must be a table, [log]"),
        ("secret_file = \"\"", "gate.toml: secret_file is \"\", but must be a path"),
        ("a = \"\"\n b = ", "gate.toml line 2: is not TOML: string values must be quoted, expected literal string"),
    ] {
        assert_eq!(errors_of(text), [expected], "{text}");
    }
}

#[test]
fn log_levels() {
    for level in ["off", "INFO", "warn,izingate=debug", "info,izingate::wire[call{channel=MESAJ}]=trace", "izingate=debug"] {
        assert_eq!(errors_of_env(&[("IZINGATE_LOG_LEVEL", level)]), [""; 0], "{level}");
    }
    for level in ["", "inof", "info,izingate", "izingate=loud", "info,,warn"] {
        assert_eq!(errors_of_env(&[("IZINGATE_LOG_LEVEL", level)]).len(), 1, "{level}");
    }
}

#[test]
fn lengths_of_time_and_numbers_are_not_guessed() {
    for text in ["", "s", "1", "1.5s", "-1s", "1 s", "1h", "18446744073709551615m", "99999999999999999999s"] {
        assert_eq!(errors_of_env(&[("IZINGATE_DRAIN", text)]).len(), 1, "{text}");
    }
    for text in ["", "d", "7", "+7d", "7 d", "1w", "7dd", "0d", "3651d", "4294967303d"] {
        assert_eq!(errors_of_env(&[("IZINGATE_RETENTION_CHANGES", text)]).len(), 1, "{text}");
    }
    for text in ["", "+1", "1_000", "0x10", "1.0", "99999999999999999999"] {
        assert_eq!(errors_of_env(&[("IZINGATE_INGEST_QUEUE", text)]).len(), 1, "{text}");
    }
}

#[test]
fn only_loopback_unless_insecure() {
    let reachable = "which other machines can reach, and there is no access control yet: use a loopback address such as 127.0.0.1, \
                     or allow it with --insecure";
    assert_eq!(
        errors_of_env(&[("IZINGATE_LISTEN", "0.0.0.0:7070"), ("IZINGATE_ADMIN", "[::]:7071")]),
        [format!("IZINGATE_LISTEN is 0.0.0.0:7070, {reachable}"), format!("IZINGATE_ADMIN is [::]:7071, {reachable}")]
    );
    for (name, value) in
        [("IZINGATE_LISTEN", "[::ffff:127.0.0.1]:7070"), ("IZINGATE_ADMIN", "127.9.9.9:1"), ("IZINGATE_ADMIN", "[::1]:1")]
    {
        assert_eq!(errors_of_env(&[(name, value)]), [""; 0], "{value}");
    }
    assert_eq!(errors_of_env(&[("IZINGATE_LISTEN", "0.0.0.0:7070"), ("IZINGATE_INSECURE", "true")]), [""; 0]);
    let unclear = errors_of_env(&[("IZINGATE_LISTEN", "0.0.0.0:7070"), ("IZINGATE_INSECURE", "ja")]);
    assert_eq!(unclear, ["IZINGATE_INSECURE is \"ja\", but must be true or false"]);
}

#[test]
fn listen_and_admin_differ() {
    let expected = "IZINGATE_ADMIN makes listen and admin the same address, 127.0.0.1:7070, but each needs its own";
    assert_eq!(errors_of_env(&[("IZINGATE_ADMIN", "127.0.0.1:7070")]), [expected]);
    assert_eq!(errors_of_env(&[("IZINGATE_ADMIN", "127.0.0.1:0"), ("IZINGATE_LISTEN", "127.0.0.1:0")]), [""; 0]);
}

#[test]
fn one_secret_and_never_shown() {
    let both = errors_of_env(&[("IZINGATE_SECRET", SECRET), ("IZINGATE_SECRET_FILE", "/s")]);
    assert_eq!(both, ["IZINGATE_SECRET is set beside IZINGATE_SECRET_FILE: give one of the two"]);
    for text in ["", "0011", &SECRET[1..]] {
        let errors = errors_of_env(&[("IZINGATE_SECRET", text)]);
        assert_eq!(errors, ["IZINGATE_SECRET must be 64 hexadecimal digits (its value is not shown)"]);
    }
    let misplaced = errors_of_env(&[("IZINGATE_SECRET_FILE", SECRET)]);
    assert_eq!(misplaced, ["IZINGATE_SECRET_FILE must be a path, but is a secret itself (its value is not shown)"]);
    for text in [format!("secret = \"{SECRET}\""), format!("secret = {SECRET}"), format!("secret = \"{SECRET}")] {
        assert!(!errors_of(&text).concat().contains("aabbccddeeff"), "{text}");
    }
    let given = resolve(data_flag(), &[("IZINGATE_SECRET", SECRET)], None).unwrap();
    assert!(format!("{given:?}").contains("secret: Given(Secret(…))"));
}

#[test]
fn the_secret_of_other_commands() {
    let env = |name: &str| (name == "IZINGATE_SECRET_FILE").then(|| "/env".to_owned());
    assert_eq!(SecretSource::resolve(Some("/flag"), env), Ok(SecretSource::File(PathBuf::from("/flag"))));
    assert_eq!(SecretSource::resolve(None, env), Ok(SecretSource::File(PathBuf::from("/env"))));
    assert_eq!(SecretSource::resolve(None, |_| None), Ok(SecretSource::DataDirectory));
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other_error() {
    let gone = Some(File { path: PathBuf::from("gate.toml"), text: Err("no such file".to_owned()) });
    let flags = Flags { listen: Some("0.0.0.0:1".to_owned()), ..Flags::default() };
    let errors = resolve(flags, &[("IZINGATE_DRAIN", "long")], gone).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "2 errors in the configuration
  gate.toml cannot be read: no such file
  IZINGATE_DRAIN is \"long\", but must be a length of time such as 500ms, 10s or 2m, at most 600s",
        "data and insecure may be in the file, so neither is called missing"
    );
}

#[test]
fn no_value_floods_the_message() {
    let errors = errors_of_env(&[("IZINGATE_LISTEN", &"ü\n".repeat(1_000_000))]);
    assert!(errors[0].len() < 400 && !errors[0].contains('\n'), "{}", errors[0].len());
}
