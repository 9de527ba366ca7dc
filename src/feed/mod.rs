//! Where movements come from.
//!
//! A feed delivers rows exactly as they came; what a row means and whether it counts is decided once,
//! in [`crate::model::movement`].

pub mod file;
pub mod follow;
pub mod iys;
pub mod push;
