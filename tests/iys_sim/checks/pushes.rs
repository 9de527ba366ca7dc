//! Pushes: connections and what is sent to them.

use super::{BRAND, Bench, NOON, P, PHONE, read};
use crate::sim::{Endpoint, Fault, FaultKind, Probe, Registration, Verdict};
use izingate::model::consent::channel::Channel::{Eposta, Mesaj};
use serde_json::{Value, json};

pub fn connection(url: &str) -> Value {
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
