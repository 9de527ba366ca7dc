//! Where values come from: the command line, the environment, a file.

use super::{Config, ConfigErrors, SecretSource, resolve};
use std::ffi::OsString;
use std::path::PathBuf;

/// What the names of our variables begin with.
pub(super) const PREFIX: &str = "IZINGATE_";

/// What the command line says, as text: it is read and judged here, beside the other sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--data`
    pub data: Option<String>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--admin`
    pub admin: Option<String>,
    /// `--insecure`
    pub insecure: bool,
    /// `--hosts`
    pub hosts: Option<String>,
    /// `--secret-file`
    pub secret_file: Option<String>,
    /// `--demo`
    pub demo: bool,
    /// `--log-format`
    pub log_format: Option<String>,
    /// `--log-level`
    pub log_level: Option<String>,
}

/// A configuration file: its path, and its text or why it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says, or why it could not be read.
    pub text: Result<String, String>,
}

/// Everything a configuration is made of. Reads nothing by itself, so that a test can stand for the
/// machine.
pub struct Sources<E: Fn(&str) -> Option<String>> {
    /// The command line.
    pub flags: Flags,
    /// A variable of the environment by its name.
    pub env: E,
    /// The names of those that are ours by their prefix.
    pub variables: Vec<String>,
    /// The file, if one is named.
    pub file: Option<File>,
}

impl Config {
    /// Reads and checks every setting.
    ///
    /// # Errors
    /// All that is wrong, each on a line.
    pub fn resolve<E: Fn(&str) -> Option<String>>(sources: &Sources<E>) -> Result<Self, ConfigErrors> {
        resolve::config(&sources.flags, &sources.env, &sources.variables, sources.file.as_ref())
    }

    /// The same from this process's environment and the file named by `--config` or `IZINGATE_CONFIG`.
    ///
    /// # Errors
    /// As [`Config::resolve`]; a file that cannot be read is one of the errors.
    pub fn load(flags: Flags, config_flag: Option<PathBuf>) -> Result<Self, ConfigErrors> {
        let path = config_flag.or_else(|| std::env::var_os("IZINGATE_CONFIG").map(PathBuf::from));
        let file = path.map(|path| File { text: std::fs::read_to_string(&path).map_err(|error| error.to_string()), path });
        Self::resolve(&Sources { flags, env: process_environment, variables: own_variables(), file })
    }
}

impl SecretSource {
    /// Where the secret comes from, for the commands that have no configuration file.
    ///
    /// # Errors
    /// `--secret-file` beside `IZINGATE_SECRET`, or a value that cannot be.
    pub fn resolve(secret_file: Option<&str>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        resolve::secret(secret_file, &env)
    }

    /// The same from this process's environment.
    ///
    /// # Errors
    /// As [`SecretSource::resolve`].
    pub fn load(secret_file: Option<&str>) -> Result<Self, ConfigErrors> {
        Self::resolve(secret_file, process_environment)
    }
}

/// Refuses variables of this process's environment that begin as ours do and are none, before a command runs.
///
/// # Errors
/// Each of them, with the nearest that there is.
pub fn refuse_unknown_variables() -> Result<(), ConfigErrors> {
    resolve::refuse_unknown(&own_variables())
}

/// The names that begin as ours do, in order. Left out are those that Kubernetes sets for a service named so.
fn own_variables() -> Vec<String> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let own = variables.filter(|(name, value)| name.starts_with(PREFIX) && !is_of_a_service(name, value));
    let mut names: Vec<String> = own.map(|(name, _)| name).collect();
    names.sort();
    names
}

/// Whether it is one of the variables with which Kubernetes tells every container of a namespace about a service: `…_SERVICE_HOST`,
/// `…_SERVICE_PORT…`, `…_PORT=tcp://…` and `…_PORT_7070_TCP…`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    let of_port = |text: &str| {
        let (digits, rest) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
        !digits.is_empty() && ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| rest.starts_with(protocol))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && value.contains("://"))
        || name.split_once("_PORT_").is_some_and(|(_, text)| of_port(text))
}

/// A value that is not Unicode is never a right one; its replacement letters make it an error for
/// every kind of setting but a path, where the path then does not exist.
fn process_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_says_of_a_service_of_our_name_is_no_setting() {
        for (name, value) in [
            ("IZINGATE_SERVICE_HOST", "10.0.0.1"),
            ("IZINGATE_ADMIN_SERVICE_PORT", "7071"),
            ("IZINGATE_SERVICE_PORT_GRPC", "7070"),
            ("IZINGATE_PORT", "tcp://10.0.0.1:7070"),
            ("IZINGATE_PORT_7070_TCP", "tcp://10.0.0.1:7070"),
            ("IZINGATE_PORT_7070_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(is_of_a_service(name, value), "{name}");
        }
        for (name, value) in [("IZINGATE_PORT", "7070"), ("IZINGATE_PORT_TCP", "x"), ("IZINGATE_LISTEN", "tcp://x")] {
            assert!(!is_of_a_service(name, value), "{name}");
        }
    }
}
