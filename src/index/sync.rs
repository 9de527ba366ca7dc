//! Atomics, or the model checker's in their place (`make loom`).

#[cfg(not(izingate_loom))]
pub(super) use std::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(izingate_loom))]
pub(super) use std::thread::yield_now;

#[cfg(izingate_loom)]
pub(super) use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(izingate_loom)]
pub(super) use loom::thread::yield_now;
