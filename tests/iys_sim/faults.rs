//! What goes wrong on demand.

use super::answer::{Problem, Wire, response};
use super::route::{Call, Endpoint};
use bytes::Bytes;
use http::Response;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Fault {
    /// None: every endpoint.
    pub endpoint: Option<Endpoint>,
    /// None: every brand, and calls without one.
    pub brand: Option<u32>,
    pub kind: FaultKind,
    pub when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 500 with an envelope; the request was not carried out.
    ServerError,
    /// 400 H123: busy.
    Busy,
    /// 503 H192: timed out.
    TimedOut,
    /// 502 or 503 with a proxy's HTML page.
    Html(u16),
    /// 401 H351, as if the token had been withdrawn.
    TokenRefused,
    /// 403 H353.
    NoRight,
    /// 429 with this code, without a reason.
    Limited(&'static str),
    /// The answer comes late.
    Slow(Duration),
    /// Carried out, then the connection is reset.
    Reset,
    /// Carried out, then the connection ends after so many bytes of the body.
    Cut(usize),
    /// A complete answer whose body is only its first bytes.
    Truncated(usize),
    /// `changes` begins so many items before its cursor. Pushes: each movement is sent twice.
    Repeated(usize),
    /// `changes` and pushes come in the opposite order.
    Reordered,
    /// `changes` gives back the cursor that it was asked with.
    StuckCursor,
    /// `changes` and pushes leave out their first item.
    Lost,
    /// The first item of `changes` has a type that does not exist.
    Garbled,
}

#[derive(Clone, Copy, Debug)]
pub enum When {
    /// The next so many requests.
    Times(u32),
    /// So many of a hundred, by the world's seed.
    Percent(u32),
    Always,
}

impl Fault {
    /// The next request to an endpoint.
    pub const fn once(endpoint: Endpoint, kind: FaultKind) -> Self {
        Self::new(endpoint, kind, When::Times(1))
    }

    pub const fn new(endpoint: Endpoint, kind: FaultKind, when: When) -> Self {
        Self { endpoint: Some(endpoint), brand: None, kind, when }
    }

    /// Requests to any endpoint.
    pub const fn anywhere(kind: FaultKind, when: When) -> Self {
        Self { endpoint: None, brand: None, kind, when }
    }

    pub const fn of_brand(self, brand: u32) -> Self {
        Self { brand: Some(brand), ..self }
    }
}

pub struct Faults {
    set: Vec<Fault>,
    seed: u64,
}

impl Faults {
    pub const fn new(seed: u64) -> Self {
        Self { set: Vec::new(), seed }
    }

    pub fn add(&mut self, fault: Fault) {
        self.set.push(fault);
    }

    pub fn clear(&mut self) {
        self.set.clear();
    }

    pub fn on_call(&mut self, call: &Call) -> Option<FaultKind> {
        self.on(call.endpoint, call.brand())
    }

    /// The first fault that strikes.
    pub fn on(&mut self, endpoint: Endpoint, brand: Option<u32>) -> Option<FaultKind> {
        let seed = &mut self.seed;
        let is_meant = |fault: &Fault| {
            fault.endpoint.is_none_or(|meant| meant == endpoint) && fault.brand.is_none_or(|meant| brand == Some(meant))
        };
        let mut meant = self.set.iter_mut().filter(|fault| is_meant(fault));
        let struck = meant.find_map(|fault| fault.when.strikes(seed).then_some(fault.kind))?;
        self.set.retain(|fault| !matches!(fault.when, When::Times(0)));
        Some(struck)
    }
}

impl When {
    fn strikes(&mut self, seed: &mut u64) -> bool {
        match self {
            Self::Times(left) => {
                let strikes = *left > 0;
                *left = left.saturating_sub(1);
                strikes
            }
            Self::Percent(percent) => super::generate::next(seed) % 100 < u64::from(*percent),
            Self::Always => true,
        }
    }
}

impl FaultKind {
    /// The answer of a fault that keeps the request from being carried out.
    pub fn instead(self) -> Option<Result<Response<Bytes>, Problem>> {
        let problem = match self {
            Self::ServerError => Problem::new(500, "H015", "Beklenmedik bir hata oluştu!"),
            Self::Busy => {
                Problem::new(400, "H123", "Ulaşmaya çalıştığınız servis şu anda meşguldür. Lütfen daha sonra tekrar deneyiniz.")
            }
            Self::TimedOut => Problem::new(503, "H192", "İstek zaman aşımına uğradı."),
            Self::TokenRefused => Problem::no_token(),
            Self::NoRight => Problem::no_right("brandCode"),
            Self::Limited(code) => {
                Problem::new(429, code, "Saniyede kabul edilen istek limitine ulaşıldı. Lütfen daha sonra tekrar deneyiniz.")
            }
            Self::Html(status) => return Some(Ok(response(status, "text/html", HTML))),
            _ => return None,
        };
        Some(Err(problem))
    }

    pub const fn wire(self) -> Option<Wire> {
        match self {
            Self::Slow(by) => Some(Wire::Delay(by)),
            Self::Reset => Some(Wire::Reset),
            Self::Cut(after) => Some(Wire::Cut(after)),
            _ => None,
        }
    }
}

const HTML: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
