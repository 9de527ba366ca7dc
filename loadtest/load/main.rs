//! The load tool: sends what a scenario says when it says so, whatever the answers do, compares them with what
//! they must be, and writes what it saw.
//!
//! `load [SCENARIO]`; `load --help` says the rest. Every time is that from the moment a call was *due*: a server
//! that stalls cannot hide the calls that waited behind the stall, and a client that could not keep its schedule
//! says so. Reading order: [`scenario`] and [`schedule`] (what is sent when), [`people`] and [`moves`] (what is right),
//! [`questions`], [`unary`], [`streams`] and [`socket`] (how it is asked), [`drive`] and [`tally`] (the open loop), [`turns`], [`stage`] and
//! [`plan`] (a run), [`report`].
//!
//! The gateway and its rivals run on one core, this program on another.
#![allow(unreachable_pub, clippy::print_stdout, clippy::print_stderr, reason = "a tool that talks to whoever started it")]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, clippy::float_cmp, reason = "a test says what went wrong by failing")
)]

mod args;
mod asker;
#[path = "../../benches/e2e/child.rs"]
mod child;
mod drive;
mod fill;
mod gateway;
mod half;
mod histogram;
mod moves;
#[path = "../../benches/e2e/noop.rs"]
mod noop;
mod people;
mod plan;
mod questions;
mod report;
mod samples;
mod scenario;
mod schedule;
mod scrape;
mod seen;
mod socket;
mod stage;
mod streams;
#[path = "../../benches/support/mod.rs"]
#[allow(dead_code, reason = "each user takes its part")]
mod support;
mod tally;
#[cfg(test)]
mod tests;
mod turns;
mod unary;

use args::Args;
use clap::Parser;
use report::Report;
use std::process::ExitCode;
use support::{Outcome, machine};
use tokio::task::LocalSet;

/// Names a server's part to a process that is one.
pub const ROLE: &str = "LOAD_ROLE";

/// The gateway's: the no-op server, which is this program too, is to have no other.
#[cfg(feature = "store")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let outcome = match std::env::var(ROLE).as_deref() {
        Ok("no-op") => child::ending_with_the_parent(noop::serve).map(|()| true),
        _ => load(&Args::parse()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a scenario and writes the report; whether everything was right.
fn load(args: &Args) -> Outcome<bool> {
    machine::pin(machine::CLIENT)?;
    let run = args.run()?;
    let folder = run.folder.clone();
    std::fs::create_dir_all(&folder)?;
    let machine = machine::describe();
    println!("{}: {}", args.name(), run.scenario.about);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (scenario, seen) = LocalSet::new().block_on(&runtime, run.go())?;
    let report = Report::new(&args.name(), machine, scenario, &seen);
    report.write(&folder)?;
    println!("\n{}\nwritten to {}", report.markdown(), folder.display());
    Ok(report.problems.is_empty())
}
