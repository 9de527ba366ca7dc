//! How much memory this process may take, so that the index says no before the kernel kills it.

use std::fs;
use std::path::{Path, PathBuf};

/// What is taken for the machine's memory where nothing says how much there is.
const UNKNOWN: u64 = 4 << 30;

/// Bytes that this process may take: the least of the machine's memory and the limits of its control
/// groups.
#[must_use]
pub fn limit() -> u64 {
    let machine = read("/proc/meminfo").and_then(|text| total(&text)).unwrap_or(UNKNOWN);
    let groups = read("/proc/self/cgroup").map(|text| limit_files(&text)).unwrap_or_default();
    let limits = groups.iter().filter_map(read).filter_map(|text| text.trim().parse().ok());
    limits.fold(machine, u64::min)
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The files that may hold a limit, of the process's groups and of every group around them: version 2
/// (`0::/path`), and version 1's memory controller. A group whose path is not visible from inside a
/// container stands at the root there.
fn limit_files(cgroup: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroup.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, name) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let groups = Path::new(path).ancestors().map(|group| group.strip_prefix("/").unwrap_or(group));
        files.extend(groups.map(|group| Path::new(root).join(group).join(name)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_memory_in_kibibytes() {
        assert_eq!(total("MemTotal:       24689492 kB\nMemFree: 1 kB\n"), Some(24_689_492 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn every_group_around_the_process_may_hold_a_limit() {
        let files = limit_files("12:cpu,cpuacct:/a\n4:memory:/a/b\n0::/system.slice/izingate.service\n");
        let expected = [
            "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/system.slice/izingate.service/memory.max",
            "/sys/fs/cgroup/system.slice/memory.max",
            "/sys/fs/cgroup/memory.max",
        ];
        assert_eq!(files, expected.map(PathBuf::from));
    }

    #[test]
    fn this_machine_has_a_limit() {
        assert!(limit() > 64 << 20);
    }
}
