//! The feed against a simulated İYS: in one process on a virtual clock, and as a real gateway over HTTP.

mod days;
mod follow;
pub mod gateway;
mod property;
mod retailers;
pub mod rig;
mod spelled;
mod sweeps;
