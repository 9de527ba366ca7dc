//! The transport against a real server.

use super::*;
use crate::iys::{HttpSettings, HttpTransport, InvalidTransport};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::future::pending;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

fn transport(base: &BaseUrl) -> HttpTransport {
    let settings = HttpSettings { read_timeout: Duration::from_millis(200), ..HttpSettings::default() };
    HttpTransport::new(base, &settings).unwrap()
}

async fn listen() -> (TcpListener, BaseUrl) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, base)
}

async fn ask(base: &BaseUrl, path: &str) -> Result<(u16, Bytes), TransportError> {
    let uri = format!("{}{path}", base.as_str());
    let request = http::Request::builder().uri(uri).body(Bytes::new()).unwrap();
    let answer = transport(base).send(request).await?;
    let status = answer.status().as_u16();
    Ok((status, answer.into_body().collect(1000).await?))
}

#[tokio::test]
async fn answers_of_a_real_server_come_as_they_are() {
    let (listener, base) = listen().await;
    let elsewhere = Router::new()
        .route("/down", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, "<html>busy</html>") }))
        .route("/moved", get(|| async { Redirect::temporary("/down") }))
        .route("/slow", get(pending::<()>));
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, elsewhere).await.unwrap() });
    assert_eq!(ask(&base, "/down").await, Ok((503, Bytes::from("<html>busy</html>"))));
    assert_eq!(ask(&base, "/moved").await, Ok((307, Bytes::new())), "no redirect is followed");
    assert_eq!(ask(&base, "/slow").await, Err(TransportError::Timeout));
}

#[tokio::test]
async fn a_whole_call_goes_over_the_wire() {
    let (listener, base) = listen().await;
    let login = || async { r#"{"access_token":"t0","refresh_token":"r0","expires_in":7200}"# };
    let list = |headers: axum::http::HeaderMap| async move {
        let known = headers.get(AUTHORIZATION).is_some_and(|value| value == "Bearer t0");
        let status = if known { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED };
        (status, "")
    };
    let router = Router::new().route("/oauth2/token", post(login)).route("/sps/600001/brands/600002/consents/changes", get(list));
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let settings = Settings { base_url: base.clone(), ..settings() };
    let iys = Iys::new(settings, Arc::new(transport(&base)));
    assert!(pull(&iys).await.unwrap().items.is_empty());
}

/// A server that sends these bytes whatever it is asked, and hangs up.
async fn blunt(bytes: &'static [u8]) -> (JoinSet<()>, BaseUrl) {
    let (listener, base) = listen().await;
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            stream.set_zero_linger().unwrap();
        }
    });
    (server, base)
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_answer() {
    for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-len", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"list\":"] {
        let (_server, base) = blunt(bytes).await;
        let broken = ask(&base, "/").await.unwrap_err();
        assert!(matches!(broken, TransportError::Broken(_)), "{broken:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_apart() {
    let (listener, base) = listen().await;
    drop(listener);
    let error = ask(&base, "/?secret=1").await.unwrap_err();
    assert!(matches!(&error, TransportError::Connect(text) if !text.contains("secret")), "{error:?}");
}

/// One answer over TLS, under a certificate of its own.
async fn secure() -> (JoinSet<()>, BaseUrl, String) {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let base = BaseUrl::parse(&format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (server, base, cert.pem())
}

#[tokio::test]
async fn a_certificate_is_trusted_only_if_it_was_given() {
    let (_server, base, pem) = secure().await;
    let ask = async |extra_ca: Option<String>| {
        let settings = HttpSettings { extra_ca: extra_ca.map(String::into_bytes), ..HttpSettings::default() };
        let request = http::Request::builder().uri(base.as_str()).body(Bytes::new()).unwrap();
        let answer = HttpTransport::new(&base, &settings).unwrap().send(request).await?;
        answer.into_body().collect(10).await
    };
    assert_eq!(ask(Some(pem)).await, Ok(Bytes::from("ok")));
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    let refused = ask(Some(stranger)).await.unwrap_err();
    assert!(matches!(&refused, TransportError::Connect(text) if text.contains("certificate")), "{refused:?}");
}

#[test]
fn certificates_must_be_some() {
    let base = BaseUrl::parse("https://api.iys.org.tr").unwrap();
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"] {
        let settings = HttpSettings { extra_ca: Some(pem.as_bytes().to_vec()), ..HttpSettings::default() };
        assert!(
            matches!(HttpTransport::new(&base, &settings), Err(InvalidTransport::Certificates(_) | InvalidTransport::Client(_))),
            "{pem}"
        );
    }
}
