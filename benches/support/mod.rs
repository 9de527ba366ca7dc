//! What the benchmarks share: a machine that is described, keys that can be made again, rounds that
//! take turns, and a report.

pub mod as_bytes;
pub mod criterion;
pub mod disk;
pub mod keys;
pub mod machine;
pub mod report;
pub mod rounds;
pub mod svg;

/// Whatever stops a benchmark is told and ends it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
