//! Contenders, and what their turns come to. Who is measured after another one is measured on another machine:
//! contenders take turns round by round, each under the same schedule.

use crate::asker::{APPLY, Asker, BATCH, CHECK, Mover, STREAM, Truth, Way};
use crate::drive::{self, Bounds};
use crate::moves::Moves;
use crate::people::People;
use crate::questions::{Calls, Form};
use crate::scenario::{Kind, Load, Rival, Scenario};
use crate::schedule::Schedule;
use crate::socket::{Pool, Speech};
use crate::streams::{self, Streams};
use crate::support::Outcome;
use crate::tally::Tally;
use crate::unary::Unary;
use futures_util::future::join_all;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Plain connections at most, as many as calls that can be under way on the gRPC ones.
const PLAIN: usize = 256;
/// Calls under way on a connection where the most is looked for.
const CLOSED: usize = 50;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Gateway,
    Noop,
    Redis,
}

impl Who {
    /// What it is asked by a line, for people.
    pub fn title(self, load: &Load) -> String {
        match (self, load.kind) {
            (Self::Redis, Kind::Unary) => "Redis GET".to_owned(),
            (Self::Redis, _) => "Redis MGET".to_owned(),
            _ => self.name().to_owned(),
        }
    }

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "izingate",
            Self::Noop => "no-op tonic",
            Self::Redis => "Redis",
        }
    }
}

impl From<Rival> for Who {
    fn from(rival: Rival) -> Self {
        match rival {
            Rival::Noop => Self::Noop,
            Rival::Redis => Self::Redis,
        }
    }
}

/// Somebody who is asked, with the lines that it can answer.
pub struct Contender {
    pub who: Who,
    pub lines: Vec<Line>,
}

/// A line of load, ready to be sent.
pub struct Line {
    /// Its place in the scenario.
    pub place: usize,
    pub load: Load,
    work: Work,
}

enum Work {
    Ask(Rc<Asker>),
    Move(Rc<Mover>),
}

/// Where a contender listens, and what its answers are held against.
pub struct Ground<'a> {
    pub scenario: &'a Scenario,
    pub people: People,
    /// `host:port`
    pub address: &'a str,
    pub moves: &'a Rc<Moves>,
    pub truth: &'a dyn Fn() -> Truth,
}

impl Contender {
    /// Makes every request, and opens streams.
    pub async fn new(who: Who, ground: &Ground<'_>) -> Outcome<Self> {
        let mut lines = Vec::new();
        for (place, load) in ground.scenario.load.iter().enumerate().filter(|(_, load)| can(who, load.kind)) {
            let work = work(who, ground, place, load).await?;
            lines.push(Line { place, load: load.clone(), work });
        }
        Ok(Self { who, lines })
    }

    /// One turn: all lines at once, each under its schedule.
    pub async fn turn(&self, length: Duration, seed: u64, bounds: Bounds) -> Vec<Tally> {
        let begun = Instant::now();
        join_all(self.lines.iter().map(|line| line.open(begun, length, seed, bounds))).await
    }

    /// Its only line at a rate.
    pub async fn at(&self, rate: f64, length: Duration, seed: u64, bounds: Bounds) -> Tally {
        match self.lines.first() {
            Some(line) => line.at(rate, Instant::now(), length, seed, bounds).await,
            None => Tally::default(),
        }
    }

    /// The most that it can do of its only line in a closed loop.
    pub async fn most(&self, connections: usize, time: Duration) -> Tally {
        match self.lines.first().map(|line| &line.work) {
            Some(Work::Ask(asker)) => drive::closed(asking(asker), connections * CLOSED, time).await,
            _ => Tally::default(),
        }
    }
}

/// The no-op server has no data and speaks gRPC; Redis knows keys.
const fn can(who: Who, kind: Kind) -> bool {
    match who {
        Who::Gateway => true,
        Who::Noop | Who::Redis => matches!(kind, Kind::Unary | Kind::Batch),
    }
}

async fn work(who: Who, ground: &Ground<'_>, place: usize, load: &Load) -> Outcome<Work> {
    let connections = ground.scenario.connections;
    let unary = |path| Unary::new(ground.address, connections, path);
    if load.kind == Kind::Movements {
        ground.moves.in_batches_of(load.size);
        return Ok(Work::Move(Rc::new(Mover { calls: unary(APPLY), moves: Rc::clone(ground.moves) })));
    }
    let form = if who == Who::Redis { Form::Redis } else { Form::Gateway(load.kind) };
    let plain = |speech| Way::Plain(Pool::new(ground.address.to_owned(), speech, PLAIN));
    let way = match (form, load.kind) {
        (Form::Redis, _) => plain(Speech::Redis),
        (_, Kind::Unary) => Way::Calls(unary(CHECK)),
        (_, Kind::Batch) => Way::Calls(unary(BATCH)),
        (_, Kind::Stream) => {
            Way::Streams(Streams::open(&streams::channels(&format!("http://{}", ground.address), connections)?, STREAM).await?)
        }
        _ => plain(Speech::Http),
    };
    let calls = Rc::new(Calls::of(load, form, &ground.people, place));
    Ok(Work::Ask(Rc::new(Asker { calls, way, truth: (ground.truth)() })))
}

fn asking(asker: &Rc<Asker>) -> Rc<impl AsyncFn(u64) -> Result<drive::Done, drive::Failure> + use<>> {
    let asker = Rc::clone(asker);
    Rc::new(async move |number| asker.ask(number).await)
}

impl Line {
    async fn open(&self, begun: Instant, length: Duration, seed: u64, bounds: Bounds) -> Tally {
        self.at(self.load.rate.unwrap_or(1.0), begun, length, seed, bounds).await
    }

    async fn at(&self, rate: f64, begun: Instant, length: Duration, seed: u64, bounds: Bounds) -> Tally {
        let between = (length.mul_f64(self.load.from), length.mul_f64(self.load.until));
        let schedule = Schedule::new(self.load.arrivals, rate, between, seed + self.place as u64);
        match &self.work {
            Work::Ask(asker) => {
                // Another turn goes on with other questions.
                let (asker, first) = (Rc::clone(asker), seed << 20);
                drive::open(Rc::new(async move |number| asker.ask(first + number).await), schedule, begun, bounds).await
            }
            Work::Move(mover) => {
                let mover = Rc::clone(mover);
                drive::open(Rc::new(async move |_| mover.send().await), schedule, begun, bounds).await
            }
        }
    }

    /// Whether its calls are decided, and not taken in.
    pub fn is_of_decisions(&self) -> bool {
        self.load.kind != Kind::Movements
    }

    /// Calls a second, over all of a turn.
    pub fn offered(&self) -> f64 {
        self.load.rate.unwrap_or_default() * (self.load.until - self.load.from)
    }
}
