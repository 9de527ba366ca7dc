//! A scenario: who is on record, what is sent when. A TOML file, read once into what cannot be wrong.

use crate::drive::Bounds;
use crate::people::MOST;
use crate::schedule::Arrivals;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// Fewer movements a recipient than a day has seconds: each is a second younger than the one before.
const GENERATIONS: f64 = 80_000.0;

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, for people.
    pub about: String,
    /// How its turns follow.
    #[serde(default)]
    pub plan: Plan,
    /// Recipients on record whose consent stays.
    pub still: u64,
    /// Recipients on record whose consent moves.
    #[serde(default)]
    pub moving: u64,
    /// All turns together.
    pub seconds: f64,
    /// Turns of each contender.
    #[serde(default = "one")]
    pub rounds: usize,
    /// Who takes turns with the gateway, under the same schedule.
    #[serde(default)]
    pub rivals: Vec<Rival>,
    /// The configuration of a gateway that is started for it, TOML; none for what holds without one.
    #[serde(default)]
    pub config: String,
    /// gRPC connections.
    #[serde(default = "four")]
    pub connections: usize,
    /// Calls of a line under way at most; what is due beyond is not sent, and counted.
    #[serde(default = "ten_thousand")]
    pub in_flight: usize,
    /// How long an answer is waited for.
    #[serde(default = "five")]
    pub timeout_seconds: f64,
    /// What is sent, all at the same time.
    pub load: Vec<Load>,
}

/// How turns follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Everybody in turn, round by round.
    #[default]
    Turns,
    /// First the most that the gateway can do, then turns at half of it.
    Half,
    /// The load begins in the moment in which a gateway with data is started.
    Cold,
}

/// Who else is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rival {
    /// tonic's server with the gateway's messages, which decides nothing.
    Noop,
    /// Redis with the same recipients: GET for a check, MGET for a batch.
    Redis,
}

/// A line of load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// What a call is.
    pub kind: Kind,
    /// Calls a second; none where the plan finds it.
    pub rate: Option<f64>,
    /// How calls follow each other.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// Recipients or movements of a call.
    #[serde(default = "one_recipient")]
    pub size: u64,
    /// Recipients of a batch as text instead of packed numbers.
    #[serde(default)]
    pub spelled: bool,
    /// The part of the questions that is about recipients whose consent moves.
    #[serde(default)]
    pub about_moving: f64,
    /// When in a turn it begins, as a part of the turn.
    #[serde(default)]
    pub from: f64,
    /// When in a turn it ends, as a part of the turn.
    #[serde(default = "whole")]
    pub until: f64,
}

/// What a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `PermissionService.Check`
    Unary,
    /// `PermissionService.CheckBatch`
    Batch,
    /// One question of `PermissionService.CheckStream`
    Stream,
    /// `POST /v1/check`
    Post,
    /// `GET /v1/check` as text
    Get,
    /// `POST /v1/filter`, one address a line
    Filter,
    /// `ConsentService.Apply`
    Movements,
}

impl Kind {
    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Batch => "batch",
            Self::Stream => "stream",
            Self::Post => "post",
            Self::Get => "get",
            Self::Filter => "filter",
            Self::Movements => "movements",
        }
    }

    const fn is_of_many(self) -> bool {
        matches!(self, Self::Batch | Self::Filter | Self::Movements)
    }
}

const fn one() -> usize {
    1
}

const fn one_recipient() -> u64 {
    1
}

const fn four() -> usize {
    4
}

const fn ten_thousand() -> usize {
    10_000
}

const fn five() -> f64 {
    5.0
}

const fn whole() -> f64 {
    1.0
}

impl Load {
    /// What it is called in a report.
    pub fn title(&self) -> String {
        match self.kind {
            kind if !kind.is_of_many() => kind.name().to_owned(),
            Kind::Batch if self.spelled => format!("batch of {}, as text", self.size),
            kind => format!("{} of {}", kind.name(), self.size),
        }
    }

    fn check(&self, scenario: &Scenario) -> Result<(), String> {
        let found = scenario.plan == Plan::Half;
        let most = if self.kind == Kind::Batch { 100_000 } else { 10_000 };
        let wrong = match self.rate {
            None if !found => "rate is missing",
            Some(_) if found => "rate is found by the plan; leave it out",
            Some(rate) if !(rate > 0.0 && rate <= 1e6) => "rate is above 0 and up to 1,000,000",
            _ if !self.kind.is_of_many() && self.size != 1 => "size is 1 for a call of one recipient",
            _ if self.size == 0 || self.size > most => "size is 1 to 100,000 for a batch and to 10,000 for others",
            _ if self.spelled && self.kind != Kind::Batch => "spelled is of batches",
            _ if !(0.0..=1.0).contains(&self.about_moving) => "about_moving is a part, 0 to 1",
            _ if !(0.0 <= self.from && self.from < self.until && self.until <= 1.0) => {
                "from and until are parts of a turn, in order"
            }
            _ if scenario.moving < self.size && (self.about_moving > 0.0 || self.kind == Kind::Movements) => {
                "moving recipients are needed, as many as a call has at least"
            }
            Some(rate)
                if self.kind == Kind::Movements
                    && rate * self.size as f64 * scenario.seconds / scenario.moving as f64 > GENERATIONS =>
            {
                "too few moving recipients for so many movements"
            }
            _ => return Ok(()),
        };
        Err(wrong.to_owned())
    }
}

impl Scenario {
    /// Reads a scenario; the error says where and what.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        scenario.check()?;
        Ok(scenario)
    }

    /// How its lines are driven, in a turn of so many slices.
    pub fn bounds(&self, slice: Duration, slices: usize) -> Bounds {
        Bounds { in_flight: self.in_flight, timeout: Duration::from_secs_f64(self.timeout_seconds), slice, slices }
    }

    /// Reads a file of one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Whether it can be done; also after a flag changed it.
    pub fn check(&self) -> Result<(), String> {
        let wrong = match self {
            _ if self.still == 0 || self.still.saturating_add(self.moving) > MOST => "still and moving are 1 to 400,000,000",
            _ if !(self.seconds >= 1.0 && self.seconds <= 86_400.0) => "seconds is 1 to 86400",
            _ if !(1..=1_000).contains(&self.rounds) => "rounds is 1 to 1000",
            _ if !(1..=64).contains(&self.connections) => "connections is 1 to 64",
            _ if !(1..=100_000).contains(&self.in_flight) => "in_flight is 1 to 100000",
            _ if !(self.timeout_seconds > 0.0 && self.timeout_seconds <= 60.0) => "timeout_seconds is above 0 and up to 60",
            _ if self.load.is_empty() => "nothing is sent: it needs a [[load]]",
            _ if self.load.iter().filter(|load| load.kind == Kind::Movements).count() > 1 => "movements are one [[load]] at most",
            _ if self.plan == Plan::Half && (self.load.len() != 1 || self.load[0].kind != Kind::Unary) => {
                "plan half is about one [[load]], of unary checks"
            }
            _ if self.plan == Plan::Cold && !(self.rivals.is_empty() && self.rounds == 1) => {
                "plan cold is one round without rivals"
            }
            _ if self.plan == Plan::Cold && self.load.iter().any(|load| matches!(load.kind, Kind::Stream | Kind::Movements)) => {
                "plan cold takes no stream and no movements: they need a gateway that is there"
            }
            _ => {
                let mut lines = (1..).zip(&self.load);
                return lines.try_for_each(|(at, load)| load.check(self).map_err(|wrong| format!("[[load]] {at}: {wrong}")));
            }
        };
        Err(wrong.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "about = 'x'\nstill = 1000\nseconds = 5\n[[load]]\nkind = 'unary'\nrate = 100\n";

    fn refused(text: &str) -> String {
        Scenario::parse(text).unwrap_err()
    }

    #[test]
    fn what_is_left_out_is_at_its_default() {
        let load = Load {
            kind: Kind::Unary,
            rate: Some(100.0),
            arrivals: Arrivals::Poisson,
            size: 1,
            spelled: false,
            about_moving: 0.0,
            from: 0.0,
            until: 1.0,
        };
        let expected = Scenario {
            about: "x".to_owned(),
            plan: Plan::Turns,
            still: 1000,
            moving: 0,
            seconds: 5.0,
            rounds: 1,
            rivals: vec![],
            config: String::new(),
            connections: 4,
            in_flight: 10_000,
            timeout_seconds: 5.0,
            load: vec![load],
        };
        assert_eq!(Scenario::parse(LEAST), Ok(expected));
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (from, to, told) in [
            ("rate = 100", "rat = 100", "unknown field `rat`"),
            ("rate = 100", "", "[[load]] 1: rate is missing"),
            ("rate = 100", "rate = 0", "[[load]] 1: rate is above 0"),
            ("rate = 100", "rate = 1\nsize = 5", "[[load]] 1: size is 1 for a call of one"),
            ("rate = 100", "rate = 1\nfrom = 0.7\nuntil = 0.2", "[[load]] 1: from and until"),
            ("rate = 100", "rate = 1\nabout_moving = 0.5", "[[load]] 1: moving recipients are needed"),
            ("'unary'", "'movements'", "[[load]] 1: moving recipients are needed"),
            ("'unary'", "'ask'", "unknown variant `ask`"),
            ("still = 1000", "still = 0", "still and moving"),
            ("still = 1000", "still = 9\nmoving = 18446744073709551615", "still and moving"),
            ("still = 1000", "still = 400000000\nmoving = 1", "still and moving"),
            ("still = 1000", "still = 1000\nplan = 'half'", "[[load]] 1: rate is found by the plan"),
            ("still = 1000", "still = 1000\nplan = 'cold'\nrivals = ['noop']", "plan cold is one round"),
            ("seconds = 5", "seconds = nan", "seconds is 1 to 86400"),
            ("seconds = 5", "seconds = 5\nrivals = ['mysql']", "unknown variant `mysql`"),
        ] {
            let wrong = refused(&LEAST.replace(from, to));
            assert!(wrong.contains(told), "{to}: {wrong}");
        }
        assert_eq!(refused(LEAST.split("[[").next().unwrap()).lines().last().unwrap(), "missing field `load`");
    }

    #[test]
    fn every_scenario_of_the_repository_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest/scenarios");
        let found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(found.len() >= 8, "{found:?}");
        for path in found {
            Scenario::read(&path).unwrap();
        }
    }
}
