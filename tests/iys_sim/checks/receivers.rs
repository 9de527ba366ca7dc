//! Pushes over the network: probe and delivery.

use super::pushes::connection;
use super::{BRAND, NOON, P, PHONE, world};
use crate::sim::{Clock, Moment, PushSettings, Registration, Settings, Sim};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use izingate::model::consent::channel::Channel::Mesaj;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

type Received = UnboundedReceiver<Value>;

/// A receiver, which may check Basic credentials; what it was sent.
fn receiver(checks: bool) -> (Router, Received) {
    let (sender, received) = unbounded_channel();
    (Router::new().route("/push", post(take)).with_state((Arc::new(sender), checks)), received)
}

async fn plain(tasks: &mut JoinSet<()>, checks: bool) -> (String, Received) {
    let (app, received) = receiver(checks);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, received)
}

/// The same over TLS, under a certificate that nobody vouches for.
async fn encrypted(tasks: &mut JoinSet<()>) -> (String, Received) {
    let (app, received) = receiver(true);
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/push", listener.local_addr().unwrap());
    tasks.spawn(async move {
        let (acceptor, mut connections) = (tokio_rustls::TlsAcceptor::from(Arc::new(config)), JoinSet::new());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (handshake, app) = (acceptor.accept(stream), TowerToHyperService::new(app.clone()));
            connections.spawn(async move {
                let Ok(stream) = handshake.await else { return };
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), app).await;
            });
        }
    });
    (url, received)
}

async fn take(
    State((sender, checks)): State<(Arc<UnboundedSender<Value>>, bool)>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    // api123:parola
    let known = headers.get("authorization").is_some_and(|value| value == "Basic YXBpMTIzOnBhcm9sYQ==");
    if checks && !known {
        return StatusCode::UNAUTHORIZED;
    }
    sender.send(serde_json::from_str(&body).unwrap()).unwrap();
    StatusCode::OK
}

async fn serve(push: PushSettings) -> (Sim, reqwest::RequestBuilder) {
    let settings = Settings { push, ..Settings::default() };
    let sim = Sim::start(world(settings), Clock::fixed(Moment::at(NOON))).await;
    let client = reqwest::Client::new();
    let body = json!({"grant_type": "password", "username": "api", "password": "gizli"});
    let reply = client.post(format!("{}/oauth2/token", sim.base_url)).json(&body).send().await.unwrap();
    let tokens: Value = reply.json().await.unwrap();
    let request = client.post(format!("{}{P}/push/registration", sim.base_url));
    let request = request.bearer_auth(tokens["access_token"].as_str().unwrap());
    (sim, request)
}

#[tokio::test]
async fn a_receiver_is_probed_with_the_test_record_and_then_told_of_movements() {
    let mut tasks = JoinSet::new();
    let (url, mut received) = plain(&mut tasks, true).await;
    let (sim, request) = serve(PushSettings { http_allowed: true, ..PushSettings::default() }).await;
    let reply = request.json(&json!({"connection": [connection(&url)]})).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let test = received.recv().await.unwrap()["list"][0].clone();
    let told = (&test["brandCode"], &test["recipient"], &test["creationDate"]);
    assert_eq!(told, (&json!(121_212), &json!("pushtest@iys.org.tr"), &json!("2015-05-01 15:00:00")));
    sim.with(|world, now| world.register(&Registration::ret(BRAND, PHONE, Mesaj), now).unwrap());
    assert_eq!(received.recv().await.unwrap()["list"][0]["recipient"], PHONE);
}

#[tokio::test]
async fn a_receiver_that_asks_for_no_credentials_is_refused() {
    let mut tasks = JoinSet::new();
    let (url, _received) = plain(&mut tasks, false).await;
    let (_sim, request) = serve(PushSettings { http_allowed: true, ..PushSettings::default() }).await;
    let reply = request.json(&json!({"connection": [connection(&url)]})).send().await.unwrap();
    assert_eq!(reply.status(), 422);
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "H530");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_taken_only_if_the_settings_say_so() {
    let mut tasks = JoinSet::new();
    let (url, mut received) = encrypted(&mut tasks).await;
    for (self_signed, status) in [(false, 422), (true, 200)] {
        let (_sim, request) = serve(PushSettings { self_signed, ..PushSettings::default() }).await;
        let reply = request.json(&json!({"connection": [connection(&url)]})).send().await.unwrap();
        assert_eq!(reply.status(), status);
    }
    assert_eq!(received.recv().await.unwrap()["list"][0]["recipient"], "pushtest@iys.org.tr");
}
