//! How often an address may ask (F§1.2).

use super::answer::Problem;
use super::clock::Moment;
use super::route::{Endpoint, Peer};
use std::collections::{BTreeMap, VecDeque};

const SECOND: u64 = 1000;
const HOUR: u64 = 3_600_000;

/// Requests an address and time span; `u32::MAX` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    pub per_second: u32,
    /// H124 or H083: the document has both.
    pub second_code: &'static str,
    pub status_per_hour: u32,
    pub history_per_hour: u32,
    /// 100 by the introduction, 10 by the method's own text.
    pub token_per_hour: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { per_second: 10, second_code: "H124", status_per_hour: 1000, history_per_hour: 100, token_per_hour: 100 }
    }
}

impl LimitSettings {
    pub fn none() -> Self {
        let most = u32::MAX;
        Self { per_second: most, status_per_hour: most, history_per_hour: most, token_per_hour: most, ..Self::default() }
    }
}

/// The count of every address that ever asked.
#[derive(Default)]
pub struct Limits(BTreeMap<Peer, Counters>);

#[derive(Default)]
struct Counters {
    all: Window,
    status: Window,
    history: Window,
    token: Window,
    /// Until when the address may not ask for a token.
    token_shut: Option<Moment>,
}

/// The requests of the last while, exactly: any span of that length holds at most so many.
#[derive(Default)]
struct Window(VecDeque<u64>);

impl Window {
    fn admits(&mut self, span: u64, most: u32, now: Moment) -> bool {
        if most == u32::MAX {
            return true;
        }
        while self.0.front().is_some_and(|first| first + span <= now.millis()) {
            self.0.pop_front();
        }
        let admitted = self.0.len() < most as usize;
        if admitted {
            self.0.push_back(now.millis());
        }
        admitted
    }
}

impl Limits {
    pub fn check(&mut self, settings: &LimitSettings, peer: Peer, endpoint: Endpoint, now: Moment) -> Result<(), Problem> {
        let of_peer = self.0.entry(peer).or_default();
        if !of_peer.all.admits(SECOND, settings.per_second, now) {
            let text = "Saniyede kabul edilen istek limitine ulaşıldı. Lütfen daha sonra tekrar deneyiniz.";
            return Err(Problem::new(429, settings.second_code, text));
        }
        match endpoint {
            Endpoint::Token => of_peer.token(settings.token_per_hour, now),
            Endpoint::Status if !of_peer.status.admits(HOUR, settings.status_per_hour, now) => {
                Err(hourly("H086", "tekil izin durumu sorgulama "))
            }
            Endpoint::History if !of_peer.history.admits(HOUR, settings.history_per_hour, now) => {
                Err(hourly("H089", "izin geçmişi listeleme "))
            }
            _ => Ok(()),
        }
    }

    /// Forgets who asked what.
    pub fn reset(&mut self) {
        self.0.clear();
    }
}

impl Counters {
    /// Over the limit the address is shut out for an hour, and asking before its end starts a new one.
    fn token(&mut self, most: u32, now: Moment) -> Result<(), Problem> {
        let shut = self.token_shut.is_some_and(|until| now < until);
        if !shut && self.token.admits(HOUR, most, now) {
            return Ok(());
        }
        self.token_shut = Some(now.plus(std::time::Duration::from_millis(HOUR)));
        Err(hourly("H084", "kimlik doğrulama "))
    }
}

fn hourly(code: &'static str, what: &str) -> Problem {
    Problem::new(429, code, format!("Saatte kabul edilen {what}istek limitine ulaşıldı. Lütfen daha sonra tekrar deneyiniz."))
}
