//! The gateway end to end, beside a no-op tonic service with the same messages and Redis with as many of
//! the same relations as fit. Every server is a process of its own on one core, the client runs on another,
//! and the contenders take turns.
//!
//! Another gateway counts nothing, to show what metrics cost; a third records every decision under `interval`, on the disk of `TMPDIR`.
//!
//! `BENCH_RELATIONS` (10M; 100M is the full run) are the relations, `BENCH_REDIS_KEYS` (as many as fit) those
//! in Redis, `BENCH_SECONDS` (2) the length of a turn, `BENCH_E2E_ROUNDS` (5) the turns of each, `BENCH_ONLY` a
//! part of the names of those that take turns: `in flight` or `Batch`, for a profile.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

mod child;
mod contest;
mod grpc;
mod load;
mod noop;
mod ours;
mod redis;
mod relations;
mod show;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;

use child::Server;
use contest::Contest;
use ours::Beside;
use std::time::Duration;
use support::report::{setting, short};
use support::{Outcome, machine};

/// Names a server's part to a process that is one.
pub const ROLE: &str = "BENCH_ROLE";
/// What a key costs Redis with jemalloc, rounded up: entry, key, its share of the table.
const REDIS_KEY: u64 = 80;

fn main() -> Outcome<()> {
    let relations = setting("BENCH_RELATIONS", 10_000_000)?;
    match std::env::var(ROLE).as_deref() {
        Ok("izingate") => child::ending_with_the_parent(|| ours::serve(relations, Beside::Metrics)),
        Ok("izingate without metrics") => child::ending_with_the_parent(|| ours::serve(relations, Beside::Nothing)),
        Ok("izingate with evidence") => child::ending_with_the_parent(|| ours::serve(relations, Beside::Evidence)),
        Ok("no-op") => child::ending_with_the_parent(noop::serve),
        _ => measure(relations),
    }
}

fn measure(relations: u64) -> Outcome<()> {
    machine::pin(machine::CLIENT)?;
    println!("{} relations …", short(relations));
    let ours = Server::of_ours("izingate")?;
    let silent = Server::of_ours("izingate without metrics")?;
    let recorded = Server::of_ours("izingate with evidence")?;
    let noop = Server::of_ours("no-op")?;
    let redis = Server::of_redis()?;
    let keys = relations.min(setting("BENCH_REDIS_KEYS", machine::available() / 10 * 8 / REDIS_KEY)?);
    if let Some(redis) = &redis {
        redis::fill(redis.port, keys)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let time = Duration::from_secs(setting("BENCH_SECONDS", 2)?);
    let contest = runtime.block_on(Contest::new([ours, silent, recorded, noop], redis, relations, keys))?;
    let reached = runtime.block_on(contest.run(setting("BENCH_E2E_ROUNDS", 5)? as usize, time))?;
    let disk = support::disk::synced_rate()?;
    show::section(&reached, relations, keys)?;
    show::evidence(&reached, disk)
}
