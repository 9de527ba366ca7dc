//! The kinds of values: how one is written in a text and in TOML, and what is allowed.

use crate::evidence::settings::is_caller_name;
use crate::net::hosts::HostName;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use toml::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A kind of value. In a file a text stays a text; only numbers and switches have a type of their own.
pub(super) trait Kind {
    /// What is read.
    type Value;

    /// Reads a flag or a variable.
    fn text(&self, text: &str) -> Option<Self::Value>;

    /// Reads a value of the file.
    fn toml(&self, value: &Value) -> Option<Self::Value> {
        self.text(value.as_str()?)
    }

    /// What a right value looks like; the words after "must be".
    fn allowed(&self) -> String;
}

/// A path; whether it leads anywhere is for its user to find out.
pub(super) struct AnyPath;

impl Kind for AnyPath {
    type Value = PathBuf;

    fn text(&self, text: &str) -> Option<PathBuf> {
        let fits = !text.is_empty() && !text.contains(['\0', char::REPLACEMENT_CHARACTER]);
        fits.then(|| PathBuf::from(text))
    }

    fn allowed(&self) -> String {
        "a path".to_owned()
    }
}

/// One line of text, such as a name.
pub(super) struct Line;

impl Kind for Line {
    type Value = String;

    fn text(&self, text: &str) -> Option<String> {
        let fits = (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    }

    fn allowed(&self) -> String {
        "one line of text".to_owned()
    }
}

/// Names of callers, with commas between them.
pub(super) struct Names;

impl Kind for Names {
    type Value = Vec<String>;

    fn text(&self, text: &str) -> Option<Vec<String>> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names = names.map(|name| is_caller_name(name).then(|| name.to_owned()));
        names.collect()
    }

    fn allowed(&self) -> String {
        "names of callers with commas between them, each 1 to 64 letters, digits and any of - _ . / @ :".to_owned()
    }
}

/// Names of hosts: in a file a list or, as everywhere else, a text with commas between them.
pub(super) struct Hosts;

impl Kind for Hosts {
    type Value = Vec<HostName>;

    fn text(&self, text: &str) -> Option<Vec<HostName>> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(HostName::parse).collect()
    }

    fn toml(&self, value: &Value) -> Option<Vec<HostName>> {
        match value {
            Value::Array(names) => names.iter().map(|name| HostName::parse(name.as_str()?)).collect(),
            value => self.text(value.as_str()?),
        }
    }

    fn allowed(&self) -> String {
        "names or addresses of hosts, each without scheme and port, such as gateway.internal".to_owned()
    }
}

/// The root of a web address. Passwords travel to it, so it is https, or http to this machine where that is
/// allowed.
pub(super) struct Url {
    pub(super) local: bool,
}

impl Kind for Url {
    type Value = String;

    fn text(&self, text: &str) -> Option<String> {
        let text = text.trim_end_matches('/');
        let uri: http::Uri = text.parse().ok()?;
        let host = uri.host().filter(|host| !host.is_empty())?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let here = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let safe = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => self.local && here,
            _ => false,
        };
        let plain = uri.query().is_none() && !text.contains(['@', '#', '?']);
        (safe && plain).then(|| text.to_owned())
    }

    fn allowed(&self) -> String {
        let local = if self.local { ", or http:// and an address of this machine," } else { "" };
        format!("https:// and a host{local} without user, query or fragment")
    }
}

/// An address to listen on.
pub(super) struct Address;

impl Kind for Address {
    type Value = SocketAddr;

    fn text(&self, text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }

    fn allowed(&self) -> String {
        "an IP address and a port such as 127.0.0.1:7070 or [::1]:7070".to_owned()
    }
}

/// Yes or no.
pub(super) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn text(&self, text: &str) -> Option<bool> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    fn toml(&self, value: &Value) -> Option<bool> {
        value.as_bool()
    }

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }
}

/// A whole number within bounds.
pub(super) struct Whole(pub(super) RangeInclusive<u64>);

impl Kind for Whole {
    type Value = u64;

    fn text(&self, text: &str) -> Option<u64> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse().ok()? } else { return None };
        self.0.contains(&number).then_some(number)
    }

    fn toml(&self, value: &Value) -> Option<u64> {
        let number = value.as_integer()?.try_into().ok()?;
        self.0.contains(&number).then_some(number)
    }

    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.0.start(), self.0.end())
    }
}

/// One of a few words.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy> Kind for Choice<T> {
    type Value = T;

    fn text(&self, text: &str) -> Option<T> {
        self.0.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
    }

    fn allowed(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    }
}

/// A length of time, at most the given one: digits and `ms`, `s` or `m`.
pub(super) struct Length(pub(super) Duration);

impl Kind for Length {
    type Value = Duration;

    fn text(&self, text: &str) -> Option<Duration> {
        let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            _ => return None,
        };
        let length = Duration::from_millis(digits.parse::<u64>().ok()?.checked_mul(milliseconds)?);
        (length <= self.0).then_some(length)
    }

    fn allowed(&self) -> String {
        format!("a length of time such as 500ms, 10s or 2m, at most {}s", self.0.as_secs())
    }
}

/// A number of days within bounds: digits and `d`.
pub(super) struct Days(pub(super) RangeInclusive<u32>);

impl Kind for Days {
    type Value = u32;

    fn text(&self, text: &str) -> Option<u32> {
        let digits = text.strip_suffix('d').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let days = digits.parse().ok()?;
        self.0.contains(&days).then_some(days)
    }

    fn allowed(&self) -> String {
        format!("a number of days from {}d to {}d", self.0.start(), self.0.end())
    }
}

/// Directives of a `tracing` filter.
pub(super) struct Filter;

impl Kind for Filter {
    type Value = String;

    /// A lone word that is no level would be taken for the name of a module to be logged in full, so
    /// `inof` would silence the rest; such a word is refused.
    fn text(&self, text: &str) -> Option<String> {
        let lone_words = text.split(',').filter(|part| !part.contains(['=', '[']));
        let levels = lone_words.map(str::trim).all(|word| !word.is_empty() && word.parse::<LevelFilter>().is_ok());
        let fits = !text.is_empty() && (levels || text.contains('['));
        (fits && EnvFilter::builder().parse(text).is_ok()).then(|| text.to_owned())
    }

    fn allowed(&self) -> String {
        "off, error, warn, info, debug or trace, or directives such as warn,izingate::ingest=debug".to_owned()
    }
}
