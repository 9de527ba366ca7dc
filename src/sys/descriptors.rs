//! File descriptors: as many as the system allows this process, and who of it may hold how many.
//!
//! Connections take what the store, the evidence and the rest do not need. A store that cannot open its next file takes
//! no refusal in, so descriptors are never what connections and the store compete for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Limit up to which the soft limit is raised. Beyond it nothing here has a use for more.
const MAX_LIMIT: u64 = 1 << 20;

/// Descriptors of everything but sorted files of the store and connections: standard streams, the runtime, listeners,
/// the lock, RocksDB's logs, list of files and folders, files that a flush or compaction writes, segments of evidence,
/// a snapshot, a backup, connections to İYS, what is read under /proc. A gateway at rest holds some 30.
const FIXED: u64 = 128;

/// Sorted files that the store keeps open, where the limit allows it: RocksDB would keep all of them open, a thousand at a
/// billion relations. With fewer it opens and closes more often.
const MAX_STORE_FILES: u64 = 768;
/// RocksDB works with no fewer than this.
const MIN_STORE_FILES: u64 = 64;

/// Connections to the admin port: one of Prometheus, some of probes and people.
const MAX_ADMIN: u64 = 64;
/// Connections to the push port: İYS is the only caller.
const MAX_PUSH: u64 = 256;

/// Connections below which it is no use to serve.
const MIN_CONNECTIONS: u64 = 16;

/// Descriptors by holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorBudget {
    /// Sorted files that the store keeps open.
    pub store_files: usize,
    /// Connections to the public port.
    pub connections: usize,
    /// Connections to the admin port.
    pub admin_connections: usize,
    /// Connections to the push port.
    pub push_connections: usize,
}

/// The limit leaves nothing to serve with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this process may have {limit} files open, but needs at least {least}: raise the limit (ulimit -n, LimitNOFILE= of systemd)"
)]
pub struct TooFewDescriptors {
    /// The limit.
    pub limit: u64,
    /// The limit from which on a gateway serves.
    pub least: u64,
}

/// Raises this process's limit of open files to what the system allows it at most. One that cannot be raised stays.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
    if current.is_some_and(|current| current < wanted) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// Files that this process may have open.
#[must_use]
pub fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(MAX_LIMIT)
}

impl DescriptorBudget {
    /// Shares a limit out; `connections` is what is configured, and `pushes` whether there is a push port.
    ///
    /// # Errors
    /// The limit leaves no connections.
    pub fn of(limit: u64, connections: usize, pushes: bool) -> Result<Self, TooFewDescriptors> {
        let reserved = Reserved::of(limit, pushes);
        if !reserved.leaves_enough(limit) {
            let least = (limit..MAX_LIMIT).find(|limit| Reserved::of(*limit, pushes).leaves_enough(*limit));
            return Err(TooFewDescriptors { limit, least: least.unwrap_or(MAX_LIMIT) });
        }
        let left = limit - reserved.sum();
        Ok(Self {
            store_files: reserved.store as usize,
            connections: connections.min(left as usize),
            admin_connections: reserved.admin as usize,
            push_connections: reserved.push as usize,
        })
    }
}

/// What is kept from the connections of the public port.
struct Reserved {
    store: u64,
    admin: u64,
    push: u64,
}

impl Reserved {
    fn of(limit: u64, pushes: bool) -> Self {
        Self {
            store: (limit / 4).clamp(MIN_STORE_FILES, MAX_STORE_FILES),
            admin: (limit / 16).clamp(4, MAX_ADMIN),
            push: if pushes { (limit / 8).clamp(4, MAX_PUSH) } else { 0 },
        }
    }

    fn sum(&self) -> u64 {
        // Each port also has one that is accepted and waits for a seat.
        FIXED + self.store + self.admin + self.push + 3
    }

    fn leaves_enough(&self, limit: u64) -> bool {
        limit >= self.sum() + MIN_CONNECTIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limit: u64, connections: usize, pushes: bool) -> Result<[usize; 4], (u64, u64)> {
        let of = |budget: DescriptorBudget| {
            [budget.store_files, budget.connections, budget.admin_connections, budget.push_connections]
        };
        DescriptorBudget::of(limit, connections, pushes).map(of).map_err(|short| (short.limit, short.least))
    }

    #[test]
    fn connections_get_what_the_rest_does_not_need() {
        assert_eq!(budget(65_536, 4_096, true), Ok([768, 4_096, 64, 256]));
        assert_eq!(budget(20_000, 100_000, false), Ok([768, 20_000 - 768 - 64 - 131, 64, 0]));
        assert_eq!(budget(1_024, 4_096, false), Ok([256, 573, 64, 0]));
        assert_eq!(budget(1_024, 4_096, true), Ok([256, 445, 64, 128]));
        assert_eq!(budget(1_024, 100, true), Ok([256, 100, 64, 128]));
        assert_eq!(budget(256, 4_096, false), Ok([64, 45, 16, 0]));
    }

    #[test]
    fn a_limit_that_leaves_none_is_an_error_with_the_least_that_would_do() {
        for pushes in [false, true] {
            let (limit, least) = budget(64, 4_096, pushes).unwrap_err();
            assert_eq!((limit, budget(least - 1, 4_096, pushes)), (64, Err((least - 1, least))));
            assert_eq!(budget(least, 4_096, pushes).unwrap()[1], 16);
        }
        assert_eq!(budget(0, 1, false).unwrap_err().0, 0);
    }

    #[test]
    fn the_limit_is_raised_to_what_is_allowed() {
        raise_limit();
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        assert!(limit() >= maximum.unwrap_or(MAX_LIMIT).min(MAX_LIMIT));
    }
}
