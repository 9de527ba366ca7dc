//! The rule by which a request is taken at all, before anything of it is read: its head is no larger than it may be, it
//! names one host that the listener answers to, it comes from no foreign web page, and no header that decides anything is
//! there twice.
//!
//! It holds for every path and method of a port. A rule with exceptions would have to be thought of with each new path,
//! and even `GET /v1/check` leaves evidence.

use super::hosts::{Host, HostPolicy};
use http::header::{self, HeaderName};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Version};
use std::sync::OnceLock;

/// Headers of which one of two values would have to be chosen, by us and perhaps differently by whoever stands before us.
const SINGLE: [&str; 10] = [
    "host",
    "origin",
    "sec-fetch-site",
    "content-type",
    "content-encoding",
    "accept",
    "accept-language",
    "authorization",
    "izingate-caller",
    "grpc-timeout",
];

/// Bytes of a request's head at most: its target, and the name, the value and 32 bytes of each header, as HTTP/2 counts
/// (RFC 9113, 6.5.2). A listener lets its library read more than that, so that the request can be answered in words.
pub const LARGEST_HEAD: usize = 16 << 10;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestViolation {
    /// The target and the headers take this many bytes, which is more than [`LARGEST_HEAD`].
    HeadTooLarge(usize),
    /// A header that decides something is there more than once.
    RepeatedHeader(&'static str),
    /// HTTP/1.1 and HTTP/2 demand a host, and there is none.
    HostMissing,
    /// The host is not one, or `Host` and the target name two.
    HostMalformed,
    /// The listener does not answer to this host.
    HostNotAllowed(String),
    /// The request comes from a web page of another origin.
    CrossOrigin,
    /// gRPC needs HTTP/2: over HTTP/1.1 its answer has no trailers, and thus no status.
    GrpcOverHttp1,
}

/// What a request says that it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// gRPC with messages of protobuf: `application/grpc` or `application/grpc+proto`.
    Grpc,
    /// gRPC with other messages: `application/grpc+json`.
    GrpcOfOtherMessages,
    /// gRPC-Web: `application/grpc-web`, `application/grpc-web-text`, `application/grpc-web+proto`.
    GrpcWeb,
    /// None of these.
    Other,
}

/// What a request says that it speaks, by its `Content-Type`.
#[must_use]
pub fn spoken(headers: &HeaderMap) -> Spoken {
    headers.get(header::CONTENT_TYPE).map_or(Spoken::Other, spoken_in)
}

fn spoken_in(content_type: &HeaderValue) -> Spoken {
    let name = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let Some((grpc, rest)) = name.split_at_checked(b"application/grpc".len()) else { return Spoken::Other };
    match rest {
        _ if !grpc.eq_ignore_ascii_case(b"application/grpc") => Spoken::Other,
        b"" => Spoken::Grpc,
        [b'+', messages @ ..] if messages.eq_ignore_ascii_case(b"proto") => Spoken::Grpc,
        [b'+', ..] => Spoken::GrpcOfOtherMessages,
        [b'-', ..] => Spoken::GrpcWeb,
        _ => Spoken::Other,
    }
}

/// Whether a request says that it is gRPC, whatever its messages are: its answer has the shape of gRPC.
#[must_use]
pub fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(names_grpc)
}

fn names_grpc(content_type: &HeaderValue) -> bool {
    matches!(spoken_in(content_type), Spoken::Grpc | Spoken::GrpcOfOtherMessages)
}

/// The first host under which the requests of a connection were taken: one that names the same again is not looked at twice.
#[derive(Debug, Default)]
pub struct KnownHost(OnceLock<Box<[u8]>>);

/// What the rule reads of the headers, found in one pass: a look-up for each would hash four names.
#[derive(Default)]
struct Read<'a> {
    /// Bytes of all headers, with 32 for each.
    bytes: usize,
    host: Option<&'a HeaderValue>,
    origin: Option<&'a HeaderValue>,
    fetch_site: Option<&'a HeaderValue>,
    content_type: Option<&'a HeaderValue>,
}

/// Holds the head of a request against the rule. `known` belongs to the connection and to `policy`.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check<B>(request: &Request<B>, policy: &HostPolicy, known: &KnownHost) -> Result<(), RequestViolation> {
    let read = Read::of(request.headers());
    let bytes = read.bytes + request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if bytes > LARGEST_HEAD {
        return Err(RequestViolation::HeadTooLarge(bytes));
    }
    refuse_repeated(request.headers())?;
    check_host(request, read.host, policy, known)?;
    if is_cross_origin(&read, policy) {
        return Err(RequestViolation::CrossOrigin);
    }
    if request.version() < Version::HTTP_2 && read.content_type.is_some_and(names_grpc) {
        return Err(RequestViolation::GrpcOverHttp1);
    }
    Ok(())
}

impl KnownHost {
    fn is(&self, host: &[u8]) -> bool {
        self.0.get().is_some_and(|known| **known == *host)
    }

    fn learn(&self, host: &[u8]) {
        self.0.get_or_init(|| host.into());
    }
}

impl<'a> Read<'a> {
    /// Reads them; of a header that is there twice, one.
    fn of(headers: &'a HeaderMap) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            read.bytes += name.as_str().len() + value.len() + 32;
            if *name == header::HOST {
                read.host = Some(value);
            } else if *name == header::CONTENT_TYPE {
                read.content_type = Some(value);
            } else if *name == header::ORIGIN {
                read.origin = Some(value);
            } else if *name == SEC_FETCH_SITE {
                read.fetch_site = Some(value);
            }
        }
        read
    }
}

fn refuse_repeated(headers: &HeaderMap) -> Result<(), RequestViolation> {
    // As good as every request has each of its headers once: then there is nothing to look up.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    match SINGLE.into_iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        Some(name) => Err(RequestViolation::RepeatedHeader(name)),
        None => Ok(()),
    }
}

fn check_host<B>(
    request: &Request<B>,
    named: Option<&HeaderValue>,
    policy: &HostPolicy,
    known: &KnownHost,
) -> Result<(), RequestViolation> {
    let target = request.uri().authority();
    let text = match (named, target) {
        (Some(named), None) => named.as_bytes(),
        (None, Some(target)) => target.as_str().as_bytes(),
        (Some(named), Some(target)) if named.as_bytes() == target.as_str().as_bytes() => named.as_bytes(),
        (Some(named), Some(target)) => return check_both(named, target, policy),
        // No browser speaks it.
        (None, None) if request.version() < Version::HTTP_11 => return Ok(()),
        (None, None) => return Err(RequestViolation::HostMissing),
    };
    if known.is(text) {
        return Ok(());
    }
    allow(parse(text)?, policy)?;
    known.learn(text);
    Ok(())
}

/// `Host` and the target name one host, be it in two spellings.
fn check_both(named: &HeaderValue, target: &Authority, policy: &HostPolicy) -> Result<(), RequestViolation> {
    let (named, target) = (parse(named.as_bytes())?, parse(target.as_str().as_bytes())?);
    if is_same(named, target) { allow(named, policy) } else { Err(RequestViolation::HostMalformed) }
}

fn allow(host: Host<'_>, policy: &HostPolicy) -> Result<(), RequestViolation> {
    if policy.allows(host) { Ok(()) } else { Err(RequestViolation::HostNotAllowed(shown(host))) }
}

/// A user before the host of a target is no part of one.
fn parse(text: &[u8]) -> Result<Host<'_>, RequestViolation> {
    str::from_utf8(text).ok().and_then(Host::parse).ok_or(RequestViolation::HostMalformed)
}

fn is_same(one: Host<'_>, other: Host<'_>) -> bool {
    match (one, other) {
        (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    }
}

fn shown(host: Host<'_>) -> String {
    match host {
        Host::Address(address) => address.to_string(),
        Host::Name(name) => name.to_owned(),
    }
}

/// Whether a browser says that a page of another origin made the request. Only browsers send these headers, and no page
/// can leave them out or change them.
fn is_cross_origin(read: &Read<'_>, policy: &HostPolicy) -> bool {
    if read.fetch_site.is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none")) {
        return true;
    }
    read.origin.is_some_and(|origin| !is_trusted(origin, policy))
}

/// An origin is a scheme and a host; `null` is that of a sandbox or a file.
fn is_trusted(origin: &HeaderValue, policy: &HostPolicy) -> bool {
    let host = origin.to_str().ok().and_then(|origin| {
        let (scheme, authority) = origin.split_once("://")?;
        if matches!(scheme, "http" | "https") { Host::parse(authority) } else { None }
    });
    host.is_some_and(|host| policy.trusts(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RequestViolation::{CrossOrigin, GrpcOverHttp1, HeadTooLarge, HostMalformed, HostMissing, RepeatedHeader};
    use http::Request;

    fn checked(version: Version, target: &str, headers: &[(&str, &str)]) -> Result<(), RequestViolation> {
        let request = headers
            .iter()
            .fold(Request::builder().version(version).uri(target), |request, (name, value)| request.header(*name, *value));
        let policy = HostPolicy::of_listener("127.0.0.1".parse().unwrap(), &[]);
        check(&request.body(()).unwrap(), &policy, &KnownHost::default())
    }

    fn refused(host: &str) -> Result<(), RequestViolation> {
        Err(RequestViolation::HostNotAllowed(host.to_owned()))
    }

    #[test]
    fn a_request_names_one_host_that_is_ours() {
        const H1: Version = Version::HTTP_11;
        const H2: Version = Version::HTTP_2;
        let own = "http://127.0.0.1:7070/v1/check";
        for (version, target, headers, expected) in [
            (H1, "/v1/check", &[("host", "127.0.0.1:7070")][..], Ok(())),
            (H1, "/v1/check", &[("host", "evil.example:7070")], refused("evil.example")),
            (H1, "/v1/check", &[], Err(HostMissing)),
            (H1, "/v1/check", &[("host", "")], Err(HostMalformed)),
            (H1, "/v1/check", &[("host", "localhost"), ("host", "localhost")], Err(RepeatedHeader("host"))),
            (H1, own, &[("host", "127.0.0.1:7070")], Ok(())),
            (H1, own, &[("host", "evil.example")], Err(HostMalformed)),
            (H1, "http://evil.example/", &[("host", "localhost")], Err(HostMalformed)),
            (Version::HTTP_10, "/v1/check", &[], Ok(())),
            (Version::HTTP_10, "/v1/check", &[("host", "evil.example")], refused("evil.example")),
            (H2, own, &[], Ok(())),
            (H2, "http://Localhost:7070/", &[("host", "localhost:7070")], Ok(())),
            (H2, "http://evil.example:7070/", &[], refused("evil.example")),
            (H2, "http://user@localhost:7070/", &[], Err(HostMalformed)),
            (H2, "/v1/check", &[("host", "localhost")], Ok(())),
            (H2, "/v1/check", &[], Err(HostMissing)),
        ] {
            assert_eq!(checked(version, target, headers), expected, "{version:?} {target} {headers:?}");
        }
    }

    #[test]
    fn a_host_that_is_known_lets_no_other_in() {
        let (policy, known) = (HostPolicy::of_listener("127.0.0.1".parse().unwrap(), &[]), KnownHost::default());
        let asked = |target: &str, host: Option<&str>| {
            let request = Request::builder().version(Version::HTTP_2).uri(target);
            let request = host.into_iter().fold(request, |request, host| request.header("host", host));
            check(&request.body(()).unwrap(), &policy, &known)
        };
        assert_eq!(asked("http://evil.example/", None), refused("evil.example"));
        for _ in 0..2 {
            assert_eq!(asked("http://localhost:7070/", None), Ok(()));
            assert_eq!(asked("/", Some("localhost:7070")), Ok(()));
            assert_eq!(asked("http://localhost:7070/", Some("localhost:7070")), Ok(()));
            assert_eq!(asked("http://localhost:7070/", Some("evil.example")), Err(HostMalformed));
            assert_eq!(asked("http://evil.example/", Some("localhost:7070")), Err(HostMalformed));
            assert_eq!(asked("http://evil.example/", None), refused("evil.example"));
            assert_eq!(asked("http://127.0.0.1:7070/", None), Ok(()));
        }
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        for (header, value, expected) in [
            ("origin", "http://localhost:3000", Ok(())),
            ("origin", "https://127.0.0.1", Ok(())),
            ("origin", "http://evil.example:7070", Err(CrossOrigin)),
            ("origin", "http://localhost.evil.example", Err(CrossOrigin)),
            ("origin", "null", Err(CrossOrigin)),
            ("origin", "", Err(CrossOrigin)),
            ("origin", "chrome-extension://localhost", Err(CrossOrigin)),
            ("origin", "http://localhost/", Err(CrossOrigin)),
            ("sec-fetch-site", "same-origin", Ok(())),
            ("sec-fetch-site", "none", Ok(())),
            ("sec-fetch-site", "same-site", Err(CrossOrigin)),
            ("sec-fetch-site", "cross-site", Err(CrossOrigin)),
            ("sec-fetch-site", "", Err(CrossOrigin)),
        ] {
            let headers = [("host", "localhost:7070"), (header, value)];
            assert_eq!(checked(Version::HTTP_11, "/v1/check", &headers), expected, "{header}: {value}");
        }
    }

    #[test]
    fn a_header_that_decides_is_there_once() {
        for name in SINGLE {
            let headers = [("host", "localhost"), (name, "a"), (name, "a")];
            assert_eq!(checked(Version::HTTP_11, "/", &headers), Err(RepeatedHeader(name)), "{name}");
        }
        let others = [("host", "localhost"), ("cookie", "a"), ("cookie", "b"), ("via", "a"), ("via", "b")];
        assert_eq!(checked(Version::HTTP_11, "/", &others), Ok(()));
    }

    #[test]
    fn a_head_is_no_larger_than_it_may_be() {
        // "host" and "localhost", "x" and its value, 32 bytes each, and "/".
        let left = LARGEST_HEAD - 4 - 9 - 32 - 1 - 32 - 1;
        let too_large = |by| Err(HeadTooLarge(LARGEST_HEAD + by));
        for (length, target, expected) in
            [(left, "/", Ok(())), (left + 1, "/", too_large(1)), (left, "/v1", too_large(2)), (left - 2, "/v1", Ok(()))]
        {
            let headers = [("host", "localhost"), ("x", &*"y".repeat(length))];
            for version in [Version::HTTP_11, Version::HTTP_2] {
                assert_eq!(checked(version, target, &headers), expected, "{length} {target}");
            }
        }
    }

    #[test]
    fn grpc_is_told_from_what_is_called_like_it() {
        for (media, expected) in [
            ("application/grpc", Spoken::Grpc),
            ("application/grpc+proto", Spoken::Grpc),
            ("Application/gRPC; x=y", Spoken::Grpc),
            ("application/grpc ;x", Spoken::Grpc),
            ("application/grpc+json", Spoken::GrpcOfOtherMessages),
            ("application/grpc+", Spoken::GrpcOfOtherMessages),
            ("application/grpc-web", Spoken::GrpcWeb),
            ("application/grpc-web+proto", Spoken::GrpcWeb),
            ("application/grpc-web-text", Spoken::GrpcWeb),
            ("application/grpcs", Spoken::Other),
            ("application/grp", Spoken::Other),
            ("application/json", Spoken::Other),
            ("", Spoken::Other),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media))]);
            assert_eq!(spoken(&headers), expected, "{media}");
        }
        assert_eq!(spoken(&HeaderMap::new()), Spoken::Other);
    }

    #[test]
    fn grpc_needs_http_2() {
        let grpc = [("host", "localhost"), ("content-type", "application/grpc+proto")];
        assert_eq!(checked(Version::HTTP_11, "/izingate.v1.PermissionService/Check", &grpc), Err(GrpcOverHttp1));
        assert_eq!(checked(Version::HTTP_2, "/izingate.v1.PermissionService/Check", &grpc), Ok(()));
    }
}
