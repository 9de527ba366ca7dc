//! A run from start to end: servers, turns, what was seen.

use crate::asker::Truth;
use crate::gateway::{Gateway, Place};
use crate::moves::Moves;
use crate::scenario::{Plan, Scenario};
use crate::scrape::{self, Page};
use crate::seen::{Reached, Recorded, Seen};
use crate::stage::{Stage, Wanted};
use crate::support::Outcome;
use crate::support::rounds::turns;
use crate::tally::Tally;
use crate::turns::{Contender, Ground, Who};
use crate::{half, samples};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Turns before the first that counts are so much shorter.
const WARM: u32 = 4;
/// Slices of all turns of a contender.
const SLICES: f64 = 80.0;

/// A run.
pub struct Run {
    pub scenario: Scenario,
    pub binary: PathBuf,
    pub elsewhere: Option<Place>,
    pub filled: bool,
    /// Where reports and the gateway's log go.
    pub folder: PathBuf,
}

/// Of everything that the gateway was asked, also where it does not count.
#[derive(Default)]
struct Asked {
    answered: u64,
    unanswered: u64,
}

impl Asked {
    /// Movements are no decisions and have no answer bytes.
    fn note(&mut self, contender: &Contender, tallies: &[Tally]) {
        for (line, tally) in contender.lines.iter().zip(tallies) {
            if contender.who != Who::Gateway || !line.is_of_decisions() {
                continue;
            }
            let unrecorded: u64 = tally.answers.iter().filter(|(byte, _)| is_unrecorded(**byte)).map(|(_, n)| n).sum();
            self.answered += tally.recipients - unrecorded;
            self.unanswered += (tally.timed_out + tally.failed()) * line.load.size;
        }
    }
}

/// `EVIDENCE_UNAVAILABLE` says that it is not on record.
fn is_unrecorded(byte: u8) -> bool {
    izingate::api::gateway::parts_of(byte).1 == izingate::model::decision::Reason::EvidenceUnavailable
}

impl Run {
    /// Does it.
    pub async fn go(mut self) -> Outcome<(Scenario, Seen)> {
        let log = self.folder.join("gateway.log");
        let _ = std::fs::remove_file(&log);
        let wanted = Wanted { binary: &self.binary, elsewhere: self.elsewhere.clone(), filled: self.filled, log: log.clone() };
        let mut stage = Stage::set(&self.scenario, &wanted).await?;
        let (mut asked, mut most) = (Asked::default(), Vec::new());
        let mut cold = None;
        let first = Rc::new(Cell::new(None));
        if self.scenario.plan == Plan::Cold {
            cold = Some(restart(&mut stage, &log).await?);
        }
        let truth = |who| truth_of(who, &stage, self.scenario.plan, &first);
        if self.scenario.plan == Plan::Half {
            // The rate is not known yet, and not asked for.
            for contender in contenders(&stage, &self.scenario, &truth).await? {
                most.push(half::most(&stage, &self.scenario, &contender, |tally| asked.note(&contender, &[tally])).await);
            }
            let own = most.first().map_or(1.0, |most| most.open);
            self.scenario.load[0].rate = Some((own / 2.0).round().max(1.0));
        }
        let all = contenders(&stage, &self.scenario, &truth).await?;
        let mut seen = self.turns(&stage, &all, &mut asked).await?;
        drop(all);
        seen.most = most;
        seen.cold = cold.and_then(|started| first.get().map(|decided: Instant| decided - started));
        if let Some(gateway) = stage.gateway.take() {
            // Beside this thread, on which the connections hear that they end.
            let found = tokio::task::spawn_blocking(|| gateway.stop()?.verify()).await??;
            seen.evidence = Some(Recorded { found, answered: asked.answered, unanswered: asked.unanswered });
        }
        Ok((self.scenario, seen))
    }

    async fn turns(&self, stage: &Stage, all: &[Contender], asked: &mut Asked) -> Outcome<Seen> {
        let scenario = &self.scenario;
        let turn = Duration::from_secs_f64(scenario.seconds / (scenario.rounds * all.len()) as f64);
        let slice = Duration::from_secs_f64((scenario.seconds / all.len() as f64 / SLICES).clamp(0.25, 10.0));
        let bounds = scenario.bounds(slice, (turn.as_nanos().div_ceil(slice.as_nanos()) as usize).max(1));
        if scenario.plan != Plan::Cold {
            for contender in all {
                let tallies = contender.turn(turn.min(Duration::from_secs(20)) / WARM, 0, bounds).await;
                asked.note(contender, &tallies);
            }
        }
        let mut reached: Vec<Reached> = all.iter().map(Reached::new).collect();
        let before = page(stage).await;
        let samples = RefCell::default();
        let every = Duration::from_secs_f64((scenario.seconds / 120.0).clamp(1.0, 10.0));
        let play = async {
            for round in 0..scenario.rounds {
                for at in turns(all.len(), round) {
                    let used = stage.usage(all[at].who).await;
                    let tallies = all[at].turn(turn, 1 + round as u64, bounds).await;
                    asked.note(&all[at], &tallies);
                    let now = stage.usage(all[at].who).await;
                    reached[at].note(&tallies, used, now);
                }
            }
        };
        tokio::select! {
            () = play => {}
            () = samples::take(stage, Instant::now(), every, &samples) => {}
        }
        let inside = page(stage)
            .await
            .zip(before)
            .map(|(now, before)| now.check_seconds("grpc_unary").since(&before.check_seconds("grpc_unary")));
        Ok(Seen {
            contenders: reached,
            samples: samples.take(),
            most: Vec::new(),
            inside: inside.filter(|inside| inside.count() > 0.0),
            evidence: None,
            cold: None,
            turn,
            slice,
        })
    }
}

fn truth_of(who: Who, stage: &Stage, plan: Plan, first: &Rc<Cell<Option<Instant>>>) -> Truth {
    match who {
        Who::Noop => Truth::Nothing,
        // It hears of no movements.
        Who::Redis => Truth::Oracle(Rc::new(Moves::new(stage.people))),
        Who::Gateway if plan == Plan::Cold => Truth::Starting(Rc::clone(&stage.moves), Rc::clone(first)),
        Who::Gateway => Truth::Oracle(Rc::clone(&stage.moves)),
    }
}

async fn contenders(stage: &Stage, scenario: &Scenario, truth: &dyn Fn(Who) -> Truth) -> Outcome<Vec<Contender>> {
    let mut all = Vec::new();
    for (who, address) in stage.contenders() {
        let ground = Ground { scenario, people: stage.people, address: &address, moves: &stage.moves, truth: &|| truth(who) };
        let contender = Contender::new(who, &ground).await?;
        if !contender.lines.is_empty() {
            all.push(contender);
        }
    }
    Ok(all)
}

/// Ends the gateway and starts it again over what it knows; the moment of its start.
async fn restart(stage: &mut Stage, log: &Path) -> Outcome<Instant> {
    let gateway = stage.gateway.take().ok_or("a cold start is of a gateway that is started here")?;
    let stopped = tokio::task::spawn_blocking(|| gateway.stop()).await??;
    let started = Instant::now();
    let gateway: Gateway = stopped.start(log)?;
    stage.place = gateway.place.clone();
    stage.gateway = Some(gateway);
    Ok(started)
}

/// None of a gateway that is not there yet, or shows none.
async fn page(stage: &Stage) -> Option<Page> {
    scrape::page(stage.place.admin.as_ref()?).await.ok()
}
