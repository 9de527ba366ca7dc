//! Carries pushes to their receivers.

use super::http::Shared;
use super::push::{Probe, Push, PushSettings, Receiver, Verdict, test_record};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// A receiver must answer within it.
const PATIENCE: Duration = Duration::from_secs(5);
/// While the clock runs, how often what a seed makes is looked for.
const LOOK: Duration = Duration::from_millis(200);

pub struct Receivers {
    client: reqwest::Client,
    basic_required: bool,
}

impl Receivers {
    pub fn new(settings: &PushSettings) -> Self {
        // Whoever was first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).tls_danger_accept_invalid_certs(settings.self_signed).build();
        Self { client: client.expect("a client"), basic_required: settings.basic_required }
    }

    /// Tries every receiver with the test record; the first that fails decides.
    pub async fn probe(&self, probe: &Probe) -> Verdict {
        for (_, receiver) in &probe.receivers {
            let verdict = self.probe_one(receiver).await;
            if verdict != Verdict::Accepted {
                return verdict;
            }
        }
        Verdict::Accepted
    }

    async fn probe_one(&self, receiver: &Receiver) -> Verdict {
        if self.basic_required {
            match self.client.post(&receiver.url).json(&serde_json::json!({"list": []})).send().await {
                Ok(response) if response.status() == reqwest::StatusCode::UNAUTHORIZED => {}
                other => return verdict(&other, false),
            }
        }
        let sent = self.post(receiver, test_record()).await;
        let accepted = sent.as_ref().is_ok_and(|response| response.status().is_success());
        verdict(&sent, accepted)
    }

    async fn post(&self, receiver: &Receiver, body: Bytes) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(&receiver.url).basic_auth(&receiver.username, Some(&receiver.password));
        request.header(http::header::CONTENT_TYPE, "application/json").body(body).send().await
    }

    /// The status that the receiver answered with, 0 if it did not.
    async fn deliver(&self, push: &Push) -> u16 {
        self.post(&push.receiver, push.body.clone()).await.map_or(0, |response| response.status().as_u16())
    }
}

fn verdict(sent: &reqwest::Result<reqwest::Response>, accepted: bool) -> Verdict {
    match sent {
        _ if accepted => Verdict::Accepted,
        Err(error) if error.is_timeout() => Verdict::TimedOut,
        _ => Verdict::Failed,
    }
}

/// Delivers, one after another, until it is aborted.
pub async fn run(shared: Arc<Shared>) {
    loop {
        if shared.clock.is_running() {
            let _ = tokio::time::timeout(LOOK, shared.changed.notified()).await;
        } else {
            shared.changed.notified().await;
        }
        let (pushes, retries) = shared.with(|world, now| (world.take_pushes(now), world.settings.push.retries));
        for push in pushes {
            deliver(&shared, &push, retries).await;
        }
    }
}

async fn deliver(shared: &Shared, push: &Push, retries: u32) {
    for _ in 0..=retries {
        let status = shared.receivers.deliver(push).await;
        shared.with(|world, _| world.delivered(status));
        if (200..300).contains(&status) {
            return;
        }
    }
}
