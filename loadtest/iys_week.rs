//! A week of İYS in minutes: thousands of brands on a virtual clock, in İYS's own limits, with an outage of
//! İYS's and one of ours. Prints how fresh every brand stayed, what was asked for, and whether every answer
//! is İYS's own in the end.
//!
//! `iys_week [BRANDS] [MOVEMENTS A DAY] [DAYS]`: 2000, 1000000 and 7 unless said otherwise.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool that talks to whoever started it"
)]

#[path = "../tests/it/feed/rig.rs"]
mod rig;
#[path = "../tests/iys_sim/mod.rs"]
mod sim;

use izingate::feed::Pace;
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::{Cell, Channel};
use izingate::ports::{FeedNote, MovementSink};
use rig::{Ground, IYS_CODE, Rig, START, world};
use sim::{Fault, FaultKind, Generator, Settings, When};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const FIRST: u32 = 600_001;
const HOUR: Duration = Duration::from_hours(1);
/// From one look at every brand's age to the next.
const LOOK: Duration = Duration::from_mins(5);

/// What was seen while a phase lasted.
#[derive(Default)]
struct Seen {
    worst: u32,
    stale: usize,
    looks: u32,
}

struct Week {
    ground: Ground,
    rig: Rig,
    brands: Vec<u32>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let brands = arguments.next().unwrap_or(2_000);
    let movements = arguments.next().unwrap_or(1_000_000);
    let days = arguments.next().unwrap_or(7);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(week(brands as u32, movements, days));
}

async fn week(count: u32, movements: u64, days: u64) {
    let started = Instant::now();
    let brands: Vec<u32> = (0..count).map(|number| FIRST + number).collect();
    let mut settings = Settings { record_rules: false, ..Settings::default() };
    settings.limits.token_per_hour = 10;
    let mut world = world(settings, &brands, 1);
    for brand in &brands {
        world.generate(*brand, Generator::new(7, START, (movements / u64::from(count)).max(1)));
    }
    let ground = Ground::new().await;
    let rig = Rig::new(&ground, world, Pace::default());
    for brand in &brands {
        let code = BrandCode::new(*brand).unwrap();
        rig.sink
            .put_brand(Brand::imported(code, IysCode::new(IYS_CODE).unwrap(), format!("Marka {brand}")), Ages::Given)
            .await
            .unwrap();
        rig.sink.follow(Vec::new(), vec![FeedNote::Exported(code, START)]).await.unwrap();
    }
    rig.start();
    let mut week = Week { ground, rig, brands };
    println!("| phase | hours | worst age | brands stale at the worst moment |\n|---|---|---|---|");
    week.phase("start", 2 * HOUR).await;
    week.phase("quiet", 32 * HOUR).await;
    week.rig.world(|world, _| world.add_fault(Fault::anywhere(FaultKind::Html(503), When::Always)));
    week.phase("İYS is down", 10 * HOUR).await;
    week.rig.world(|world, _| world.clear_faults());
    week.recovery("after İYS's outage").await;
    week.phase("quiet", 48 * HOUR).await;
    week.rig.stop().await;
    week.phase("we are down", 6 * HOUR).await;
    let (world, clock) = (Arc::clone(&week.rig.world), week.rig.clock);
    week.rig = Rig::with(&week.ground, world, clock, Pace::default());
    week.rig.start();
    week.recovery("after our outage").await;
    let rest = Duration::from_hours(24 * days).saturating_sub(Duration::from_secs((clock.now().unix() - START.unix()).into()));
    week.phase("quiet", rest.max(HOUR)).await;
    week.report(started);
}

impl Week {
    /// Lets time pass and looks at every brand's age.
    async fn phase(&self, name: &str, length: Duration) {
        let end = tokio::time::Instant::now() + length;
        let mut seen = Seen::default();
        while tokio::time::Instant::now() < end {
            sleep(LOOK).await;
            self.look(&mut seen);
        }
        self.line(name, length, &seen);
    }

    /// Until no brand is stale.
    async fn recovery(&self, name: &str) {
        let (begun, mut seen) = (tokio::time::Instant::now(), Seen::default());
        loop {
            sleep(Duration::from_secs(20)).await;
            let mut now = Seen::default();
            self.look(&mut now);
            seen.worst = seen.worst.max(now.worst);
            seen.stale = seen.stale.max(now.stale);
            if now.stale == 0 {
                break;
            }
        }
        self.line(name, begun.elapsed(), &seen);
    }

    fn look(&self, seen: &mut Seen) {
        let now = self.rig.clock.now();
        let mut stale = 0;
        for entry in self.ground.index.brands().all() {
            let age = entry.as_of().map_or(0, |as_of| now.unix().saturating_sub(as_of.unix()));
            seen.worst = seen.worst.max(age);
            stale += usize::from(entry.is_stale(Channel::Mesaj, izingate::model::time::Moment::of(now)));
        }
        seen.stale = seen.stale.max(stale);
        seen.looks += 1;
    }

    fn line(&self, name: &str, length: Duration, seen: &Seen) {
        let hours = length.as_secs_f64() / 3600.0;
        println!("| {name} | {hours:.2} | {} min | {} of {} |", seen.worst / 60, seen.stale, self.brands.len());
    }

    fn report(&self, started: Instant) {
        let now = self.rig.clock.now();
        let gaps = self.ground.index.brands().all().iter().filter(|entry| entry.freshness.gap().is_some()).count();
        println!("\nGaps: {gaps}.");
        println!("Requests, by endpoint and status: {:?}.", self.rig.world(|world, _| world.counts().clone()));
        let seconds = f64::from(now.unix() - START.unix());
        let asked: u64 = self.rig.world(|world, _| world.counts().values().sum());
        println!("{asked} requests in {:.1} hours: {:.2} a second.", seconds / 3600.0, asked as f64 / seconds);
        let (compared, wrong) = self.compare();
        println!("{compared} consents that İYS shows were compared: {wrong} differ.");
        println!(
            "Revision {}, {} relations; {:.0} s of real time.",
            self.ground.index.revision().get(),
            self.ground.index.relations(),
            started.elapsed().as_secs_f64()
        );
        assert_eq!((gaps, wrong), (0, 0));
    }

    /// Everything that İYS shows by now: movements of the last three hours may still be on their way.
    fn compare(&self) -> (u64, u64) {
        let (mut compared, mut wrong) = (0, 0);
        let shown = self.rig.clock.now().minus(3 * 3600);
        for brand in &self.brands {
            let truth = self.rig.world(|world, now| world.truth(*brand, now));
            for ((recipient, channel, recipient_type), status) in truth {
                let cell = Cell::new(channel, recipient_type);
                let standing = self.rig.world(|world, _| world.brand(*brand).standing(&recipient, cell)).unwrap();
                if standing.created >= shown {
                    continue;
                }
                compared += 1;
                wrong += u64::from(self.ground.status(*brand, cell, &recipient) != Some(status));
            }
        }
        (compared, wrong)
    }
}
