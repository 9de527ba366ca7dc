//! What the gateway says about itself: log lines and metrics. Never an address.

pub mod evidence;
pub mod logs;
pub mod metrics;
