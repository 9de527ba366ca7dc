//! Progress of a store as the evidence beside it knows it, for all that open the store.
//!
//! It is known only as far as the evidence is all there: where frames that were on disk are missing, a store that lost its end cannot be
//! distinguished from one that did not, and is refused, too.

use super::fault::Fault;
use super::record::{Reader, RecordError};
use super::segment::{Broken, Unreadable, read_file, sealed_path};
use super::start::{StartError, io_failed};
use crate::evidence::segment::walk::{Last, walk};
use crate::evidence::start::examine::{Witnesses, examine};
use crate::model::secret::mac::MacKey;
use crate::ports::Reached;
use std::io;
use std::path::Path;

/// Refuses a store that no process has open where it has not reached what the evidence in a folder knows that it had, or where
/// evidence is missing.
///
/// Keys and checkpoints are a matter of a start: frames are authenticated under the secret.
pub fn require_all(folder: &Path, by: &Witnesses<'_>, store: Reached) -> Result<(), StartError> {
    let found = examine(folder, by).map_err(io_failed(folder))?;
    let mut faults = found.faults;
    faults.retain(|fault| matches!(fault.code(), "EVIDENCE_BROKEN" | "EVIDENCE_MISSING"));
    let known = found.last.reached;
    faults.extend(store.is_behind(&known).then_some(Fault::StoreBehind(store, known)));
    if faults.is_empty() { Ok(()) } else { Err(StartError::Refused { folder: folder.to_owned(), faults }) }
}

/// Reads how far a store had come, beside a gateway that may be writing: by the last sealed segment and what is behind it, since every
/// segment begins with what those before it know.
pub fn known(reader: Reader) -> Result<Reached, StartError> {
    let folder = reader.folder.clone();
    let key = reader.key.clone();
    read(reader, key.as_ref()).map_err(|error| match error {
        RecordError::Io(folder, source) => StartError::Io { folder, source },
        RecordError::Faults(faults) => StartError::Refused { folder, faults },
    })
}

fn read(reader: Reader, key: Option<&MacKey>) -> Result<Reached, RecordError> {
    let record = reader.open()?;
    if let (Some(first), Some(last)) = (record.gone.missing.first(), record.gone.missing.last()) {
        return Err(RecordError::Faults(vec![Fault::SegmentsMissing(*first, *last)]));
    }
    let mut last = Last::default();
    let Some(key) = key else { return Ok(last.reached) };
    let sealed = record.seals.last().filter(|seal| record.has(seal));
    if let Some(seal) = sealed {
        let path = sealed_path(record.folder(), seal.number);
        match read_file(&path) {
            // Its retention is over.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(RecordError::Io(path, error)),
            Ok(bytes) => {
                let broken = |broken| RecordError::from(Unreadable::Broken(path.clone(), broken));
                let walk = walk(&bytes, false, key, None).map_err(broken)?;
                if walk.seal != Some(*seal) {
                    let why = Broken { at: walk.at, why: "it is not the segment that is in the tree" };
                    return Err(broken(walk.broken.unwrap_or(why)));
                }
                last = walk.last;
            }
        }
    }
    for (_, bytes) in record.unsealed()? {
        // One that is being made says nothing yet.
        if let Ok(walk) = walk(&bytes, true, key, None) {
            last = walk.last.behind(&last);
        }
    }
    Ok(last.reached)
}

/// Refuses a store that has not reached what is known that it had.
pub fn require(folder: &Path, known: Reached, store: Reached) -> Result<(), StartError> {
    if store.is_behind(&known) {
        return Err(StartError::Refused { folder: folder.to_owned(), faults: vec![Fault::StoreBehind(store, known)] });
    }
    Ok(())
}
