//! Which method of İYS a request calls, and with what.

use bytes::Bytes;
use http::{Method, Request, header};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    Token,
    Brands,
    PartnerBrands,
    PartnerProvider,
    AddConsent,
    Changes,
    Status,
    MultiStatus,
    History,
    Summary,
    DayFile,
    Agreement,
    Agree,
    Retailers,
    PushRegister,
    PushState,
    PushUnregister,
    /// Not asked for by anybody: what İYS sends to a receiver.
    PushDelivery,
    Unknown,
}

/// The address that a request came from, among its extensions; limits go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub IpAddr);

/// A request, taken apart.
pub struct Call {
    pub endpoint: Endpoint,
    /// The parts of the path that stand for values, in their order.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub bearer: Option<String>,
    pub media: String,
    pub body: Bytes,
    pub peer: Peer,
}

impl Call {
    pub fn read(request: &Request<Bytes>) -> Self {
        let (endpoint, path) = route(request.method(), request.uri().path());
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            endpoint,
            path,
            query: pairs(request.uri().query().unwrap_or_default()),
            bearer: text(header::AUTHORIZATION).strip_prefix("Bearer ").map(ToOwned::to_owned),
            media: text(header::CONTENT_TYPE).to_owned(),
            body: request.body().clone(),
            peer: request.extensions().get().copied().unwrap_or(Peer(IpAddr::V4(Ipv4Addr::LOCALHOST))),
        }
    }

    /// The value of the query's field; an empty one is none.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The brand of the path, if there is a readable one.
    pub fn brand(&self) -> Option<u32> {
        match self.endpoint {
            Endpoint::Token | Endpoint::Brands | Endpoint::PartnerBrands | Endpoint::PartnerProvider | Endpoint::Unknown => None,
            _ => self.path.get(1)?.parse().ok(),
        }
    }
}

fn route(method: &Method, path: &str) -> (Endpoint, Vec<String>) {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (endpoint, values): (Endpoint, &[&str]) = match (method.as_str(), parts.as_slice()) {
        ("POST", ["oauth2", "token"]) => (Endpoint::Token, &[]),
        ("GET", ["sps", iys, "brands"]) => (Endpoint::Brands, &[iys]),
        ("GET", ["integrator", code, "sps"]) => (Endpoint::PartnerBrands, &[code]),
        ("GET", ["integrator", code, "sps", iys]) => (Endpoint::PartnerProvider, &[code, iys]),
        (method, ["sps", iys, "brands", brand, rest @ ..]) => return of_brand(method, iys, brand, rest),
        _ => (Endpoint::Unknown, &[]),
    };
    (endpoint, values.iter().map(|value| decode(value)).collect())
}

fn of_brand(method: &str, iys: &str, brand: &str, rest: &[&str]) -> (Endpoint, Vec<String>) {
    let (endpoint, values): (Endpoint, &[&str]) = match (method, rest) {
        ("POST", ["consents"]) => (Endpoint::AddConsent, &[]),
        ("GET", ["consents", "changes"]) => (Endpoint::Changes, &[]),
        ("POST", ["consents", "status"]) => (Endpoint::Status, &[]),
        ("POST", ["consents", kind, "status", channel]) => (Endpoint::MultiStatus, &[kind, channel]),
        ("POST", ["consents", "history"]) => (Endpoint::History, &[]),
        ("GET", ["changes", date, "recipients", kind]) => (Endpoint::Summary, &[date, kind]),
        ("GET", ["changes", date, "file"]) => (Endpoint::DayFile, &[date]),
        ("GET", ["agreements", date]) => (Endpoint::Agreement, &[date]),
        ("PUT", ["agreements", date]) => (Endpoint::Agree, &[date]),
        ("POST", ["consent", "retailers", "access", "list"]) => (Endpoint::Retailers, &[]),
        ("POST", ["push", "registration"]) => (Endpoint::PushRegister, &[]),
        ("GET", ["push", "registration"]) => (Endpoint::PushState, &[]),
        ("POST", ["push", "unregistration"]) => (Endpoint::PushUnregister, &[]),
        _ => (Endpoint::Unknown, &[]),
    };
    (endpoint, [iys, brand].iter().chain(values).map(|value| decode(value)).collect())
}

/// The fields of a query or of a form.
pub fn pairs(text: &str) -> BTreeMap<String, String> {
    let fields = text.split('&').filter(|field| !field.is_empty());
    fields.map(|field| field.split_once('=').unwrap_or((field, ""))).map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Resolves `%XX` and `+`; what is no UTF-8 is shown as such.
fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
