//! Everything that is tested from the outside, in one binary: a real gateway on port 0.

mod imports;
mod support;
