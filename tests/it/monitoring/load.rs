//! Somebody asks everything, everywhere, and hands movements in.

use crate::support::known::movement;
use crate::support::web::{get, post_json};
use izingate::api::proto::consent_service_client::ConsentServiceClient;
use izingate::api::proto::permission_service_client::PermissionServiceClient;
use izingate::api::proto::{ApplyRequest, Channel, CheckBatchRequest, CheckRequest, RecipientType};
use serde_json::json;
use std::time::Duration;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use tonic::transport;

/// A gateway under load.
#[derive(Clone)]
pub struct Load {
    pub http: String,
    /// Brands that follow İYS, and addresses that it knows.
    pub fed: Vec<u32>,
    pub known: Vec<String>,
    /// A brand that is import-fed, for movements.
    pub own: u32,
    /// New relations with every step.
    pub growth: u64,
}

impl Load {
    /// Until it is told to stop; one step a tenth of a second.
    pub async fn run(self, stop: CancellationToken) {
        let channel = transport::Channel::from_shared(self.http.clone()).unwrap().connect().await.unwrap();
        let mut tick = interval(Duration::from_millis(100));
        for step in 0.. {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            // More and less, as campaigns are.
            let wave = (step % 500).min(500 - step % 500);
            self.one_by_one(&channel, step, 10 + wave / 6).await;
            self.together(&channel, step, 200 + 3 * wave).await;
            self.over_http(step).await;
            self.hand_in(&channel, step).await;
        }
    }

    fn question(&self, number: usize) -> CheckRequest {
        let (recipient, channel) = match number % 7 {
            0 => (format!("+90599{:07}", number % 10_000_000), Channel::Mesaj),
            1 => ("x".to_owned(), Channel::Arama),
            2 => (format!("{number}@ornek.com.tr"), Channel::Eposta),
            _ => (self.known[number * 31 % self.known.len()].clone(), Channel::Mesaj),
        };
        let brand_code = if number.is_multiple_of(5) { self.own } else { self.fed[number % self.fed.len()] };
        let recipient_type = RecipientType::Bireysel.into();
        CheckRequest {
            brand_code,
            channel: channel.into(),
            recipient: Some(recipient),
            recipient_type,
            ..CheckRequest::default()
        }
    }

    async fn one_by_one(&self, channel: &transport::Channel, step: usize, count: usize) {
        let mut client = PermissionServiceClient::new(channel.clone());
        for number in 0..count {
            client.check(self.question(step * 131 + number)).await.unwrap();
        }
        let questions: Vec<CheckRequest> = (0..count).map(|number| self.question(step * 17 + number)).collect();
        let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
        while answers.message().await.unwrap().is_some() {}
    }

    async fn together(&self, channel: &transport::Channel, step: usize, count: usize) {
        let recipients = (0..count).map(|number| self.known[(step + number) % self.known.len()].clone()).collect();
        let (brand_code, channel_asked) = (self.fed[step % self.fed.len()], Channel::Mesaj.into());
        let batch = CheckBatchRequest { brand_code, channel: channel_asked, recipients, ..CheckBatchRequest::default() };
        PermissionServiceClient::new(channel.clone()).check_batch(batch).await.unwrap();
    }

    async fn over_http(&self, step: usize) {
        let known = &self.known[step % self.known.len()];
        let path = format!("/v1/check?brandCode={}&type=MESAJ&recipient={known}", self.fed[0]);
        assert_eq!(get(&self.http, &path).await.status, 200);
        let one = json!({ "brandCode": self.fed[0], "type": "ARAMA", "recipient": known });
        assert_eq!(post_json(&self.http, "/v1/check", &one).await.status, 200);
        let many = json!({ "brandCode": self.own, "type": "MESAJ", "recipients": [known, "+905990000001", "?"] });
        assert_eq!(post_json(&self.http, "/v1/check/batch", &many).await.status, 200);
        if step.is_multiple_of(10) {
            assert_eq!(get(&self.http, "/v1/check?type=MESAJ").await.status, 400);
        }
    }

    async fn hand_in(&self, channel: &transport::Channel, step: usize) {
        let first = step as u64 * self.growth;
        let mut movements: Vec<_> = (first..first + self.growth)
            .map(|number| movement(&format!("+9053{:08}", number % 100_000_000), "ONAY", "2026-11-02 10:00:00"))
            .collect();
        movements.push(movement("no address", "ONAY", "2026-11-02 10:00:00"));
        let request = ApplyRequest { brand_code: self.own, movements, ..ApplyRequest::default() };
        ConsentServiceClient::new(channel.clone()).apply(request).await.unwrap();
    }
}
