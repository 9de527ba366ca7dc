//! Background jobs of a running gateway.

pub(crate) mod backups;
pub(crate) mod gauges;
pub(crate) mod modes;
pub(crate) mod retention;
pub(crate) mod snapshots;
