//! Pushes: connections to a receiver, and what İYS sends there.

use super::accounts::Grant;
use super::answer::{Issue, Problem, json_response};
use super::brand::Brand;
use super::changes::Item;
use super::clock::Moment;
use super::faults::FaultKind;
use super::movement::Movement;
use super::route::{Call, Endpoint};
use super::settings::EmptyConsent;
use super::world::World;
use bytes::Bytes;
use http::Response;
use izingate::model::consent::channel::Channel;
use izingate::model::time::IysTime;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// At most so many active connections a brand and type.
const CONNECTIONS: usize = 2;

#[derive(Clone, Debug)]
pub struct PushSettings {
    /// Takes a receiver without TLS, which İYS refuses with H531.
    pub http_allowed: bool,
    /// Takes any certificate.
    pub self_signed: bool,
    /// Before a receiver is taken it must refuse a caller without credentials.
    pub basic_required: bool,
    /// Movements in one delivery; the document does not say.
    pub batch: usize,
    /// How often a delivery that failed is tried again; the document does not say.
    pub retries: u32,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self { http_allowed: false, self_signed: false, basic_required: true, batch: 1, retries: 0 }
    }
}

/// Where pushes of a type go.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver {
    pub url: String,
    pub channel: Channel,
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver({}, {})", self.url, self.channel)
    }
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub id: u64,
    pub receiver: Receiver,
    pub state: ConnectionState,
    pub registered: IysTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    Probed,
    Active,
    Failed,
}

impl Connection {
    pub fn wants(&self, channel: Channel) -> bool {
        self.state == ConnectionState::Active && self.receiver.channel == channel
    }
}

/// Receivers that have to prove themselves before a registration is answered.
#[derive(Clone, Debug)]
pub struct Probe {
    pub brand: u32,
    pub receivers: Vec<(u64, Receiver)>,
}

/// How a receiver stood its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Failed,
    TimedOut,
}

/// One delivery.
#[derive(Clone, Debug)]
pub struct Push {
    pub receiver: Receiver,
    pub body: Bytes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pushed {
    iys_code: u32,
    brand_code: u32,
    #[serde(flatten)]
    item: Item,
}

/// The record that every new connection is tried with.
pub fn test_record() -> Bytes {
    let record = json!({"list": [{
        "iysCode": 121_212,
        "brandCode": 121_212,
        "consentDate": "2015-05-01 15:00:00",
        "creationDate": "2015-05-01 15:00:00",
        "source": "IYS_MOBIL",
        "recipient": "pushtest@iys.org.tr",
        "recipientType": "BIREYSEL",
        "status": "ONAY",
        "type": "EPOSTA",
        "transactionId": "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
    }]});
    record.to_string().into()
}

pub fn register(
    brand: &mut Brand,
    grant: Grant,
    call: &Call,
    settings: &PushSettings,
    numbers: &mut u64,
    now: Moment,
) -> Result<Probe, Problem> {
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    let asked = body["connection"].as_array().filter(|asked| !asked.is_empty()).ok_or_else(Problem::bad_json)?;
    let receivers: Vec<Receiver> = asked.iter().map(|one| receiver(one, settings)).collect::<Result<_, _>>()?;
    let mut probe = Probe { brand: brand.code, receivers: Vec::new() };
    for receiver in receivers {
        grant.must_read(receiver.channel)?;
        let active = brand.connections.iter().filter(|connection| connection.wants(receiver.channel)).count();
        let asked = probe.receivers.iter().filter(|(_, other)| other.channel == receiver.channel).count();
        if active + asked >= CONNECTIONS {
            return Err(Problem::new(422, "H530", "Bağlantı oluşturulamadı."));
        }
        *numbers += 1;
        probe.receivers.push((*numbers, receiver));
    }
    let new = probe.receivers.iter().map(|(id, receiver)| Connection {
        id: *id,
        receiver: receiver.clone(),
        state: ConnectionState::Probed,
        registered: now.time(),
    });
    brand.connections.extend(new);
    Ok(probe)
}

fn receiver(asked: &Value, settings: &PushSettings) -> Result<Receiver, Problem> {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let missing = |name: &str, code, text: &str| Err(Problem::of(422, vec![Issue::new(code, text).at([json!(name)])]));
    let url = text("url");
    let allowed = url.starts_with("https://") || (settings.http_allowed && url.starts_with("http://"));
    if !allowed {
        return missing("url", "H531", "Bağlantı linki (url) https ile başlamalıdır.");
    }
    let channel = text("type");
    if channel.is_empty() {
        return missing("type", "H111", "İzin tipi (type) bulunamadı.");
    }
    let Some(channel) = Channel::from_name(&channel) else {
        return Err(Problem::at("type", "H117", "İzin tipi (type) için uygun değerler: ARAMA, MESAJ, EPOSTA", channel));
    };
    let (username, password) = (text("username"), text("password"));
    if username.is_empty() {
        return missing("username", "H093", "Kullanıcı adı (username) bulunamadı.");
    }
    if password.is_empty() {
        return missing("password", "H093", "Şifre (password) bulunamadı.");
    }
    Ok(Receiver { url, channel, username, password })
}

pub fn unregister(brand: &mut Brand, call: &Call, settings: &PushSettings) -> Result<Response<Bytes>, Problem> {
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    let asked = receiver(&body, settings)?;
    let before = brand.connections.len();
    brand.connections.retain(|connection| connection.receiver != asked);
    if brand.connections.len() == before {
        return Err(Problem::new(422, "H530", "Bağlantı kaldırılamadı."));
    }
    Ok(json_response(200, &json!({"message": "Bağlantı Kaldırıldı"})))
}

pub fn state(brand: &Brand) -> Response<Bytes> {
    let shown = brand.connections.iter().filter(|connection| connection.state != ConnectionState::Probed).map(|connection| {
        let made = connection.state == ConnectionState::Active;
        json!({
            "url": connection.receiver.url,
            "type": connection.receiver.channel.name(),
            "registerTime": connection.registered.to_string(),
            "status": if made { "Bağlantı Oluşturuldu" } else { "Bağlantı Oluşturulamadı" },
        })
    });
    json_response(200, &shown.collect::<Vec<Value>>())
}

impl World {
    /// The answer to a registration, after its receivers were probed.
    pub fn probed(&mut self, probe: &Probe, verdict: Verdict, now: Moment) -> Response<Bytes> {
        let now = self.clock(now);
        let state = if verdict == Verdict::Accepted { ConnectionState::Active } else { ConnectionState::Failed };
        let brand = self.brands.get_mut(&probe.brand).expect("a brand");
        brand.catch_up(now.time());
        for connection in &mut brand.connections {
            if probe.receivers.iter().any(|(id, _)| *id == connection.id) {
                connection.state = state;
            }
        }
        let answer = match verdict {
            Verdict::Accepted => Ok(json_response(200, &json!({"message": "Bağlantı oluşturuldu"}))),
            Verdict::Failed => Err(Problem::new(422, "H530", "Bağlantı oluşturulamadı.")),
            Verdict::TimedOut => Err(Problem::new(422, "H191", "Bağlantı zaman aşımına uğradı.")),
        };
        self.finish(Endpoint::PushRegister, answer, None, now, true)
    }

    /// What is to be sent by now, in the order of sending; it counts as sent.
    pub fn take_pushes(&mut self, now: Moment) -> Vec<Push> {
        let now = self.clock(now);
        let (batch, empty) = (self.settings.push.batch, self.settings.empty_consent);
        let mut pushes = Vec::new();
        for brand in self.brands.values_mut().filter(|brand| !brand.connections.is_empty()) {
            brand.catch_up(now.time());
            if brand.outbox.is_empty() {
                continue;
            }
            let mut waiting: BTreeMap<u64, Vec<Movement>> = BTreeMap::new();
            for (connection, movement) in brand.outbox.drain(..) {
                waiting.entry(connection).or_default().push(movement);
            }
            for (id, mut movements) in waiting {
                twisted(&mut movements, self.faults.on(Endpoint::PushDelivery, Some(brand.code)));
                let Some(connection) = brand.connections.iter().find(|connection| connection.id == id) else { continue };
                let made = movements.chunks(batch.max(1)).map(|chunk| {
                    let receiver = connection.receiver.clone();
                    Push { receiver, body: body(brand, chunk, empty) }
                });
                pushes.extend(made);
            }
        }
        pushes
    }

    /// A delivery's end: the status that the receiver gave, 0 if none.
    pub fn delivered(&mut self, status: u16) {
        *self.counts.entry((Endpoint::PushDelivery, status)).or_default() += 1;
    }
}

fn twisted(movements: &mut Vec<Movement>, twist: Option<FaultKind>) {
    match twist {
        Some(FaultKind::Reordered) => movements.reverse(),
        Some(FaultKind::Lost) => drop(movements.remove(0)),
        Some(FaultKind::Repeated(_)) => *movements = movements.iter().flat_map(|one| [one.clone(), one.clone()]).collect(),
        _ => {}
    }
}

fn body(brand: &Brand, movements: &[Movement], empty: EmptyConsent) -> Bytes {
    let pushed =
        |movement| Pushed { iys_code: brand.iys_code, brand_code: brand.code, item: Item::new(brand.code, movement, empty) };
    let list: Vec<Pushed> = movements.iter().map(pushed).collect();
    serde_json::to_vec(&json!({ "list": list })).expect("JSON").into()
}
