//! The feed against a simulated İYS: in one process on a virtual clock, and as a real gateway over HTTP.

mod follow;
mod gateway;
mod property;
mod rig;
