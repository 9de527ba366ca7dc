//! What the gateway says about itself: log lines and metrics. Never an address.
//!
//! [`series`] names every series. Files by subject hold the handles, resolved once: counting on the answer path is an
//! array look-up and an atomic add. [`page`] writes what `/metrics` shows. There is no global registry, so that tests
//! may hold many.

pub mod answers;
pub mod cells;
pub mod evidence;
pub mod feed;
pub mod handbook;
pub mod index;
pub mod ingest;
pub mod labels;
pub mod logs;
pub mod metrics;
mod page;
pub mod process;
pub mod series;
pub mod store;
mod top;
