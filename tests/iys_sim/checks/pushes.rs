//! Pushes: registration, probe, delivery.

use super::{BRAND, Bench, NOON, P, PHONE, read, world};
use crate::sim::{Clock, Endpoint, Fault, FaultKind, Moment, Probe, Registration, Settings, Sim, Verdict};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use izingate::model::channel::Channel::{Eposta, Mesaj};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

fn connection(url: &str) -> Value {
    json!({"url": url, "type": "MESAJ", "username": "api123", "password": "parola"})
}

fn register(bench: &mut Bench, connections: &[Value]) -> Result<Probe, (u16, String)> {
    let outcome = bench.outcome("POST", &format!("{P}/push/registration"), json!({"connection": connections}).to_string());
    outcome.probe.ok_or_else(|| read(&outcome.response).refusal())
}

fn connect(bench: &mut Bench) {
    let probe = register(bench, &[connection("https://ornek.com/push")]).unwrap();
    let reply = read(&bench.world.probed(&probe, Verdict::Accepted, bench.now));
    super::spec::hold("POST", &format!("{P}/push/registration"), &reply);
    assert_eq!((reply.status, reply.json()), (200, json!({"message": "Bağlantı oluşturuldu"})));
}

/// Recipients of what is sent, delivery by delivery.
fn sent(bench: &mut Bench) -> Vec<Vec<String>> {
    let list = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["list"].as_array().unwrap().clone();
    let recipients = |body: &[u8]| list(body).iter().map(|item| item["recipient"].as_str().unwrap().to_owned()).collect();
    bench.world.take_pushes(bench.now).iter().map(|push| recipients(&push.body)).collect()
}

#[test]
fn a_connection_stands_once_its_receiver_was_probed() {
    let mut bench = Bench::new();
    let state = format!("{P}/push/registration");
    let probe = register(&mut bench, &[connection("https://ornek.com/push")]).unwrap();
    assert_eq!(bench.get(&state).json(), json!([]));
    let refused = |verdict, bench: &mut Bench| read(&bench.world.probed(&probe, verdict, bench.now)).refusal();
    assert_eq!(refused(Verdict::TimedOut, &mut bench), (422, "H191".to_owned()));
    assert_eq!(refused(Verdict::Failed, &mut bench), (422, "H530".to_owned()));
    let shown =
        |status: &str| json!([{"url": "https://ornek.com/push", "type": "MESAJ", "registerTime": NOON, "status": status}]);
    assert_eq!(bench.get(&state).json(), shown("Bağlantı Oluşturulamadı"));
    bench.world.probed(&probe, Verdict::Accepted, bench.now);
    assert_eq!(bench.get(&state).json(), shown("Bağlantı Oluşturuldu"));
    let drop = format!("{P}/push/unregistration");
    assert_eq!(bench.post(&drop, &connection("https://ornek.com/push")).json(), json!({"message": "Bağlantı Kaldırıldı"}));
    assert_eq!(bench.post(&drop, &connection("https://ornek.com/push")).refusal(), (422, "H530".to_owned()));
}

#[test]
fn a_registration_is_whole_or_refused() {
    let mut bench = Bench::new();
    let without = |name: &str| {
        let mut asked = connection("https://ornek.com/push");
        asked.as_object_mut().unwrap().remove(name);
        asked
    };
    for (name, code) in [("url", "H531"), ("type", "H111"), ("username", "H093"), ("password", "H093")] {
        assert_eq!(register(&mut bench, &[without(name)]).unwrap_err(), (422, code.to_owned()), "{name}");
    }
    assert_eq!(register(&mut bench, &[connection("http://ornek.com")]).unwrap_err(), (422, "H531".to_owned()));
    connect(&mut bench);
    connect(&mut bench);
    assert_eq!(register(&mut bench, &[connection("https://ornek.com/3")]).unwrap_err(), (422, "H530".to_owned()), "two a type");
}

#[test]
fn movements_of_iys_are_sent_to_whoever_takes_their_type() {
    let mut bench = Bench::new();
    connect(&mut bench);
    let ret = Registration::ret(BRAND, PHONE, Mesaj);
    let id = bench.register(&ret);
    bench.register(&ret.source("HS_WEB"));
    bench.register(&Registration::ret(BRAND, "a@ornek.com", Eposta));
    let pushes = bench.world.take_pushes(bench.now);
    let told = json!({"list": [{
        "iysCode": 600_000, "brandCode": 600_001, "consentDate": NOON, "creationDate": NOON, "source": "IYS_WEB",
        "recipient": PHONE, "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ", "transactionId": id,
    }]});
    assert_eq!(pushes.iter().map(|push| serde_json::from_slice(&push.body).unwrap()).collect::<Vec<Value>>(), [told]);
    assert_eq!(bench.world.take_pushes(bench.now).len(), 0, "once");
}

#[test]
fn deliveries_come_in_batches_twice_or_in_another_order() {
    let mut bench = Bench::new();
    connect(&mut bench);
    let numbers = ["+905321110001", "+905321110002", "+905321110003"];
    let mut under = |kind: Option<FaultKind>, batch: usize| {
        bench.world.settings.push.batch = batch;
        if let Some(kind) = kind {
            bench.world.add_fault(Fault::once(Endpoint::PushDelivery, kind));
        }
        for number in numbers {
            bench.register(&Registration::ret(BRAND, number, Mesaj));
        }
        sent(&mut bench)
    };
    let [a, b, c] = numbers.map(ToOwned::to_owned);
    assert_eq!(under(None, 2), [vec![a.clone(), b.clone()], vec![c.clone()]]);
    assert_eq!(under(Some(FaultKind::Reordered), 9), [vec![c.clone(), b.clone(), a.clone()]]);
    assert_eq!(under(Some(FaultKind::Lost), 9), [vec![b.clone(), c.clone()]]);
    assert_eq!(under(Some(FaultKind::Repeated(1)), 9), [vec![a.clone(), a, b.clone(), b, c.clone(), c]]);
}

/// A receiver that checks Basic credentials; what it was sent.
async fn receiver(tasks: &mut JoinSet<()>, checks: bool) -> (String, UnboundedReceiver<Value>) {
    let (sender, received) = unbounded_channel();
    let app = Router::new().route("/push", post(take)).with_state((Arc::new(sender), checks));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
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

async fn serve() -> (Sim, reqwest::RequestBuilder) {
    let mut settings = Settings::default();
    settings.push.http_allowed = true;
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
    let (url, mut received) = receiver(&mut tasks, true).await;
    let (sim, request) = serve().await;
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
    let (url, _received) = receiver(&mut tasks, false).await;
    let (_sim, request) = serve().await;
    let reply = request.json(&json!({"connection": [connection(&url)]})).send().await.unwrap();
    assert_eq!(reply.status(), 422);
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "H530");
}
