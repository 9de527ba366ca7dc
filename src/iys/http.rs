//! The transport of the real world: HTTP over rustls.

use super::settings::BaseUrl;
use super::transport::{Body, Transport, TransportError};
use crate::sys::error_chain::causes;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::StreamExt;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use std::time::Duration;

/// How İYS is reached.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Certificates in PEM to trust beside the system's: those of a proxy in between.
    pub extra_ca: Option<Vec<u8>>,
    /// To a connection.
    pub connect_timeout: Duration,
    /// From one piece of an answer to the next.
    pub read_timeout: Duration,
}

/// Sends requests over the network.
#[derive(Clone, Debug)]
pub struct HttpTransport(Client);

/// The settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransport {
    /// The file is no PEM with certificates.
    #[error("the additional certificates are not readable: {0}")]
    Certificates(String),
    /// The system has no certificates, or no randomness.
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { extra_ca: None, connect_timeout: Duration::from_secs(10), read_timeout: Duration::from_secs(30) }
    }
}

impl HttpTransport {
    /// A transport to İYS.
    pub fn new(base: &BaseUrl, settings: &HttpSettings) -> Result<Self, InvalidTransport> {
        // The cryptography is named here and nowhere guessed. Done twice, the first holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(concat!("izingate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            // A token goes nowhere but where it was configured to go.
            .redirect(Policy::none());
        if let Some(pem) = &settings.extra_ca {
            let certificates =
                Certificate::from_pem_bundle(pem).map_err(|error| InvalidTransport::Certificates(causes(&error)))?;
            if certificates.is_empty() {
                return Err(InvalidTransport::Certificates("there are none".to_owned()));
            }
            client = client.tls_certs_merge(certificates);
        }
        // This machine needs neither a proxy nor certificates, which it may not have.
        client = if base.is_plain() { client.no_proxy().tls_certs_only([]) } else { client.https_only(true) };
        client.build().map(Self).map_err(|error| InvalidTransport::Client(causes(&error)))
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let response = self.0.execute(request).await.map_err(failed)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let chunks = response.bytes_stream().map(|chunk| chunk.map_err(failed));
            let mut answer = http::Response::new(Body::from_stream(chunks));
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        })
    }
}

fn failed(error: reqwest::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::Timeout;
    }
    let connect = error.is_connect();
    // The address is known, and its query is nobody's matter.
    let text = causes(&error.without_url());
    if connect { TransportError::Connect(text) } else { TransportError::Broken(text) }
}
