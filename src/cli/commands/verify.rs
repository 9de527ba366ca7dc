//! `izingate verify`.

use super::CommandError;
use crate::cli::args::verify::VerifyArgs;
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::{OpenError, Opened};
use crate::index::Index;
use crate::index::snapshot::SnapshotFile;
use crate::ingest::Origin;
use crate::ingest::restore::restore;
use crate::ingest::verify::{Compared, compare};
use crate::sys::memory;
use std::fmt::Write;
use std::time::Instant;

/// Differences that are shown. Whoever has more knows enough, and they must not fill the memory.
const SHOWN: u64 = 100;

/// The exit code where something differs.
const DIFFERENT: u8 = 3;

/// Compares index and store; the text is for standard output, beside the exit code.
pub fn verify(args: &VerifyArgs) -> Result<(String, u8), CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let Opened { data, store, keys, .. } = open::existing(&args.data, &secret)?;
    // As much as a gateway takes that is not told otherwise.
    let index = Index::new(memory::limit() / 4 * 3).map_err(OpenError::from)?;
    let snapshot = SnapshotFile { path: data.snapshot().map_err(OpenError::from)?, key: keys.snapshots };
    let begun = Instant::now();
    let origin = restore(&store, &index, Some(&snapshot)).map_err(OpenError::from)?;
    let (filled, begun) = (begun.elapsed(), Instant::now());
    let (mut text, mut differences) = (String::new(), 0_u64);
    // Writing to a String cannot fail.
    let compared = compare(&store, &index, |difference| {
        differences += 1;
        if differences <= SHOWN {
            let _ = writeln!(text, "{difference}");
        }
    })?;
    if differences > SHOWN {
        let _ = writeln!(text, "and {} more", differences - SHOWN);
    }
    let Compared { store: in_store, index: in_index, only_in_index, states, cells } = compared;
    let counts = [
        ("revision", index.revision().get()),
        ("relations in the store", in_store),
        ("relations in the index", in_index),
        ("in the index alone", only_in_index),
        ("states that differ", states),
        ("cells off history", cells),
    ];
    let _ = writeln!(text, "index filled from {origin}");
    for (name, count) in counts {
        let _ = writeln!(text, "{name:<24}{count:>14}");
    }
    let _ = writeln!(text, "filled in {:.1} s, compared in {:.1} s", filled.as_secs_f64(), begun.elapsed().as_secs_f64());
    let equal = compared.is_equal();
    text.push_str(if equal { "nothing differs\n" } else { "DIFFERENT\n" });
    if states + only_in_index > 0 && matches!(origin, Origin::Snapshot { .. }) {
        text.push_str("a start without the folder snapshot in the data directory fills the index from the store alone\n");
    }
    Ok((text, if equal { 0 } else { DIFFERENT }))
}
