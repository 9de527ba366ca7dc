//! Bodies of HTTP requests: of a known type and within their limit before a byte of them is read.

use super::gateway::Gateway;
use crate::api::error::{Kind, Problem};
use crate::api::server::patience::silence_behind;
use crate::net::payload::{self, IDENTITY, UnreadableBody};
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use hyper::body::Body;

/// What the HTTP handlers share.
#[derive(Clone)]
pub struct Shared {
    /// Answers and takes in.
    pub gateway: Gateway,
    /// Bytes of a body at most.
    pub body_bytes: usize,
}

/// A body, whole.
pub struct Sent {
    /// What it says it is.
    pub media: Media,
    /// Its text, without a mark in front.
    pub bytes: Bytes,
}

/// The types of bodies that are taken. A body of no type is not: a web page can make any browser send
/// one to a loopback address, but not one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `application/x-ndjson`
    Lines,
}

impl FromRef<Shared> for Gateway {
    fn from_ref(shared: &Shared) -> Self {
        shared.gateway.clone()
    }
}

impl Media {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let named = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let name = named.split(';').next().unwrap_or_default().trim();
        match name {
            name if name.eq_ignore_ascii_case("application/json") => Some(Self::Json),
            name if name.eq_ignore_ascii_case("application/x-ndjson") => Some(Self::Lines),
            _ => None,
        }
    }
}

impl Sent {
    /// The bytes of a JSON object.
    pub fn object(&self) -> Result<&[u8], Problem> {
        if self.media != Media::Json {
            return Err(Problem::new(Kind::UnsupportedMediaType, "send application/json"));
        }
        // serde would take an array of a structure's fields in their order, too.
        if self.bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Problem::new(Kind::MalformedJson, "the body is a list, not an object"));
        }
        Ok(&self.bytes)
    }
}

impl From<UnreadableBody> for Problem {
    fn from(unreadable: UnreadableBody) -> Self {
        let kind = if unreadable.is_announced() { Kind::UnsupportedMediaType } else { Kind::MalformedJson };
        let problem = Self::new(kind, unreadable.to_string());
        match unreadable {
            UnreadableBody::Encoded(_) => problem.of_field("Content-Encoding").with_taken(header::ACCEPT_ENCODING, IDENTITY),
            UnreadableBody::Charset(_) => problem.of_field("Content-Type"),
            UnreadableBody::Compressed(_) | UnreadableBody::WideCharacters => problem,
        }
    }
}

impl FromRequest<Shared> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        let unknown =
            || Problem::new(Kind::UnsupportedMediaType, "send application/json, movements also as application/x-ndjson");
        let media = Media::of(request.headers()).ok_or_else(unknown)?;
        payload::check_headers(request.headers())?;
        let too_large = || Problem::new(Kind::BodyTooLarge, format!("a body takes at most {} bytes", shared.body_bytes));
        // A length that is announced need not be waited for.
        if request.body().size_hint().lower() > shared.body_bytes as u64 {
            return Err(too_large());
        }
        let bytes = Bytes::from_request(request, shared).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return too_large();
            }
            silence_behind(&rejection).unwrap_or_else(|| Problem::new(Kind::MalformedJson, "the body ended early"))
        })?;
        Ok(Self { media, bytes: payload::text(&bytes)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_written_by_anyone() {
        let of = |text: &str| Media::of(&HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]));
        for text in ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;q=1"] {
            assert_eq!(of(text), Some(Media::Json), "{text}");
        }
        assert_eq!(of("application/x-ndjson"), Some(Media::Lines));
        for text in ["", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "json"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(Media::of(&HeaderMap::new()), None);
    }
}
