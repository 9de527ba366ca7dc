//! The data directory, and how it is opened.

pub mod data_dir;
pub mod evidence;
pub mod open;
