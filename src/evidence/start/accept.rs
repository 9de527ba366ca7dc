//! Ways to continue where a start refuses: without what is lost, or under another signing key. Each is an event of the log that it
//! opens, signed and dated, with the operator's reason.
//!
//! What is there is kept: files that fit nowhere get the ending `lost`, and a folder whose tree contradicts a witness is moved aside
//! as a whole, since nothing in it can be distinguished from a forgery. A log that lost segments continues with the number behind the last
//! one that is left.

use super::examine::{Found, stretches};
use crate::evidence::entry::{Event, LONGEST_REASON};
use crate::evidence::fault::Fault;
use crate::evidence::log::Log;
use crate::evidence::start::{Examined, Opening, StartError, Threads, begin, examined, io_failed, store_behind};
use crate::evidence::tree::archive::{make_key, read_checkpoint, read_public, usable_key};
use crate::evidence::tree::signed_note::{Signer, Verifier};
use crate::ports::Reached;
use crate::sys::atomic_file::replace;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Faults that the record of an accepted loss names; the rest is counted.
const NAMED: usize = 20;

/// Log that continues.
pub struct Accepted {
    /// The log.
    pub log: Log,
    /// Its threads.
    pub threads: Threads,
    /// Findings in words.
    pub lost: Vec<String>,
    /// Place to which the folder was moved as a whole, if it was.
    pub aside: Option<PathBuf>,
}

/// Opens the log of a folder without what is missing or not what was written, and records that.
pub fn accept_loss(folder: &Path, opening: Opening, reason: &str) -> Result<Accepted, StartError> {
    let Examined { found, mut news, .. } = examined(folder, &opening)?;
    let first = found.faults.clone();
    if first.is_empty() {
        return Err(StartError::NothingLost(folder.to_owned()));
    }
    if first.iter().any(|fault| matches!(fault, Fault::KeyChanged(..))) {
        return Err(StartError::Refused { folder: folder.to_owned(), faults: first });
    }
    let (last, failed) = (found.last, io_failed(folder));
    let contradicts = |fault: &Fault| matches!(fault, Fault::TreeDamaged(_) | Fault::TreeDiffers(..) | Fault::NotAFile(_));
    let (found, aside) = if first.iter().any(contradicts) {
        (Found::default(), Some(move_aside(folder, (opening.clock)()).map_err(&failed)?))
    } else {
        set_aside(folder, &first).map_err(&failed)?;
        let Examined { found, .. } = examined(folder, &opening)?;
        let left = |fault: &Fault| matches!(fault.code(), "EVIDENCE_MISSING" | "EVIDENCE_CHECKPOINT" | "EVIDENCE_KEY");
        if !found.faults.iter().all(left) {
            return Err(StartError::Refused { folder: folder.to_owned(), faults: found.faults });
        }
        (found, None)
    };
    let mut words: Vec<String> = first.iter().take(NAMED).map(Fault::to_string).collect();
    if first.len() > NAMED {
        words.push(format!("and {} more", first.len() - NAMED));
    }
    if let Some(aside) = &aside {
        words.push(format!("all that was there was moved to {}", aside.display()));
    }
    news.push(Event::LossAccepted {
        lost: words.clone(),
        missing: stretches(&found.gone.missing),
        last_durable: last.durable,
        reason: shortened(reason),
        at: (opening.clock)(),
    });
    // The store may have lost something, too: that is not forgotten for this.
    let floor = last.reached.joined(found.last.reached);
    let (log, threads) = begin(folder, opening, found, news, floor)?;
    Ok(Accepted { log, threads, lost: words, aside })
}

/// Store that lost its end, by what the evidence knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLoss {
    /// Progress that the store has.
    pub store: Reached,
    /// Progress that the evidence knows that it had.
    pub evidence: Reached,
}

/// Distance of a store behind its evidence, if it is.
pub fn store_loss(folder: &Path, opening: &Opening) -> Result<StoreLoss, StartError> {
    let Examined { found, .. } = examined(folder, opening)?;
    if !found.faults.is_empty() {
        return Err(StartError::Refused { folder: folder.to_owned(), faults: found.faults });
    }
    match store_behind(&found, opening) {
        Some(Fault::StoreBehind(store, evidence)) => Ok(StoreLoss { store, evidence }),
        _ => Err(StartError::NothingLost(folder.to_owned())),
    }
}

/// Opens the log of a store that lost its end and continues with `revision`, and records that.
pub fn accept_store_loss(
    folder: &Path,
    opening: Opening,
    loss: StoreLoss,
    revision: u64,
    reason: &str,
) -> Result<(Log, Threads), StartError> {
    let Examined { found, mut news, .. } = examined(folder, &opening)?;
    let StoreLoss { store, evidence } = loss;
    news.push(Event::StoreLossAccepted {
        store: store.revision,
        evidence: evidence.revision,
        writes: evidence.writes.saturating_sub(store.writes),
        revision,
        reason: shortened(reason),
        at: (opening.clock)(),
    });
    // How many writes there were before is void from here on.
    begin(folder, opening, found, news, Reached { revision, writes: 0 })
}

/// Opens the log of a folder under another key: the one that is configured, or a new one of the folder's own. The key before stays
/// beside it with the last note that it signed, so that what it signed is verified for as long as anybody has it.
pub fn change_key(folder: &Path, opening: Opening) -> Result<(Log, Threads, Verifier), StartError> {
    let failed = io_failed(folder);
    let node = opening.ids.node();
    let Examined { found, mark, mut news } = examined(folder, &opening)?;
    if !found.faults.iter().all(|fault| matches!(fault.code(), "EVIDENCE_KEY" | "EVIDENCE_CHECKPOINT")) {
        return Err(StartError::Refused { folder: folder.to_owned(), faults: found.faults });
    }
    let before = match mark {
        Some(mark) => Some(Verifier::of_node(node, mark.public_key)),
        None => read_public(&folder.join("public.key")).ok().and_then(|text| Verifier::parse(&text).ok()),
    };
    let seed = match opening.settings.key {
        Some(configured) => configured,
        None => make_new_key(folder).map_err(&failed)?,
    };
    let refused = || failed(io::Error::other("the key was refused"));
    let now = Signer::of_node(node, &seed).ok_or_else(refused)?.verifier();
    if before.as_ref() == Some(&now) {
        return Err(failed(io::Error::other(format!("{now} is the key that signs already"))));
    }
    if let Some(before) = &before {
        keep_former(folder, before).map_err(&failed)?;
    }
    let from = before.map_or_else(String::new, |before| before.to_string());
    news.push(Event::KeyChanged { from, to: now.to_string(), at: (opening.clock)() });
    let floor = found.last.reached;
    let (log, threads) = begin(folder, opening, found, news, floor)?;
    Ok((log, threads, now))
}

/// A new key in the folder; the one before is kept beside it as long as what it signed is kept.
fn make_new_key(folder: &Path) -> io::Result<[u8; 32]> {
    fs::create_dir_all(folder)?;
    usable_key(folder)?;
    make_key(folder)
}

/// Keeps a key with the last note that it signed, as `evidence key` prints them.
fn keep_former(folder: &Path, key: &Verifier) -> io::Result<()> {
    let note = read_checkpoint(folder)?.filter(|note| key.open(note).is_ok()).unwrap_or_default();
    replace(&folder.join(format!("former-{}.key", key.short())), format!("{key}\n\n{note}").as_bytes())
}

/// Moves a folder aside, into one from which `--data` reads it: `DATA/evidence-lost-MOMENT/evidence`.
fn move_aside(folder: &Path, now: u64) -> io::Result<PathBuf> {
    let name = format!("evidence-lost-{}", now / 1_000);
    let beside = folder.parent().unwrap_or(Path::new(".")).join(name);
    fs::create_dir(&beside)?;
    fs::rename(folder, beside.join("evidence"))?;
    fs::File::open(folder.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(beside)
}

/// Gives files of segments that are not what was written the ending `lost`.
fn set_aside(folder: &Path, faults: &[Fault]) -> io::Result<()> {
    for fault in faults {
        let (Fault::SegmentBroken(name, _) | Fault::OutOfTurn(name, _) | Fault::NotAuthenticated(name)) = fault else { continue };
        let path = folder.join(name);
        match fs::rename(&path, path.with_extension("lost")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// An operator's reason, no longer than a record of it may be.
fn shortened(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}
