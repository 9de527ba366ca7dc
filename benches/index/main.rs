//! The index beside `DashMap`, papaya, scc and memory itself: look-ups, changes beside readers, filling, and
//! bytes a relation.
//!
//! `BENCH_SIZES` (1M,20M,200M; 1B fits in 24 GiB) are the relations, `BENCH_RIVALS` (20M) the size up to
//! which the maps take part, `BENCH_ROUNDS` (9) the rounds. Each size runs in a process of its own, so that
//! what a table costs is what the process grows by.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

mod growth;
mod measured;
mod mixed;
mod reads;
mod show;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;
mod tables;

use measured::Measured;
use std::process::{Command, Stdio};
use support::Outcome;
use support::report::{number, setting};

/// Names the size to a process that measures only that one.
const ONE_SIZE: &str = "BENCH_ONE_SIZE";

fn main() -> Outcome<()> {
    let rounds = setting("BENCH_ROUNDS", 9)? as usize;
    if let Ok(size) = std::env::var(ONE_SIZE) {
        let measured = measured::measure(number(&size)?, setting("BENCH_RIVALS", 20_000_000)?, rounds)?;
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(());
    }
    let sizes = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "1M,20M,200M".to_owned());
    let sizes: Vec<u64> = sizes.split(',').map(number).collect::<Outcome<_>>()?;
    show::section(&sizes.into_iter().map(in_own_process).collect::<Outcome<Vec<_>>>()?)
}

fn in_own_process(size: u64) -> Outcome<Measured> {
    println!("{} relations …", support::report::short(size));
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.env(ONE_SIZE, size.to_string()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("the measurement of {size} relations ended with {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
