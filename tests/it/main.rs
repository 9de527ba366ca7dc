//! Everything that is tested from the outside, in one binary: a real gateway on port 0.
#![allow(unreachable_pub, reason = "nothing is outside of this binary; pub is what other modules of it use")]

mod crash;
mod formats;
mod imports;
mod ingest;
mod oracle;
mod privacy;
mod support;
