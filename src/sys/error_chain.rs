//! Errors with their causes, as one line of text.

use std::error::Error;

/// Formats an error with its source chain: `outer: cause: cause of the cause`.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
