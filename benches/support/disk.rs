//! What the disk takes, whatever writes to it.

use super::Outcome;
use std::io::Write;
use std::time::{Duration, Instant};

/// Bytes a second of synced writes of 4 MiB, on the disk of `TMPDIR`.
pub fn synced_rate() -> Outcome<f64> {
    let mut file = tempfile::tempfile()?;
    let block: Vec<u8> = (0..4_u32 << 20).map(|place: u32| place.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let (started, mut written) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(1) {
        file.write_all(&block)?;
        file.sync_data()?;
        written += block.len();
    }
    Ok(written as f64 / started.elapsed().as_secs_f64())
}
