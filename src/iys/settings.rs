//! What the client is told.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use zeroize::ZeroizeOnDrop;

/// Whom to ask, as whom, and how much at most.
#[derive(Clone)]
pub struct Settings {
    /// Where İYS's API is.
    pub base_url: BaseUrl,
    /// The API user.
    pub username: String,
    /// Its password.
    pub password: Password,
    /// What İYS allows.
    pub limits: Limits,
}

/// The root of İYS's API, such as `https://api.iys.org.tr`; without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is no such root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a base URL is https://HOST or, for a simulator on this machine, http://127.0.0.1:PORT, without user, query or fragment")]
pub struct InvalidBaseUrl;

/// A password, hidden from logs and wiped when dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Password(String);

/// İYS's limits (F§1.2) and our patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From one request to the next.
    ///
    /// İYS allows 10 in any second. Requests are spaced rather than counted, so that no burst exists at
    /// all, and spaced by a little more than 100 ms, because two requests sent 100 ms apart may arrive
    /// closer together: at 105 ms the network may delay one by 50 ms without an eleventh in its second.
    pub spacing: Duration,
    /// Single status queries an hour.
    pub single_status: usize,
    /// History queries an hour.
    pub history: usize,
    /// Requests to the token endpoint an hour, whatever becomes of them.
    pub logins: usize,
    /// How often a call is sent before its failure is the caller's matter.
    pub tries: u32,
    /// How long an answer may take: once to its head, once more to the end of a body that is read whole.
    pub answer: Duration,
}

impl BaseUrl {
    /// Reads a base URL. Passwords travel to it, so plain `http://` is for this machine only.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let text = text.trim().trim_end_matches('/');
        let uri: http::Uri = text.parse().map_err(|_| InvalidBaseUrl)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(InvalidBaseUrl)?;
        let authority = uri.authority().ok_or(InvalidBaseUrl)?;
        let fits = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_local(host),
            _ => false,
        };
        if !fits || authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err(InvalidBaseUrl);
        }
        Ok(Self(text.to_owned()))
    }

    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is plain `http://`, on this machine.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http:")
    }
}

fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Password {
    /// Takes a password.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the one request that carries it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Settings {
    /// A user's name is mostly an e-mail address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings {{ base_url: {}, … }}", self.base_url.as_str())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            spacing: Duration::from_millis(105),
            single_status: 1000,
            history: 100,
            logins: 10,
            tries: 4,
            answer: Duration::from_mins(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_local() {
        for (text, expected) in [
            ("https://api.iys.org.tr", "https://api.iys.org.tr"),
            (" https://api.iys.org.tr/ ", "https://api.iys.org.tr"),
            ("https://proxy.example/iys/", "https://proxy.example/iys"),
            ("http://127.0.0.1:4780", "http://127.0.0.1:4780"),
            ("http://[::1]:4780", "http://[::1]:4780"),
            ("http://localhost:1", "http://localhost:1"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), expected);
        }
        for text in
            ["", "api.iys.org.tr", "http://api.iys.org.tr", "ftp://x", "https://", "https://a:b@x", "https://x?y", "https://x#y"]
        {
            assert_eq!(BaseUrl::parse(text), Err(InvalidBaseUrl), "{text}");
        }
    }

    #[test]
    fn who_asks_stays_hidden() {
        let settings = Settings {
            base_url: BaseUrl::parse("https://api.iys.org.tr").unwrap(),
            username: "ayse@ornek.com".to_owned(),
            password: Password::new("s3cret"),
            limits: Limits::default(),
        };
        assert_eq!(format!("{settings:?}"), "Settings { base_url: https://api.iys.org.tr, … }");
        assert_eq!(format!("{:?}", settings.password), "Password(…)");
        assert_eq!(settings.password.reveal(), "s3cret");
    }
}
