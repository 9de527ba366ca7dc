//! The address of a running gateway, as the commands that speak to one are given it. It is the only way to a connection:
//! what was not read here is not connected to.
//!
//! The commands speak HTTP/2 without TLS. tonic would speak that to an address of https too, and send recipients and
//! movements in the clear to a name that promised otherwise; so such an address is refused. A connection goes to the named
//! host and nowhere else: tonic follows no redirect and looks at no proxy of the environment.

use http::Uri;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use tonic::transport::Endpoint;

/// The address of a gateway where none is given: that of a gateway on this machine with its default settings.
pub const DEFAULT: &str = "http://127.0.0.1:7070";
/// The variable of the environment that names another one.
pub const VARIABLE: &str = "IZINGATE_ENDPOINT";

/// Time for the connection itself.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The address of a gateway without TLS: `http://`, a host, and a port if need be; or a host and a port alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayUrl(Uri);

/// Why an address is not one of a gateway. The texts do not repeat an address that may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayUrlError {
    /// It is one of https.
    #[error(
        "{0}: this command speaks to a gateway without TLS, and nothing is sent in the clear to an address of https; run it on \
         the gateway's machine with its http:// address, or through a tunnel (ssh -L 7070:127.0.0.1:7070 HOST)"
    )]
    TlsUnsupported(String),
    /// It holds a user or a password, which nobody asks for.
    #[error("an address of a gateway has no user or password before its host, such as http://127.0.0.1:7070")]
    Credentials,
    /// It is something else.
    #[error("{url}: {problem}; an address of a gateway is http:// with a host and a port, such as http://127.0.0.1:7070")]
    Malformed {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl GatewayUrl {
    /// Returns how to connect there.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::from(self.0.clone()).connect_timeout(CONNECT_TIMEOUT)
    }
}

impl GatewayUrlError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TlsUnsupported(_) => "ENDPOINT_TLS_UNSUPPORTED",
            Self::Credentials | Self::Malformed { .. } => "ENDPOINT_INVALID",
        }
    }
}

impl FromStr for GatewayUrl {
    type Err = GatewayUrlError;

    fn from_str(text: &str) -> Result<Self, GatewayUrlError> {
        if text.contains('@') {
            return Err(GatewayUrlError::Credentials);
        }
        let malformed = |problem| GatewayUrlError::Malformed { url: text.to_owned(), problem };
        let whole = with_scheme(text).ok_or_else(|| malformed("there is neither http:// in front nor a port behind"))?;
        let (scheme, rest) = whole.split_once("://").unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => return Err(GatewayUrlError::TlsUnsupported(text.to_owned())),
            _ => return Err(malformed("the scheme is not http")),
        }
        if rest.trim_end_matches('/').contains(['/', '?', '#']) || rest.ends_with("//") {
            return Err(malformed("there is something behind the host and port"));
        }
        let uri: Uri = whole.parse().map_err(|_| malformed("it cannot be read"))?;
        match uri.authority() {
            Some(authority) if super::hosts::Host::parse(authority.as_str()).is_some() && !authority.as_str().ends_with(':') => {
                Ok(Self(uri))
            }
            _ => Err(malformed("there is no host in it")),
        }
    }
}

/// The address with `http://` in front of a host and a port; none for what has neither a scheme nor a port.
#[must_use]
pub fn with_scheme(text: &str) -> Option<Cow<'_, str>> {
    if text.contains("://") {
        return Some(text.into());
    }
    let (_, port) = text.rsplit_once(':')?;
    port.trim_end_matches('/').parse::<u16>().ok().map(|_| format!("http://{text}").into())
}

/// The address that was given, else the one of the environment, else the default.
pub fn or_default<T: FromStr + Clone>(
    given: Option<&T>,
    env: impl Fn(&str) -> Option<String>,
) -> Result<T, FromEnvironment<T::Err>> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let text = env(VARIABLE).filter(|text| !text.is_empty());
    text.as_deref().unwrap_or(DEFAULT).parse().map_err(FromEnvironment)
}

/// What is wrong with the address in the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}: {0}")]
pub struct FromEnvironment<E>(pub E);

impl fmt::Display for GatewayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.to_string().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_and_a_host() {
        for (text, shown) in [
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070"),
            ("http://localhost:7070/", "http://localhost:7070"),
            ("HTTP://gateway.internal", "http://gateway.internal"),
            ("http://[::1]:7070", "http://[::1]:7070"),
            ("127.0.0.1:7070", "http://127.0.0.1:7070"),
            ("localhost:7070/", "http://localhost:7070"),
            ("[::1]:7070", "http://[::1]:7070"),
        ] {
            assert_eq!(text.parse::<GatewayUrl>().map(|url| url.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn nothing_is_sent_in_the_clear_to_an_address_of_https() {
        for text in ["https://gateway.internal", "HTTPS://127.0.0.1:7070", "https://"] {
            let error = text.parse::<GatewayUrl>().unwrap_err();
            assert_eq!(
                (error.code(), error.clone()),
                ("ENDPOINT_TLS_UNSUPPORTED", GatewayUrlError::TlsUnsupported(text.to_owned()))
            );
        }
    }

    #[test]
    fn anything_else_is_named() {
        for text in [
            "",
            "localhost",
            "127.0.0.1",
            ":7070",
            "::1:7070",
            "localhost:7070/v1",
            "localhost:",
            "localhost:port",
            "http:/localhost",
            "unix:/run/izingate.sock",
            "ftp://localhost",
            "grpc://localhost:7070",
            "http://",
            "http://:7070",
            "http://localhost:",
            "http://localhost:port",
            "http://localhost:123456",
            "http://localhost/v1",
            "http://localhost//",
            "http://localhost?x=1",
            "http://localhost#x",
            "http://local host",
            "http://[::1",
        ] {
            let error = text.parse::<GatewayUrl>().unwrap_err();
            assert!(matches!(&error, GatewayUrlError::Malformed { url, .. } if url == text), "{text}: {error}");
            assert_eq!(error.code(), "ENDPOINT_INVALID");
        }
        let secret = "http://admin:hunter2@localhost:7070".parse::<GatewayUrl>().unwrap_err();
        assert!(secret == GatewayUrlError::Credentials && !secret.to_string().contains("hunter2"));
    }
}
