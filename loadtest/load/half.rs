//! The most that a contender can do, and so what half of it is.

use crate::scenario::Scenario;
use crate::seen::Most;
use crate::stage::Stage;
use crate::tally::Tally;
use crate::turns::Contender;
use std::time::Duration;

/// How long a closed loop goes on, and a rate of an open one is tried.
const LOOK: Duration = Duration::from_secs(4);
const TRY: Duration = Duration::from_millis(1_500);
/// Whoever keeps up answers half of the calls within this. Whoever is asked one in a hundred too many has a queue of that by then.
const KEEPING_UP: Duration = Duration::from_millis(5);
/// Halvings of what the rate may be: it is known to one part in 64.
const STEPS: u32 = 6;
/// A rate that was missed is tried again: the machine may have had other work.
const TRIES: usize = 2;

/// Looks for the most of a contender; every call that was made is handed to `note`.
///
/// In a closed loop calls wait for each other and share system calls, so its rate is more than calls that come when they
/// will can have. That rate is looked for too, and its half is what half of the most means.
pub async fn most(stage: &Stage, scenario: &Scenario, contender: &Contender, mut note: impl FnMut(Tally)) -> Most {
    let used = async || stage.usage(contender.who).await.processor;
    let part =
        |from: Option<f64>, to: Option<f64>, time: Duration| to.zip(from).map(|(to, from)| (to - from) / time.as_secs_f64());
    let before = used().await;
    let closed = contender.most(scenario.connections, LOOK).await;
    let mut most = Most {
        who: contender.who,
        rate: closed.answered as f64 / LOOK.as_secs_f64(),
        busy: part(before, used().await, LOOK),
        open: 0.0,
        open_busy: None,
    };
    note(closed);
    let bounds = scenario.bounds(TRY, 1);
    let mut step = most.rate / 2.0;
    for seed in 0..STEPS {
        let rate = (most.open + step).round();
        for _ in 0..TRIES {
            let before = used().await;
            let tried = contender.at(rate, TRY, u64::from(seed), bounds).await;
            let (busy, keeps_up) = (part(before, used().await, TRY), keeps_up(&tried));
            note(tried);
            if keeps_up {
                (most.open, most.open_busy) = (rate, busy);
                break;
            }
        }
        step /= 2.0;
    }
    most
}

fn keeps_up(tally: &Tally) -> bool {
    tally.answered == tally.offered && tally.latency.at(0.5) <= KEEPING_UP
}
