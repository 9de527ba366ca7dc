pub mod cli;
pub mod config;
pub mod model;
pub mod shutdown;
pub mod telemetry;
pub mod wire;
