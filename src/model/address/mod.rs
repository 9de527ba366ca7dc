//! Electronic addresses of recipients, parsed and normalised at the edge.

mod email;
mod phone;
pub mod recipient;
mod spelling;
