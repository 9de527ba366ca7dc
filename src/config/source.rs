//! Where values come from: the command line, the environment, a file.

use super::{Config, ConfigErrors, SecretSource, resolve};
use std::path::PathBuf;

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
    /// The file, if one is named.
    pub file: Option<File>,
}

impl Config {
    /// Reads and checks every setting.
    ///
    /// # Errors
    /// All that is wrong, each on a line.
    pub fn resolve<E: Fn(&str) -> Option<String>>(sources: &Sources<E>) -> Result<Self, ConfigErrors> {
        resolve::config(&sources.flags, &sources.env, sources.file.as_ref())
    }

    /// The same from this process's environment and the file named by `--config` or `IZINGATE_CONFIG`.
    ///
    /// # Errors
    /// As [`Config::resolve`]; a file that cannot be read is one of the errors.
    pub fn load(flags: Flags, config_flag: Option<PathBuf>) -> Result<Self, ConfigErrors> {
        let path = config_flag.or_else(|| std::env::var_os("IZINGATE_CONFIG").map(PathBuf::from));
        let file = path.map(|path| File { text: std::fs::read_to_string(&path).map_err(|error| error.to_string()), path });
        Self::resolve(&Sources { flags, env: process_environment, file })
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

/// A value that is not Unicode is never a right one; its replacement letters make it an error for
/// every kind of setting but a path, where the path then does not exist.
fn process_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
