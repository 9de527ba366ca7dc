//! Who takes turns, and what each turn came to.

use crate::child::Server;
use crate::load::Load;
use crate::redis::Pace;
use crate::support::rounds::{Series, turns};
use crate::support::{Outcome, machine};
use crate::{grpc, redis};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tonic::transport::Channel;

/// Recipients of a batch.
pub const BATCH: u64 = 10_000;
/// Keys of an `MGET`.
pub const MGET: u64 = 1_000;
/// Connections of a client, and unary calls on each at once.
const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 50;
/// Batches on a connection at once: one is answered while the next arrives.
const BATCHES: usize = 2;

/// Servers that run, and calls that are ready.
pub struct Contest {
    ours: (Server, Vec<Channel>),
    silent: (Server, Vec<Channel>),
    recorded: (Server, Vec<Channel>),
    noop: (Server, Vec<Channel>),
    redis: Option<Server>,
    batches: Rc<grpc::Calls>,
    unary: Rc<grpc::Calls>,
    gets: Rc<redis::Calls>,
    mgets: Rc<redis::Calls>,
}

/// A kind of turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    OursBatch,
    RecordedBatch,
    NoopBatch,
    RedisMget,
    OursUnary,
    SilentUnary,
    RecordedUnary,
    NoopUnary,
    RedisGet,
    RedisWindow,
    RedisPipeline,
}

/// What a contender reached.
pub struct Reached {
    pub turn: Turn,
    /// Recipients a second, round by round.
    pub rate: Series,
    /// Microseconds of the server's processor a call.
    pub processor: Series,
    /// Milliseconds that half of the calls and 99 of 100 kept to.
    pub half: Series,
    pub most: Series,
    pub compared: u64,
}

impl Turn {
    pub const ALL: [Self; 11] = [
        Self::OursBatch,
        Self::RecordedBatch,
        Self::NoopBatch,
        Self::RedisMget,
        Self::OursUnary,
        Self::SilentUnary,
        Self::RecordedUnary,
        Self::NoopUnary,
        Self::RedisGet,
        Self::RedisWindow,
        Self::RedisPipeline,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OursBatch => "izingate CheckBatch",
            Self::RecordedBatch => "izingate CheckBatch, recorded",
            Self::NoopBatch => "no-op tonic, same batches",
            Self::RedisMget => "Redis MGET of 1,000",
            Self::OursUnary => "izingate Check, 4 × 50 in flight",
            Self::SilentUnary => "izingate Check, without metrics, 4 × 50 in flight",
            Self::RecordedUnary => "izingate Check, recorded, 4 × 50 in flight",
            Self::NoopUnary => "no-op tonic, 4 × 50 in flight",
            Self::RedisGet => "Redis GET, 200 connections",
            Self::RedisWindow => "Redis GET, 4 × 50 in flight",
            Self::RedisPipeline => "Redis GET, 4 × pipeline of 100",
        }
    }

    const fn is_redis(self) -> bool {
        matches!(self, Self::RedisMget | Self::RedisGet | Self::RedisWindow | Self::RedisPipeline)
    }
}

impl Contest {
    /// Connects to everybody and makes every request.
    pub async fn new(servers: [Server; 4], redis: Option<Server>, relations: u64, keys: u64) -> Outcome<Self> {
        let [ours, silent, recorded, noop] = servers;
        Ok(Self {
            recorded: (grpc::connect(recorded.port, CONNECTIONS).await.map(|channels| (recorded, channels)))?,
            ours: (grpc::connect(ours.port, CONNECTIONS).await.map(|channels| (ours, channels)))?,
            silent: (grpc::connect(silent.port, CONNECTIONS).await.map(|channels| (silent, channels)))?,
            noop: (grpc::connect(noop.port, CONNECTIONS).await.map(|channels| (noop, channels)))?,
            redis,
            batches: Rc::new(grpc::Calls::batches(relations, BATCH)),
            unary: Rc::new(grpc::Calls::unary(relations)),
            gets: Rc::new(redis::Calls::gets(keys)),
            mgets: Rc::new(redis::Calls::mgets(keys, MGET)),
        })
    }

    /// Everybody in turn, after one turn each that does not count.
    pub async fn run(&self, rounds: usize, time: Duration) -> Outcome<Vec<Reached>> {
        let only = std::env::var("BENCH_ONLY").unwrap_or_default();
        let here = |turn: &Turn| turn.name().contains(&only) && (!turn.is_redis() || self.redis.is_some());
        let mut reached: Vec<Reached> = Turn::ALL.into_iter().filter(here).map(Reached::new).collect();
        for contender in &reached {
            self.turn(contender.turn, time / 4).await?;
        }
        for round in 0..rounds {
            for at in turns(reached.len(), round) {
                let turn = reached[at].turn;
                let (processor, started) = (self.processor_seconds(turn), Instant::now());
                let load = self.turn(turn, time).await?;
                let (took, processor) = (started.elapsed(), self.processor_seconds(turn) - processor);
                if load.wrong > 0 {
                    return Err(format!("{}: {} of {} answers were wrong", turn.name(), load.wrong, load.compared).into());
                }
                reached[at].note(load, took, processor);
            }
        }
        Ok(reached)
    }

    async fn turn(&self, turn: Turn, time: Duration) -> Outcome<Load> {
        let port = self.redis.as_ref().map_or(0, |redis| redis.port);
        let (ours, silent, recorded, noop) = (&self.ours.1, &self.silent.1, &self.recorded.1, &self.noop.1);
        let many = CONNECTIONS * IN_FLIGHT;
        match turn {
            Turn::OursBatch => grpc::run(ours, BATCHES, &self.batches, time, true).await,
            Turn::RecordedBatch => grpc::run(recorded, BATCHES, &self.batches, time, true).await,
            Turn::NoopBatch => grpc::run(noop, BATCHES, &self.batches, time, false).await,
            Turn::OursUnary => grpc::run(ours, IN_FLIGHT, &self.unary, time, true).await,
            Turn::SilentUnary => grpc::run(silent, IN_FLIGHT, &self.unary, time, true).await,
            Turn::RecordedUnary => grpc::run(recorded, IN_FLIGHT, &self.unary, time, true).await,
            Turn::NoopUnary => grpc::run(noop, IN_FLIGHT, &self.unary, time, false).await,
            Turn::RedisMget => redis::run(port, CONNECTIONS, Pace::Window(BATCHES), &self.mgets, time).await,
            Turn::RedisGet => redis::run(port, many, Pace::Window(1), &self.gets, time).await,
            Turn::RedisWindow => redis::run(port, CONNECTIONS, Pace::Window(IN_FLIGHT), &self.gets, time).await,
            Turn::RedisPipeline => redis::run(port, CONNECTIONS, Pace::Pipeline(100), &self.gets, time).await,
        }
    }

    fn processor_seconds(&self, turn: Turn) -> f64 {
        let server = match turn {
            Turn::OursBatch | Turn::OursUnary => Some(&self.ours.0),
            Turn::SilentUnary => Some(&self.silent.0),
            Turn::RecordedBatch | Turn::RecordedUnary => Some(&self.recorded.0),
            Turn::NoopBatch | Turn::NoopUnary => Some(&self.noop.0),
            _ => self.redis.as_ref(),
        };
        server.map_or(0.0, |server| machine::processor_seconds(server.id()))
    }
}

impl Reached {
    fn new(turn: Turn) -> Self {
        let series = || Series::new(turn.name().to_owned());
        Self { turn, rate: series(), processor: series(), half: series(), most: series(), compared: 0 }
    }

    fn note(&mut self, mut load: Load, took: Duration, processor: f64) {
        self.rate.values.push(load.recipients as f64 / took.as_secs_f64());
        self.processor.values.push(processor * 1e6 / load.calls.len() as f64);
        self.half.values.push(load.of_thousand(500).as_secs_f64() * 1e3);
        self.most.values.push(load.of_thousand(990).as_secs_f64() * 1e3);
        self.compared += load.compared;
    }
}
