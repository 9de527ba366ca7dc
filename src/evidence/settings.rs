//! How evidence is kept: the words of `[evidence]` in the configuration.

use crate::model::consent::retention::HistoryRetention;
use std::collections::HashMap;
use std::time::Duration;

/// When a decision is on disk, by who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before the caller hears of it.
    BeforeAnswer,
    /// At most [`Settings::window`] after it.
    #[default]
    Interval,
    /// Never: it is not recorded.
    Off,
}

/// What happens when decisions come faster than the disk takes them, or it takes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Overload {
    /// The caller waits for room, [`Settings::patience`] at most; then as `Defer`.
    Block,
    /// What would be ALLOW is DEFER: nothing unrecorded is allowed out.
    #[default]
    Defer,
    /// It is answered, not recorded, and counted.
    DropAndCount,
}

/// How a log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of callers that are not named in `callers`.
    pub durability: Durability,
    /// By the caller's name.
    pub callers: HashMap<String, Durability>,
    /// From a decision to the disk at most, under [`Durability::Interval`]: what a kill can lose.
    pub window: Duration,
    /// What happens when the disk cannot keep up.
    pub overload: Overload,
    /// The longest wait for room, or for the disk before an answer; then it is DEFER.
    pub patience: Duration,
    /// Bytes of decisions that may wait for the disk: the bound of this queue. A batch of 100,000 takes 1.8 MB.
    pub buffer_bytes: u64,
    /// Bytes from which on a segment is sealed; one that holds a decision is also sealed with the hour.
    pub segment_bytes: u64,
    /// Days that sealed segments are kept at least.
    pub retention_days: u32,
    /// The seed of the Ed25519 key that signs checkpoints; none for one of the folder's own.
    pub key: Option<[u8; 32]>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Interval,
            callers: HashMap::new(),
            window: Duration::from_millis(50),
            overload: Overload::Defer,
            patience: Duration::from_secs(2),
            buffer_bytes: 64 << 20,
            segment_bytes: 128 << 20,
            retention_days: HistoryRetention::SHORTEST_DAYS,
            key: None,
        }
    }
}

impl Settings {
    /// What holds for a caller.
    #[must_use]
    pub fn of(&self, caller: &str) -> Durability {
        self.callers.get(caller).copied().unwrap_or(self.durability)
    }
}

/// Bytes of a caller's name at most.
pub const LONGEST_CALLER: usize = 64;

/// Letters, digits and a little more: a name stands in reports and logs as it is.
#[must_use]
pub fn is_caller_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@' | b':');
    (1..=LONGEST_CALLER).contains(&name.len()) && name.bytes().all(plain)
}

impl Durability {
    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeAnswer => "before-answer",
            Self::Interval => "interval",
            Self::Off => "off",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 3] = [Self::BeforeAnswer, Self::Interval, Self::Off];
}

impl Overload {
    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Defer => "defer",
            Self::DropAndCount => "drop-and-count",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Block, Self::Defer, Self::DropAndCount];
}
