//! From the start of the process to `/readyz`: out of the snapshot after a clean stop and after kill -9, and out
//! of the store where there is no snapshot; the page cache warm, and cold where it may be emptied.
//!
//! `BENCH_RESTORE` (1M; 100M is the full run) are the relations at least, `BENCH_RESTORE_ROUNDS` (3) the rounds.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

#[path = "../loadtest/day_file.rs"]
#[allow(dead_code, reason = "it is a program too")]
mod day_file;
#[path = "support/gateway.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod gateway;
#[path = "support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;

use gateway::Gateway;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use support::report::{Section, rate, setting, short, size, within};
use support::rounds::{Series, timed, turns};
use support::svg::Chart;
use support::{Outcome, machine};

/// Rows of a file, of which relations are made: a few GB on disk at once, however many there are to be.
const PIECE: u64 = 10_000_000;
/// Rows of ours that make ten relations; some repeat, and some meet a recipient again.
const ROWS_FOR_TEN: u64 = 25;
/// Movements taken in since the snapshot when the gateway is killed.
const SINCE: u64 = 10_000;
/// Seconds that 100 M relations may take out of a snapshot, page cache warm.
const BAR: f64 = 3.0;

/// What a start finds.
#[derive(Clone, Copy, PartialEq)]
enum Found {
    Snapshot,
    SnapshotAndChanges,
    Store,
}

impl Found {
    const ALL: [Self; 3] = [Self::Snapshot, Self::SnapshotAndChanges, Self::Store];

    const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot, after a clean stop",
            Self::SnapshotAndChanges => "snapshot, after kill -9",
            Self::Store => "store, no snapshot",
        }
    }
}

/// A directory that takes part: stopped cleanly and with a snapshot, between two starts.
struct Directory {
    folder: tempfile::TempDir,
    data: PathBuf,
    /// Files made so far; each has a seed of its own.
    files: u64,
    /// Relations and revision that every start must come to.
    holds: [u64; 2],
}

/// Seconds by what was found; with the plain read of the snapshot, last.
type Starts = [Series; 4];

fn main() -> Outcome<()> {
    let (relations, rounds) = (setting("BENCH_RESTORE", 1_000_000)?, setting("BENCH_RESTORE_ROUNDS", 3)? as usize);
    let mut directory = Directory::of(relations)?;
    let mut warm = starts();
    let mut cold = machine::forget_files().then(starts);
    for round in 0..rounds {
        directory.round(&mut warm, round, false)?;
        if let Some(cold) = &mut cold {
            directory.round(cold, round, true)?;
        }
    }
    directory.show(&warm, cold.as_ref())
}

fn starts() -> Starts {
    let [snapshot, changes, store] = Found::ALL.map(|found| Series::new(found.name().to_owned()));
    [snapshot, changes, store, Series::new("the snapshot's file, plainly read".to_owned())]
}

impl Directory {
    /// A directory of at least so many relations.
    fn of(relations: u64) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let data = folder.path().join("data");
        gateway::make(&data)?;
        let mut directory = Self { folder, data, files: 0, holds: [0; 2] };
        while directory.holds[0] < relations {
            let mut rows = (relations - directory.holds[0]) * ROWS_FOR_TEN / 10 + 1_000;
            while rows > 0 {
                let piece = rows.min(PIECE);
                let file = directory.file(piece)?;
                gateway::import(&directory.data, &file)?;
                rows -= piece;
            }
            let (gateway, _) = Gateway::start(&directory.data)?;
            directory.holds = holds(&gateway)?;
            gateway.stop()?;
            println!("{} relations …", directory.holds[0]);
        }
        Ok(directory)
    }

    /// A day file like no other, in the place of the last one.
    fn file(&mut self, rows: u64) -> Outcome<PathBuf> {
        let file = self.folder.path().join("day.csv");
        self.files += 1;
        day_file::write(rows, self.files, File::create(&file)?)?;
        Ok(file)
    }

    fn snapshot(&self) -> PathBuf {
        self.data.join("snapshot/index.snap")
    }

    fn round(&mut self, series: &mut Starts, round: usize, cold: bool) -> Outcome<()> {
        for at in turns(Found::ALL.len(), round) {
            let found = Found::ALL[at];
            self.prepare(found)?;
            if cold {
                machine::forget_files();
            }
            let (gateway, took) = Gateway::start(&self.data)?;
            check(&gateway, found)?;
            if holds(&gateway)? != self.holds {
                return Err(format!("{}: not what was there before", found.name()).into());
            }
            gateway.stop()?;
            series[at].values.push(took.as_secs_f64());
        }
        if cold {
            machine::forget_files();
        }
        let (took, done) = timed(|| read(&self.snapshot()));
        done?;
        series[Found::ALL.len()].values.push(took.as_secs_f64());
        Ok(())
    }

    /// Leaves what is to be found.
    fn prepare(&mut self, found: Found) -> Outcome<()> {
        match found {
            Found::Snapshot => Ok(()),
            Found::Store => Ok(fs::remove_file(self.snapshot())?),
            Found::SnapshotAndChanges => {
                let file = self.file(SINCE)?;
                let (gateway, _) = Gateway::start(&self.data)?;
                gateway.import(&file)?;
                self.holds = holds(&gateway)?;
                gateway.kill()
            }
        }
    }

    fn show(&self, warm: &Starts, cold: Option<&Starts>) -> Outcome<()> {
        let relations = self.holds[0];
        let mut section = Section::new("70-restore", "Start");
        section.say(&format!(
            "{relations} relations of one brand; from the process's start until /readyz says yes, asked every millisecond; cold, the program itself is read from disk too. The \
             snapshot has {}. A gateway that was killed had taken in {SINCE} movements since its snapshot. Every start \
             ended with as many relations and the revision that were there before.",
            size(fs::metadata(self.snapshot())?.len())
        ));
        if cold.is_none() {
            section.say("The page cache may not be emptied here: there are no cold starts.");
        }
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for (cache, series) in [("warm", Some(warm)), ("cold", cold)] {
            let Some(series) = series else { continue };
            rows.extend(series.iter().map(|one| row(cache, one, &series[0], relations)));
            groups.push((cache.to_owned(), series.iter().map(|one| (one.name.clone(), one.median())).collect()));
        }
        let head =
            ["page cache", "out of", "median (least–greatest round)", "relations", "against the snapshot after a clean stop"];
        section.table(&head, &rows);
        let title = format!("Seconds to ready, {} relations", short(relations));
        section.chart("seconds", &Chart::Bars { title, groups })?;
        section.finish()
    }
}

fn row(cache: &str, one: &Series, first: &Series, relations: u64) -> Vec<String> {
    let from_snapshot = Found::ALL[..2].iter().any(|found| found.name() == one.name);
    // The bar is one of 100 M relations.
    let judged = cache == "warm" && from_snapshot && relations >= 100_000_000;
    let bar = if judged { format!(" ({})", within(one.median(), BAR)) } else { String::new() };
    let seconds = one.seconds() + &bar;
    let against = format!("{:.2} ×", one.against(first));
    vec![cache.to_owned(), one.name.clone(), seconds, rate(relations as f64 / one.median()), against]
}

/// Relations and revision.
fn holds(gateway: &Gateway) -> Outcome<[u64; 2]> {
    let state = gateway.state()?;
    let number = |name: &str| {
        let value = &state[name];
        value.as_u64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| format!("no {name} in {state}"))
    };
    Ok([number("relations")?, number("revision")?])
}

/// A start that went another way than it should was not the one to measure.
fn check(gateway: &Gateway, found: Found) -> Outcome<()> {
    let log = gateway.log()?;
    let said = |text: &str| log.iter().find(|line| line["message"].as_str().is_some_and(|message| message.contains(text)));
    let batches = said("the index came from its snapshot").map(|line| line["batches"].as_u64().unwrap_or_default());
    let as_it_should = match found {
        Found::Snapshot => batches == Some(0),
        Found::SnapshotAndChanges => batches.is_some_and(|batches| batches > 0),
        Found::Store => said("there was no snapshot").is_some(),
    };
    if as_it_should { Ok(()) } else { Err(format!("{}: the start went another way:\n{log:?}", found.name()).into()) }
}

fn read(path: &Path) -> Outcome<()> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 1 << 20]);
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}
