//! Takes settings one by one and keeps every error.

use super::iys::PASSWORD_VARIABLE;
use super::kinds::Kind;
use super::resolve::SECRET_VARIABLE;
use super::source::File;
use std::fmt;
use toml::{Table, Value};

/// All that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The flag, variable or key of the file.
    pub origin: String,
    /// What is wrong with it and what is allowed.
    pub problem: String,
}

/// A value and where it was given.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: String,
}

/// The sources while settings are taken from them.
pub(super) struct Reader<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: Option<OpenFile>,
    errors: Vec<ConfigError>,
    /// The keys that were asked for: what a file may say.
    keys: Vec<&'static str>,
    /// A file is named but says nothing readable, so what is missing may be in it.
    unread_file: bool,
}

struct OpenFile {
    path: String,
    /// What is left once every known key was taken.
    table: Table,
}

/// Variables beside those of the keys: the path of the file, the gateway that commands speak to, and what stands in no file.
const BESIDE: [&str; 4] = ["IZINGATE_CONFIG", "IZINGATE_ENDPOINT", SECRET_VARIABLE, PASSWORD_VARIABLE];
/// Where a name has nothing near it.
const ALL_NAMED: &str = "deploy/izingate.toml names all there are";
/// Likeness, of at most 1, from which on a name is a misspelling of another.
const NEAR: f64 = 0.7;

/// Longer values are cut in a message.
const LONGEST_SHOWN: usize = 80;

impl<'a> Reader<'a> {
    pub(super) fn new(env: &'a dyn Fn(&str) -> Option<String>, file: Option<&File>) -> Self {
        let mut reader = Self { env, file: None, errors: Vec::new(), keys: Vec::new(), unread_file: false };
        let Some(file) = file else { return reader };
        let path = file.path.display().to_string();
        match parse(file) {
            Ok(table) => reader.file = Some(OpenFile { path, table }),
            Err(problem) => {
                reader.unread_file = true;
                reader.error(path, problem);
            }
        }
        reader
    }

    /// Takes the setting `key` from every source that gives it; the first of flag, environment and file
    /// stands, the others are still checked.
    pub(super) fn take<K: Kind>(&mut self, key: &'static str, flag: Option<&str>, kind: &K) -> Option<Found<K::Value>> {
        let from_flag = flag.and_then(|text| self.judge(flag_name(key), &format!("{text:?}"), kind.text(text), kind));
        let variable = env_name(key);
        let from_env = (self.env)(&variable).and_then(|text| self.judge(variable, &format!("{text:?}"), kind.text(&text), kind));
        let from_file = self.remove(key).and_then(|(origin, value)| {
            let shown = value.to_string();
            self.judge(origin, &shown, kind.toml(&value), kind)
        });
        from_flag.or(from_env).or(from_file)
    }

    /// A variable that has no key in the file and no flag.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    /// Names the variables among these that no setting has. Their values may be secrets, and are not repeated.
    pub(super) fn name_unknown_variables(&mut self, names: &[String]) {
        let known: Vec<String> = self.keys.iter().map(|key| env_name(key)).chain(BESIDE.map(str::to_owned)).collect();
        for name in names.iter().filter(|name| !known.contains(name)) {
            let nearest = nearest(name, &known);
            let hint = nearest.map_or_else(|| ALL_NAMED.to_owned(), |nearest| format!("the nearest is {nearest}"));
            self.error(shortened(name), format!("is not a setting; {hint}"));
        }
    }

    /// The same settings, of which nothing is wrong yet.
    pub(super) fn without_errors(mut self) -> Self {
        self.errors.clear();
        self
    }

    pub(super) fn error(&mut self, origin: String, problem: impl Into<String>) {
        self.errors.push(ConfigError { origin, problem: problem.into() });
    }

    /// A setting that has no default. With an unreadable file nothing can be called missing.
    pub(super) fn require<T>(&mut self, key: &'static str, found: Option<T>) -> Option<T> {
        let given_wrongly = self.errors.iter().any(|error| error.concerns(key));
        if found.is_none() && !given_wrongly && !self.unread_file {
            let problem = format!("is required: give {}, {} or `{key}` in the configuration file", flag_name(key), env_name(key));
            self.error(key.to_owned(), problem);
        }
        found
    }

    /// Whether a setting was given wrongly, or might stand in a file that could not be read.
    pub(super) fn in_doubt(&self, key: &str) -> bool {
        self.unread_file || self.errors.iter().any(|error| error.concerns(key))
    }

    /// What is left in the file is unknown; then all errors, if there are any.
    pub(super) fn finish(mut self) -> Result<(), ConfigErrors> {
        if let Some(file) = self.file.take() {
            self.name_unknown(&file);
        }
        if self.errors.is_empty() { Ok(()) } else { Err(ConfigErrors(self.errors)) }
    }

    fn judge<K: Kind>(&mut self, origin: String, shown: &str, value: Option<K::Value>, kind: &K) -> Option<Found<K::Value>> {
        let Some(value) = value else {
            let problem = format!("is {}, but must be {}", shortened(shown), kind.allowed());
            self.error(origin, problem);
            return None;
        };
        Some(Found { value, origin })
    }

    /// Takes `key` or `table.key` out of the file.
    fn remove(&mut self, key: &'static str) -> Option<(String, Value)> {
        self.keys.push(key);
        let file = self.file.as_mut()?;
        let (mut table, mut parts) = (&mut file.table, key.split('.').peekable());
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return Some((format!("{}: {key}", file.path), table.remove(part)?));
            }
            table = table.get_mut(part)?.as_table_mut()?;
        }
        None
    }

    fn name_unknown(&mut self, file: &OpenFile) {
        self.name_unknown_of(file, &file.table, "");
    }

    fn name_unknown_of(&mut self, file: &OpenFile, table: &Table, prefix: &str) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let inner = format!("{key}.");
            let is_table = self.keys.iter().any(|known| known.starts_with(&inner));
            match value {
                Value::Table(table) if is_table => self.name_unknown_of(file, table, &inner),
                _ if is_table => self.error(format!("{}: {key}", file.path), format!("must be a table, [{key}]")),
                _ => self.unknown(file, &key, prefix),
            }
        }
    }

    /// Names the keys there are, never the value: it may be a secret that is not meant to be here.
    fn unknown(&mut self, file: &OpenFile, key: &str, prefix: &str) {
        let known: Vec<&str> = self.keys.iter().copied().filter(|known| known.starts_with(prefix)).collect();
        let problem = format!("is not a setting; there are {}", known.join(", "));
        self.error(format!("{}: {}", file.path, shortened(key)), problem);
    }
}

impl ConfigError {
    /// Whether this is about the setting `key`, wherever it was given.
    fn concerns(&self, key: &str) -> bool {
        self.origin == flag_name(key) || self.origin == env_name(key) || self.origin.ends_with(&format!(": {key}"))
    }
}

impl ConfigErrors {
    /// The stable code of a configuration that cannot be used.
    pub const CODE: &'static str = "CONFIG_INVALID";

    /// Each thing that is wrong.
    #[must_use]
    pub fn list(&self) -> &[ConfigError] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "error" } else { "errors" };
        write!(f, "{} {noun} in the configuration", self.0.len())?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.origin, self.problem)
    }
}

impl std::error::Error for ConfigErrors {}

/// The table of a file. Only the parser's own words are passed on: its full message quotes the line,
/// which may hold a secret.
fn parse(file: &File) -> Result<Table, String> {
    let text = file.text.as_ref().map_err(|reason| format!("cannot be read: {reason}"))?;
    text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: is not TOML: {}", error.message().replace('\n', "; "))
    })
}

/// The known name that a name was most likely meant to be.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let likeness = |known: &'a String| (strsim::normalized_damerau_levenshtein(name, known), known.as_str());
    let best = known.iter().map(likeness).max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= NEAR).then_some(best.1)
}

fn flag_name(key: &str) -> String {
    format!("--{}", key.replace(['.', '_'], "-"))
}

fn env_name(key: &str) -> String {
    format!("IZINGATE_{}", key.replace('.', "_").to_ascii_uppercase())
}

fn shortened(text: &str) -> String {
    let line = text.replace('\n', " ");
    match line.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
