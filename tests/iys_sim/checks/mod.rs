//! A world that is asked in process, on a clock that stands; every answer is held against the table.

mod changes;
mod faults;
mod files;
mod limits;
mod partner;
mod pushes;
mod receivers;
mod retailers;
mod server;
mod spec;
mod status;
mod token;
mod worlds;

use crate::sim::{Grant, Moment, Outcome, Registration, Settings, World};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use std::time::Duration;

pub const PROVIDER: u32 = 600_000;
pub const BRAND: u32 = 600_001;
/// The path of [`BRAND`].
pub const P: &str = "/sps/600000/brands/600001";
pub const PARTNER: u32 = 700_000;
pub const PHONE: &str = "+905321234567";
pub const NOON: &str = "2026-03-10 12:00:00";

pub struct Bench {
    pub world: World,
    pub now: Moment,
    pub bearer: String,
}

/// An answer, read.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub media: String,
    pub text: String,
    pub date: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and first code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        let entry = &self.json()["errors"][0];
        let code = entry.get("code").or_else(|| entry.get("code:")).and_then(Value::as_str);
        (self.status, code.unwrap_or_else(|| panic!("{self:?}")).to_owned())
    }

    /// A field of every item of the list.
    pub fn all(&self, field: &str) -> Vec<String> {
        let list = self.json()["list"].as_array().unwrap().clone();
        list.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    }
}

impl Bench {
    /// A provider with two brands and a partner with every right to the second, at noon; the provider's user
    /// is logged in and nobody is limited.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { limits: crate::sim::LimitSettings::none(), ..Settings::default() };
        set(&mut settings);
        let mut bench = Self { world: world(settings), now: Moment::at(NOON), bearer: String::new() };
        bench.log_in("api", "gizli");
        bench
    }

    pub fn log_in(&mut self, username: &str, password: &str) -> Value {
        let body = json!({"grant_type": "password", "username": username, "password": password});
        let tokens = self.post("/oauth2/token", &body).json();
        tokens["access_token"].as_str().unwrap().clone_into(&mut self.bearer);
        tokens
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, Some(body))
    }

    pub fn put(&mut self, path: &str, body: &Value) -> Reply {
        self.ask("PUT", path, Some(body))
    }

    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let outcome = self.outcome(method, path, body);
        assert!(outcome.probe.is_none() && outcome.wire.is_none(), "{outcome:?}");
        let reply = read(&outcome.response);
        spec::hold(method, path, &reply);
        reply
    }

    /// An answer that is not held against the table: that of a fault.
    pub fn outcome(&mut self, method: &str, path: &str, body: impl Into<Bytes>) -> Outcome {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.bearer)).body(body.into()).unwrap();
        self.world.handle(&request, self.now)
    }

    pub fn register(&mut self, registration: &Registration<'_>) -> String {
        let movement = self.world.register(registration, self.now).unwrap();
        movement.transaction(registration.brand)
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }
}

pub fn world(settings: Settings) -> World {
    let mut world = World::new(settings, 1);
    world.add_brand(PROVIDER, PROVIDER);
    world.add_brand(BRAND, PROVIDER);
    world.add_provider_user("api", "gizli", PROVIDER);
    world.add_partner_user("ortak", "saklı", PARTNER);
    world.grant("ortak", BRAND, Grant::ALL);
    world
}

pub fn read(response: &Response<Bytes>) -> Reply {
    let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    Reply {
        status: response.status().as_u16(),
        media: header("content-type"),
        text: String::from_utf8(response.body().to_vec()).unwrap(),
        date: header("date"),
    }
}
