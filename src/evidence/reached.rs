//! Progress of a store as the evidence beside it knows it, for all that open the store: read from the last segments alone, also
//! while a gateway writes them.

use super::events::Listing;
use super::fault::Fault;
use super::segment::{open_path, sealed_path};
use super::start::StartError;
use super::walk::{Last, walk};
use crate::model::mac::MacKey;
use crate::ports::Reached;
use std::fs;
use std::io;
use std::path::Path;

/// Reads how far a store had come, by the last sealed segment and what is behind it: every segment begins with what those before it
/// know. What cannot be read says nothing; the examination by a start refuses it.
pub fn known(folder: &Path, key: &MacKey) -> io::Result<Reached> {
    let listing = Listing::of(folder)?;
    let mut numbers: Vec<u64> = listing.sealed.last().into_iter().chain(&listing.open).copied().collect();
    numbers.sort_unstable();
    let mut last = Last::default();
    for number in numbers {
        let Some((bytes, growing)) = read(folder, number)? else { continue };
        if let Ok(walk) = walk(&bytes, growing, key, None) {
            last = walk.last.behind(&last);
        }
    }
    Ok(last.reached)
}

/// Refuses a store that has not reached what the evidence in a folder knows that it had.
pub fn require(folder: &Path, known: Reached, store: Reached) -> Result<(), StartError> {
    if store.is_behind(&known) {
        return Err(StartError::Refused { folder: folder.to_owned(), faults: vec![Fault::StoreBehind(store, known)] });
    }
    Ok(())
}

/// Reads a segment, which may be sealed meanwhile, or removed; returns whether it is being written, too.
fn read(folder: &Path, number: u64) -> io::Result<Option<(Vec<u8>, bool)>> {
    for (path, growing) in [(open_path(folder, number), true), (sealed_path(folder, number), false)] {
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read.map(|bytes| Some((bytes, growing))),
        }
    }
    Ok(None)
}
