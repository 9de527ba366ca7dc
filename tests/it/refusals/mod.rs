//! Nothing turns a refusal into an ALLOW: the same rows by every way in, and what is answered then.

mod clock;
mod dates;
mod files;
mod recipients;
pub mod spelled;
pub mod ways;
