//! A simulated İYS to try the gateway against: `iys_sim --brands 5 --movements 20000 --behind 24 --speed 60`.
#![allow(missing_docs, clippy::print_stdout, clippy::expect_used, reason = "a tool that talks to whoever started it")]

#[path = "../tests/iys_sim/mod.rs"]
mod sim;

use clap::Parser;
use izingate::model::time::IysTime;
use sim::{Clock, Generator, Grant, LimitSettings, Settings, Sim, World};
use std::net::SocketAddr;
use std::time::Duration;

const PARTNER: u32 = 700_000;
/// The first brand; the others follow, each a provider of its own.
const FIRST: u32 = 600_001;
const USER: &str = "ortak@ornek.com";
const PASSWORD: &str = "gizli";
/// How much of the past a new world has: a little more than the streams show.
const PAST: u32 = 8 * 86_400;

/// Serves a simulated İYS whose movements are made of a seed.
#[derive(Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:7090")]
    listen: SocketAddr,
    /// How many brands there are
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    brands: u32,
    /// Movements of all brands together, a day
    #[arg(long, default_value_t = 10_000)]
    movements: u64,
    /// The same seed makes the same movements
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much faster than ours its clock runs; a gateway refuses what lies ahead of its own clock, so start
    /// behind
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// How many hours behind ours its clock starts
    #[arg(long, default_value_t = 0)]
    behind: u64,
    /// Do without the limits of requests a second and an hour
    #[arg(long)]
    unlimited: bool,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let clock = Clock::running(Duration::from_hours(arguments.behind), arguments.speed);
    let world = world(&arguments, clock.now().time());
    let sim = Sim::listen(arguments.listen, world, clock).await?;
    say(&sim.base_url, &arguments);
    tokio::signal::ctrl_c().await
}

fn world(arguments: &Arguments, now: IysTime) -> World {
    let mut settings = Settings::default();
    settings.push.http_allowed = true;
    settings.push.self_signed = true;
    if arguments.unlimited {
        settings.limits = LimitSettings::none();
    }
    let mut world = World::new(settings, arguments.seed);
    world.add_partner_user(USER, PASSWORD, PARTNER);
    for brand in FIRST..FIRST + arguments.brands {
        world.add_brand(brand, brand);
        world.grant(USER, brand, Grant::ALL);
        let share = arguments.movements.div_ceil(u64::from(arguments.brands));
        world.generate(brand, Generator::new(arguments.seed, now.minus(PAST), share));
    }
    world
}

fn say(base: &str, arguments: &Arguments) {
    let (brands, movements) = (arguments.brands, arguments.movements);
    println!(
        r#"A simulated İYS listens on {base}: {brands} brands from {FIRST} on, {movements} movements a day.

A token, the brands, a page of each stream, yesterday's file:

  TOKEN=$(curl -s {base}/oauth2/token -d grant_type=password -d username={USER} -d password={PASSWORD} | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s -H "Authorization: Bearer $TOKEN" {base}/integrator/{PARTNER}/sps
  curl -s -H "Authorization: Bearer $TOKEN" '{base}/sps/{FIRST}/brands/{FIRST}/consents/changes?source=IYS&limit=3'
  curl -s -H "Authorization: Bearer $TOKEN" '{base}/sps/{FIRST}/brands/{FIRST}/consents/changes?source=HS&limit=3'
  curl -s -H "Authorization: Bearer $TOKEN" {base}/sps/{FIRST}/brands/{FIRST}/changes/$(TZ=UTC-3 date -d yesterday +%F)/file | head

The gateway follows it with these settings, and IZINGATE_IYS_PASSWORD={PASSWORD}:

  [iys]
  url = "{base}"
  username = "{USER}"
  integrator_code = {PARTNER}

Ctrl-C ends it."#
    );
}
