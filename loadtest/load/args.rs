//! The command line.

use crate::gateway::Place;
use crate::plan::Run;
use crate::scenario::Scenario;
use clap::Parser;
use std::path::{Path, PathBuf};

/// Sends the load of a scenario to a gateway, and says what it did.
#[derive(Parser, Debug)]
#[command(name = "load", version)]
pub struct Args {
    /// A name in loadtest/scenarios, or a file
    #[arg(default_value = "quick")]
    pub scenario: String,
    /// A gateway that runs, host:port; its brand 601234 is filled. Default: a fresh one is started and ended
    #[arg(long, value_name = "ADDR")]
    pub endpoint: Option<String>,
    /// Its admin port, host:port, for what it says of itself
    #[arg(long, value_name = "ADDR", requires = "endpoint")]
    pub admin: Option<String>,
    /// It has been filled by the same scenario, and no movements were sent since
    #[arg(long, requires = "endpoint")]
    pub filled: bool,
    /// Instead of the scenario's
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<f64>,
    /// Instead of the scenario's
    #[arg(long, value_name = "RECIPIENTS")]
    pub still: Option<u64>,
    /// All rates times this
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub times: f64,
    /// The gateway's binary [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// Where the reports go [default: target/loadtest/SCENARIO]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Args {
    /// The name of the scenario.
    pub fn name(&self) -> String {
        let name = Path::new(&self.scenario).file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The scenario, as the flags change it.
    fn scenario(&self) -> Result<Scenario, String> {
        let named = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest/scenarios").join(&self.scenario).with_extension("toml");
        let path = if named.is_file() { named } else { PathBuf::from(&self.scenario) };
        let mut scenario = Scenario::read(&path)?;
        scenario.seconds = self.seconds.unwrap_or(scenario.seconds);
        scenario.still = self.still.unwrap_or(scenario.still);
        for load in &mut scenario.load {
            load.rate = load.rate.map(|rate| rate * self.times);
        }
        if self.endpoint.is_some() {
            // A rival here says nothing about a gateway on another machine.
            scenario.rivals.clear();
        }
        scenario.check()?;
        Ok(scenario)
    }

    /// The run that is asked for.
    pub fn run(&self) -> Result<Run, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let beside = || own.parent().unwrap_or(&own).with_file_name("izingate");
        let folder = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/loadtest").join(self.name());
        let place = |listen: &String| Place { listen: plain(listen), admin: self.admin.as_ref().map(|admin| plain(admin)) };
        Ok(Run {
            scenario: self.scenario()?,
            binary: self.server.clone().unwrap_or_else(beside),
            elsewhere: self.endpoint.as_ref().map(place),
            filled: self.filled,
            folder: self.out.clone().unwrap_or_else(folder),
        })
    }
}

/// An address may be written as a URL.
fn plain(address: &str) -> String {
    address.trim_start_matches("http://").trim_end_matches('/').to_owned()
}
