//! The machine: what it is, which core a thread runs on, what memory is left and used.

use super::Outcome;

use rustix::thread::{CpuSet, Pid, sched_setaffinity};
use std::fs;

/// The core that servers run on.
pub const SERVER: usize = 0;
/// The core that clients, and single-threaded measurements, run on.
pub const CLIENT: usize = 1;

/// Binds this thread, and those that it starts from now on, to a core. A machine with one core binds
/// everything to that one.
pub fn pin(core: usize) -> Outcome<()> {
    let mut set = CpuSet::new();
    set.set(core.min(cores().saturating_sub(1)));
    Ok(sched_setaffinity(None::<Pid>, &set)?)
}

/// Cores of the machine, whatever this thread is bound to.
pub fn cores() -> usize {
    field("/proc/cpuinfo", "processor").count()
}

/// Resident bytes of this process now.
pub fn resident() -> u64 {
    kilobytes("/proc/self/status", "VmRSS")
}

/// Resident bytes of a process now, and the most that they were.
pub fn resident_of(process: u32) -> (u64, u64) {
    let status = format!("/proc/{process}/status");
    (kilobytes(&status, "VmRSS"), kilobytes(&status, "VmHWM"))
}

/// The most resident bytes since [`forget_peak`].
pub fn peak() -> u64 {
    kilobytes("/proc/self/status", "VmHWM")
}

/// Starts the peak anew from what is resident now.
pub fn forget_peak() -> Outcome<()> {
    // 5 resets VmHWM; proc(5).
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// Bytes that can be taken without swapping.
pub fn available() -> u64 {
    kilobytes("/proc/meminfo", "MemAvailable")
}

/// Seconds of processor that a process has used, in user and kernel together.
pub fn processor_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The second field is the name in parentheses, which may hold spaces.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_ascii_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    // USER_HZ is 100 on every Linux that Rust runs on.
    ticks / 100.0
}

/// Bytes that this process, and those it started that have ended, gave to the disk; less what was removed before
/// it got there.
pub fn written() -> u64 {
    let of = |name: &str| field("/proc/self/io", name).next().and_then(|value| value.parse::<u64>().ok()).unwrap_or_default();
    of("write_bytes").saturating_sub(of("cancelled_write_bytes"))
}

/// Empties the page cache; false where that is not permitted.
pub fn forget_files() -> bool {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

/// One line for the head of a report.
pub fn describe() -> String {
    let model = field("/proc/cpuinfo", "model name").next().unwrap_or_else(|| "unknown processor".to_owned());
    let memory = kilobytes("/proc/meminfo", "MemTotal") >> 30;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let pages = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    let chosen = pages.split(['[', ']']).nth(1).unwrap_or("none").to_owned();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_ascii_whitespace().next().unwrap_or_default().to_owned();
    format!(
        "{model} · {} cores · {memory} GiB · Linux {} · transparent huge pages: {chosen} · load average {load}",
        cores(),
        kernel.trim()
    )
}

fn kilobytes(file: &str, name: &str) -> u64 {
    let value = field(file, name).next().unwrap_or_default();
    value.trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default() << 10
}

/// The values of `name: value` lines.
fn field(file: &str, name: &str) -> impl Iterator<Item = String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let values: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .collect();
    values.into_iter()
}
