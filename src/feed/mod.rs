//! Where movements come from.
//!
//! A feed delivers rows exactly as they came; what a row means and whether it counts is decided once,
//! in [`crate::model::consent::movement`].

pub mod file;
pub mod follow;
pub mod iys;
pub mod push;

use std::error::Error;

/// What a transport says of a failure, which is only in its causes.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
