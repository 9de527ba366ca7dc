//! Host names under which a listener may be addressed: what stands between a web page and a loopback port.
//!
//! A page can point a name of its own at 127.0.0.1 (DNS rebinding) and is then of the same origin as the gateway. What it
//! cannot choose is the name in `Host`, which stays its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// Length of a name in DNS, at most.
const MAX_LENGTH: usize = 253;

/// A host as `Host`, `:authority` or `Origin` names it, without its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// An address; an IPv4 address that is written as IPv6 is the IPv4 address.
    Address(IpAddr),
    /// A name, in the case in which it came and without the dot of the root.
    Name(&'a str),
}

/// A host that the configuration allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// The hosts that a listener answers to. Clones are cheap.
#[derive(Clone, Debug)]
pub struct HostPolicy {
    configured: Arc<[HostName]>,
    others: Others,
}

/// What a listener answers to beside loopback and the configured hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    /// Nothing: it listens on a loopback address.
    None,
    /// Every address as a number: no name leads there by rebinding.
    Addresses,
    /// Everything: it listens on an address of its network, and no host is configured.
    All,
}

impl<'a> Host<'a> {
    /// Reads `host`, `host:port`, `1.2.3.4:port` or `[::1]:port`; none for anything else.
    #[must_use]
    pub fn parse(authority: &'a str) -> Option<Self> {
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            return is_port(port).then(|| Self::Address(IpAddr::V6(address).to_canonical()));
        }
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(end);
        if !is_port(port) {
            return None;
        }
        match Ipv4Addr::from_str(host) {
            Ok(address) => Some(Self::Address(address.into())),
            Err(_) => name(host).map(Self::Name),
        }
    }

    /// Whether the host is this machine by definition: an address of loopback, `localhost`, or a name below it.
    fn is_loopback(self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => is_localhost(name),
        }
    }

    fn is(self, configured: &HostName) -> bool {
        match self {
            Self::Address(address) => configured.0.parse() == Ok(address),
            Self::Name(name) => configured.0.eq_ignore_ascii_case(name),
        }
    }
}

impl HostName {
    /// Reads a name or an address, without a port: one that is configured holds for every port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match bare.parse::<IpAddr>() {
            Ok(address) => Some(Self(address.to_canonical().to_string())),
            Err(_) => name(text).map(|name| Self(name.to_ascii_lowercase())),
        }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl HostPolicy {
    /// The policy of a listener on `address`: on loopback only loopback names and the configured hosts, on any other
    /// address everything, or with hosts configured those, loopback names and addresses as numbers.
    #[must_use]
    pub fn of_listener(address: IpAddr, configured: &[HostName]) -> Self {
        let others = match () {
            () if address.to_canonical().is_loopback() => Others::None,
            () if configured.is_empty() => Others::All,
            () => Others::Addresses,
        };
        Self { configured: configured.into(), others }
    }

    /// The policy of a listener that is reached under whatever name its peer was given: İYS's push.
    #[must_use]
    pub fn any() -> Self {
        Self { configured: Arc::default(), others: Others::All }
    }

    /// Whether requests for `host` are answered.
    #[must_use]
    pub fn allows(&self, host: Host<'_>) -> bool {
        let other = match self.others {
            Others::All => true,
            Others::Addresses => matches!(host, Host::Address(_)),
            Others::None => false,
        };
        other || self.trusts(host)
    }

    /// Whether a page that was loaded from `host` is this machine's or the configuration's.
    #[must_use]
    pub fn trusts(&self, host: Host<'_>) -> bool {
        host.is_loopback() || self.configured.iter().any(|configured| host.is(configured))
    }
}

fn is_port(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(':') else { return text.is_empty() };
    digits.len() <= 5 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// A name as DNS has it, or with an underscore, as Docker's have; without the dot of the root.
fn name(text: &str) -> Option<&str> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (name.len() <= MAX_LENGTH && name.split('.').all(label)).then_some(name)
}

fn is_localhost(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(address: &str, configured: &[&str]) -> HostPolicy {
        let configured: Vec<_> = configured.iter().map(|name| HostName::parse(name).unwrap()).collect();
        HostPolicy::of_listener(address.parse().unwrap(), &configured)
    }

    fn allows(policy: &HostPolicy, host: &str) -> bool {
        Host::parse(host).is_some_and(|host| policy.allows(host))
    }

    const LOOPBACK: [&str; 10] = [
        "localhost",
        "LocalHost:7070",
        "localhost.",
        "izingate.localhost:7070",
        "127.0.0.1",
        "127.0.0.1:7070",
        "127.255.0.9:1",
        "[::1]",
        "[::1]:7070",
        "[::ffff:127.0.0.1]:7070",
    ];
    const FOREIGN: [&str; 9] = [
        "evil.example:7070",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "10.0.0.5:7070",
        "0.0.0.0:7070",
        "[::2]:7070",
        "2130706433",
        "127.1",
    ];

    #[test]
    fn a_loopback_listener_answers_to_loopback_names_and_the_configured_ones() {
        for address in ["127.0.0.1", "::1", "127.0.0.9", "::ffff:127.0.0.1"] {
            let bare = policy(address, &[]);
            let all = LOOPBACK.iter().map(|host| (host, true)).chain(FOREIGN.iter().map(|host| (host, false)));
            for (host, allowed) in all {
                assert_eq!(allows(&bare, host), allowed, "{host}");
            }
        }
        let named = policy("127.0.0.1", &["Gateway.internal", "10.0.0.5", "::2"]);
        for host in ["gateway.internal", "GATEWAY.INTERNAL.:80", "10.0.0.5:7070", "[::2]:7070", "localhost"] {
            assert!(allows(&named, host), "{host}");
        }
        for host in ["internal", "a.gateway.internal", "10.0.0.6", "evil.example"] {
            assert!(!allows(&named, host), "{host}");
        }
    }

    #[test]
    fn another_listener_answers_to_everything_until_hosts_are_configured() {
        let open = policy("0.0.0.0", &[]);
        LOOPBACK.iter().chain(&FOREIGN).for_each(|host| assert!(allows(&open, host), "{host}"));
        let named = policy("10.0.0.5", &["izingate"]);
        for host in ["izingate:7071", "10.0.0.5:7070", "192.168.3.4", "[fe80::1]:7070", "localhost:7070"] {
            assert!(allows(&named, host), "{host}");
        }
        for host in ["evil.example", "izingate.evil.example", "2130706433"] {
            assert!(!allows(&named, host), "{host}");
        }
    }

    #[test]
    fn a_page_is_trusted_by_its_host_alone_whatever_the_listener() {
        for address in ["127.0.0.1", "0.0.0.0"] {
            let policy = policy(address, &["portal.internal"]);
            for (host, trusted) in
                [("localhost:3000", true), ("portal.internal", true), ("evil.example", false), ("10.0.0.5:7070", false)]
            {
                assert_eq!(policy.trusts(Host::parse(host).unwrap()), trusted, "{host}");
            }
        }
    }

    #[test]
    fn what_is_no_host_is_none() {
        for text in [
            "",
            ":7070",
            "a b",
            "user@localhost",
            "localhost:7070:7070",
            "localhost:http",
            "localhost:123456",
            "[::1",
            "::1",
            "[::1]7070",
            "[127.0.0.1]",
            "localhost/",
            "localhost,evil.example",
            "a..b",
            ".",
            "local\u{131}host",
            "%6cocalhost",
        ] {
            assert_eq!(Host::parse(text), None, "{text:?}");
            assert!(text.contains(['[', ':']) || HostName::parse(text).is_none(), "{text:?}");
        }
        for text in ["gateway:7070", "http://gateway", "*", "*.internal", "[::1]:80", ""] {
            assert_eq!(HostName::parse(text), None, "{text:?}");
        }
    }
}
