//! The client against scripted answers on a virtual clock.

mod brands;
mod changes;
mod errors;
mod failures;
mod files;
mod limits;
mod logs;
mod network;
mod restarts;
mod retailers;
mod status;
mod tokens;

use super::{BaseUrl, Body, Iys, IysError, Limits, Password, Sender, Settings, Transport, TransportError};
use crate::model::brand::{BrandCode, IysCode};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, DATE, HeaderName, RETRY_AFTER};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    at: Instant,
    method: String,
    path: String,
    token: String,
    body: String,
}

/// What becomes of a request.
#[derive(Clone)]
struct Told {
    status: u16,
    body: String,
    headers: Vec<(HeaderName, &'static str)>,
    after: Duration,
    failure: Option<TransportError>,
}

type Answer = dyn Fn(&Asked, usize) -> Told + Send + Sync;

/// İYS as the test wants it. `answer` gets the request and its number among those of its kind: tokens
/// and everything else are counted apart.
struct Fake {
    answer: Box<Answer>,
    log: Mutex<Vec<Asked>>,
    logins: AtomicUsize,
    calls: AtomicUsize,
}

fn told(status: u16, body: impl Into<String>) -> Told {
    Told { status, body: body.into(), headers: Vec::new(), after: Duration::ZERO, failure: None }
}

fn fails(failure: TransportError) -> Told {
    Told { failure: Some(failure), ..told(0, "") }
}

fn coded(status: u16, code: &str) -> Told {
    told(status, format!(r#"{{"errors":[{{"code":"{code}","message":"…"}}]}}"#))
}

/// The `number`-th token with its refresh token, as documented.
fn token(number: usize) -> Told {
    told(
        200,
        format!(
            r#"{{"access_token":"t{number}","refresh_token":"r{number}","expires_in":7200,"refresh_expires_in":14400,"token_type":"bearer"}}"#
        ),
    )
}

impl Told {
    fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    fn dated(mut self, date: &'static str) -> Self {
        self.headers.push((DATE, date));
        self
    }

    fn retry_after(mut self, seconds: &'static str) -> Self {
        self.headers.push((RETRY_AFTER, seconds));
        self
    }
}

impl Asked {
    fn is_login(&self) -> bool {
        self.path == "/oauth2/token"
    }
}

impl Fake {
    /// Answers everything itself.
    fn whole(answer: impl Fn(&Asked, usize) -> Told + Send + Sync + 'static) -> Arc<Self> {
        let (log, logins, calls) = Default::default();
        Arc::new(Self { answer: Box::new(answer), log, logins, calls })
    }

    /// Gives tokens as documented; the rest is the test's.
    fn new(answer: impl Fn(&Asked, usize) -> Told + Send + Sync + 'static) -> Arc<Self> {
        Self::whole(move |asked, number| if asked.is_login() { token(number) } else { answer(asked, number) })
    }

    /// Gives these answers in turn, the last for ever.
    fn of(answers: Vec<Told>) -> Arc<Self> {
        Self::new(move |_, number| answers[number.min(answers.len() - 1)].clone())
    }

    fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    fn logins(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(Asked::is_login).collect()
    }

    /// All but the logins.
    fn calls(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.is_login()).collect()
    }

    fn client(self: &Arc<Self>) -> Iys {
        Iys::new(settings(), Arc::clone(self) as Arc<dyn Transport>)
    }

    fn log(&self, request: &http::Request<Bytes>) -> (Asked, usize) {
        let token = request.headers().get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
        let asked = Asked {
            at: Instant::now(),
            method: request.method().to_string(),
            path: request.uri().path_and_query().unwrap().to_string(),
            token: token.to_owned(),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        };
        let count = if asked.is_login() { &self.logins } else { &self.calls };
        self.log.lock().unwrap().push(asked.clone());
        (asked, count.fetch_add(1, Ordering::Relaxed))
    }
}

impl Transport for Fake {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let (asked, number) = self.log(&request);
            let told = (self.answer)(&asked, number);
            if !told.after.is_zero() {
                sleep(told.after).await;
            }
            if let Some(failure) = told.failure {
                return Err(failure);
            }
            let mut response = http::Response::builder().status(told.status);
            for (name, value) in told.headers {
                response = response.header(name, value);
            }
            Ok(response.body(Body::from_bytes(told.body)).unwrap())
        })
    }
}

fn settings() -> Settings {
    Settings {
        base_url: BaseUrl::parse("https://api.iys.org.tr").unwrap(),
        username: "api@ornek.com".to_owned(),
        password: Password::new("s3cret"),
        limits: Limits::default(),
    }
}

fn sender() -> Sender {
    Sender { iys_code: IysCode::new(600_001).unwrap(), brand: BrandCode::new(600_002).unwrap() }
}

/// One call of the change stream.
async fn pull(iys: &Iys) -> Result<super::Page, IysError> {
    iys.changes(sender(), crate::model::feed::Stream::Hs, None).await
}
