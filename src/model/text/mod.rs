//! Text that others wrote: its encoding, its spelling, and bytes as hexadecimal digits.

pub mod encoding;
pub mod fold;
pub mod hex;
