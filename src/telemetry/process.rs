//! What is shown of the process: what it serves, and what it takes of the machine.

use super::cells::{Counter, Gauge, Level};
use super::labels::ClockDirection;
use super::page::Page;
use super::series;
use std::fs;

/// What is shown of the process.
pub struct ProcessSeries {
    /// 1 while `/readyz` says yes.
    pub ready: Gauge,
    /// Open client connections.
    pub connections: Level,
    /// Readers of the change stream.
    pub watchers: Level,
    /// Those that were dropped because they were too slow.
    pub watchers_dropped: Counter,
    /// Starts on this data directory.
    pub starts: Counter,
    /// Times that the machine's clock was set, in the order of [`ClockDirection::ALL`].
    pub clock_jumps: [Counter; 2],
    /// Seconds by which the clock is behind the latest reading that it had.
    pub clock_behind: Gauge,
    cpu: Gauge,
    memory: Gauge,
    files: Gauge,
    files_limit: Gauge,
    threads: Gauge,
    started: Gauge,
}

/// Ticks of a second in `/proc`: the same on every Linux.
const TICKS: f64 = 100.0;

impl ProcessSeries {
    pub(super) fn new(page: &Page) -> Self {
        page.gauge(&series::BUILD_INFO, &[env!("CARGO_PKG_VERSION")]).set(1.0);
        let gauge = |series| page.gauge(series, &[]);
        Self {
            ready: gauge(&series::READY),
            connections: page.level(&series::CONNECTIONS),
            watchers: page.level(&series::WATCHERS),
            watchers_dropped: page.counter(&series::WATCHERS_DROPPED, &[]),
            starts: page.counter(&series::STARTS, &[]),
            clock_jumps: [ClockDirection::Forward, ClockDirection::Back]
                .map(|direction| page.counter(&series::CLOCK_JUMPS, &[direction.name()])),
            clock_behind: gauge(&series::CLOCK_BEHIND),
            cpu: page.real_counter(&series::PROCESS_CPU),
            memory: gauge(&series::PROCESS_MEMORY),
            files: gauge(&series::PROCESS_FILES),
            files_limit: gauge(&series::PROCESS_FILES_LIMIT),
            threads: gauge(&series::PROCESS_THREADS),
            started: gauge(&series::PROCESS_START),
        }
    }

    /// Reads what the system tells of this process; what it does not tell stays as it was.
    pub fn read(&self) {
        if let Some(taken) = fs::read_to_string("/proc/self/stat").ok().and_then(|text| Taken::parse(&text)) {
            self.cpu.set(taken.cpu_ticks as f64 / TICKS);
            self.threads.set_count(taken.threads);
            if let Some(booted) = fs::read_to_string("/proc/stat").ok().and_then(|text| booted(&text)) {
                self.started.set(booted as f64 + taken.started_ticks as f64 / TICKS);
            }
        }
        if let Some(bytes) = fs::read_to_string("/proc/self/status").ok().and_then(|text| resident(&text)) {
            self.memory.set_count(bytes);
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them reads the folder.
            self.files.set_count(open.count().saturating_sub(1) as u64);
        }
        if let Some(most) = fs::read_to_string("/proc/self/limits").ok().and_then(|text| most_files(&text)) {
            self.files_limit.set_count(most);
        }
    }
}

/// What `/proc/self/stat` tells.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    cpu_ticks: u64,
    threads: u64,
    /// Since the machine was started.
    started_ticks: u64,
}

impl Taken {
    fn parse(stat: &str) -> Option<Self> {
        // The name may hold anything; behind its end the third field follows.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let field = |number: usize| fields.get(number - 3)?.trim().parse::<u64>().ok();
        Some(Self { cpu_ticks: field(14)? + field(15)?, threads: field(20)?, started_ticks: field(22)? })
    }
}

/// When the machine was started, in Unix seconds.
fn booted(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn resident(status: &str) -> Option<u64> {
    let kib: u64 = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn most_files(limits: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let stat = "42 (a) b) S 1 2 3 4 -1 6 7 8 9 10 250 50 13 14 20 0 17 0 12345 22 23\n";
        assert_eq!(Taken::parse(stat), Some(Taken { cpu_ticks: 300, threads: 17, started_ticks: 12_345 }));
        assert_eq!(Taken::parse("42 (a"), None);
        assert_eq!(booted("cpu 1 2\nbtime 1764000000\n"), Some(1_764_000_000));
        assert_eq!(resident("VmPeak:\t 9 kB\nVmRSS:\t  12 kB\n"), Some(12_288));
        assert_eq!(most_files("Limit Soft Hard\nMax open files            1024     524288      files\n"), Some(1024));
    }

    #[test]
    fn this_process_takes_something() {
        let page = Page::default();
        ProcessSeries::new(&page).read();
        let text = page.render();
        for name in [
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_threads",
            "process_start_time_seconds",
        ] {
            let value: f64 = text.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).unwrap().parse().unwrap();
            assert!(value >= 1.0, "{name} {value}");
        }
    }
}
