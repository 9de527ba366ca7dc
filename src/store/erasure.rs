//! Erasures (KVKK): what is on file of a recipient, what keeps it out from then on, and how its bytes go.
//!
//! RocksDB removes nothing where it stands. So an erasure has two halves. The first is one batch of the writer:
//! records and movements go, the batches of the change log that told of them lose them, the tombstone comes, and
//! with it a note of what is left to do. From then on the erasure is in force. The second ([`Store::let_go`])
//! has the files written anew that may still hold the bytes; it may be broken off and done again any number of
//! times, until the note is taken away ([`Store::close_erasures`]).

use super::codec::{self, ERASING_PREFIX, HistoryKey, InvalidBytes, OpenErasure, Vicinity};
use super::commit::Commit;
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Tombstone;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::date_of;
use crate::model::consent::record::Record;
use crate::model::consent::state::State;
use crate::model::time::IysTime;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::ops::ControlFlow::{Break, Continue};

/// Bytes of the change log that are read at once, after which the database is let go of: it cannot be opened again while somebody
/// reads it.
const SCANNED_AT_ONCE: usize = 64 << 20;

/// The batches of the change log that tell of relations, as far as the log was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogScan {
    telling: BTreeSet<u64>,
    /// The last revision that was read. A batch up to it that is not among those above tells of none of the relations, and never
    /// will.
    through: u64,
}

/// The batches of the change log that told of relations, without them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Each with its revision.
    pub rows: Vec<(u64, Vec<u8>)>,
    /// The relations.
    pub relations: BTreeSet<RelationKey>,
    /// Number of batches that were read for it.
    pub read: u64,
}

impl Commit<'_> {
    /// Nothing is on record of a relation any more.
    pub fn no_record(&mut self, relation: &RelationKey) -> Result<(), StoreError> {
        self.remove(Family::Consent, &relation.to_bytes())
    }

    /// A movement is not kept any more, whichever program wrote it.
    pub fn no_history(&mut self, key: &HistoryKey) -> Result<(), StoreError> {
        let (bytes, earlier) = (key.to_bytes(), key.to_earlier_bytes());
        if earlier != bytes {
            self.remove(Family::History, &earlier)?;
        }
        self.remove(Family::History, &bytes)
    }

    /// A recipient is kept out.
    pub fn tombstone(&mut self, tombstone: &Tombstone) -> Result<(), StoreError> {
        let key = codec::tombstone_key(tombstone.recipient, tombstone.brand);
        self.put(Family::Recipients, &key, &codec::encode_tombstone(tombstone))
    }

    /// A batch of the change log as it is from now on.
    pub fn told_anew(&mut self, revision: u64, row: &[u8]) -> Result<(), StoreError> {
        self.put(Family::Changes, &revision.to_be_bytes(), row)
    }

    /// What an erasure left of the recipient's relations, under its revision.
    pub fn erased(&mut self, open: &OpenErasure, at: IysTime, states: &[(RelationKey, State)]) -> Result<(), StoreError> {
        self.put(Family::Meta, &codec::erasing_key(open.revision), &codec::encode_erasing(open))?;
        self.told_anew(open.revision, &codec::encode_erasure_row(at, open.vicinity, states))?;
        self.reached(open.revision)
    }
}

/// A movement of a recipient, for an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownMovement {
    /// Its key.
    pub key: HistoryKey,
    /// Its date: İYS's creationDate, or the receipt.
    pub date: IysTime,
    /// When it was first committed here.
    pub known_since: IysTime,
}

impl Store {
    /// Everything that keeps recipients out.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>, StoreError> {
        self.tombstones_under(&[])
    }

    fn tombstones_under(&self, prefix: &[u8]) -> Result<Vec<Tombstone>, StoreError> {
        let mut tombstones = Vec::new();
        self.scan(Family::Recipients, prefix, |key, value| {
            if codec::is_tombstone_key(key) {
                tombstones.push(codec::decode_tombstone(key, value).map_err(corrupt("recipients"))?);
            }
            Ok(())
        })?;
        Ok(tombstones)
    }

    /// The tombstone of the erasure of a revision, whose recipient is in this vicinity; none if a later one has
    /// taken its place.
    pub fn tombstone_of(&self, revision: u64, vicinity: Vicinity) -> Result<Option<Tombstone>, StoreError> {
        Ok(self.tombstones_under(&vicinity)?.into_iter().find(|tombstone| tombstone.revision == revision))
    }

    /// What is on record of a recipient with one brand, or with every one.
    pub fn relations_with(
        &self,
        recipient: Pseudonym,
        brand: Option<BrandCode>,
    ) -> Result<Vec<(RelationKey, Record)>, StoreError> {
        let mut relations = self.relations_of(recipient)?;
        relations.retain(|(relation, _)| brand.is_none_or(|brand| relation.brand == brand));
        Ok(relations)
    }

    /// Every movement of a recipient with one brand, or with every one, with when it was first known; in the
    /// order of their keys.
    pub fn movements_with(&self, recipient: Pseudonym, brand: Option<BrandCode>) -> Result<Vec<KnownMovement>, StoreError> {
        let mut movements = Vec::new();
        self.scan(Family::History, &recipient.0, |key, value| {
            let key = HistoryKey::from_bytes(key).map_err(corrupt("history"))?;
            if brand.is_none_or(|brand| key.relation.brand == brand) {
                let (known_since, received) = codec::decode_receipt(value).map_err(corrupt("history"))?;
                movements.push(KnownMovement { key, date: date_of(key.created, received), known_since });
            }
            Ok(())
        })?;
        Ok(movements)
    }

    /// Reads the change log behind what `scan` has read, up to the last batch that is committed, and notes the batches that tell of
    /// a relation that is `gone`. Returns how many batches it read.
    ///
    /// It may run beside the writer for as long as a disk takes to give the whole log: batches come in behind the last one alone, and
    /// those that are there only ever lose relations or go.
    pub fn scan_changes(&self, scan: &mut LogScan, gone: impl Fn(&RelationKey) -> bool) -> Result<u64, StoreError> {
        let (last, mut read) = (self.revision()?, 0);
        while scan.through < last {
            read += self.scan_some_changes(scan, last, &gone)?;
        }
        Ok(read)
    }

    fn scan_some_changes(&self, scan: &mut LogScan, last: u64, gone: &impl Fn(&RelationKey) -> bool) -> Result<u64, StoreError> {
        let (mut bytes, mut read, mut through) = (0, 0, last);
        self.walk_up(Family::Changes, &(scan.through + 1).to_be_bytes(), |key, row| {
            let revision = codec::decode_u64(key).map_err(corrupt("changes"))?;
            if revision > last {
                return Ok(Break(()));
            }
            if bytes >= SCANNED_AT_ONCE {
                through = revision - 1;
                return Ok(Break(()));
            }
            if self.row_without(revision, row, gone, &mut BTreeSet::new())?.is_some() {
                scan.telling.insert(revision);
            }
            (bytes, read) = (bytes + row.len(), read + 1);
            Ok(Continue(()))
        })?;
        scan.through = through;
        Ok(read)
    }

    /// Every kept batch of the change log that tells of a relation that is `gone`, without those. Reads the batches that `scan` has
    /// noted, as they are now, and those behind it: for the writer, so that nothing comes in meanwhile.
    pub fn changes_without(&self, mut scan: LogScan, gone: impl Fn(&RelationKey) -> bool) -> Result<Untold, StoreError> {
        let mut untold = Untold { read: self.scan_changes(&mut scan, &gone)?, ..Untold::default() };
        for revision in scan.telling {
            untold.read += 1;
            // None if its time was over.
            let Some(row) = self.get(Family::Changes, &revision.to_be_bytes())? else { continue };
            let left = self.row_without(revision, &row, &gone, &mut untold.relations)?;
            untold.rows.extend(left.map(|left| (revision, left)));
        }
        Ok(untold)
    }

    /// A batch without the relations that are `gone`, which are added to `met`; none if it tells of none.
    fn row_without(
        &self,
        revision: u64,
        row: &[u8],
        gone: impl Fn(&RelationKey) -> bool,
        met: &mut BTreeSet<RelationKey>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let recipient = self.recipient_of(revision, row)?;
        codec::without(row, recipient, gone, met).map_err(corrupt("changes"))
    }

    /// A row of the change log that names its recipients, whatever it was made by.
    pub(super) fn whole_row<'r>(&self, revision: u64, row: &'r [u8]) -> Result<Cow<'r, [u8]>, StoreError> {
        if codec::vicinity_of_row(row).map_err(corrupt("changes"))?.is_none() {
            return Ok(Cow::Borrowed(row));
        }
        // Where a later erasure has taken the tombstone's place it has also emptied this batch.
        let recipient = self.recipient_of(revision, row)?;
        Ok(Cow::Owned(codec::with_recipient(row, recipient).map_err(corrupt("changes"))?))
    }

    fn recipient_of(&self, revision: u64, row: &[u8]) -> Result<Option<Pseudonym>, StoreError> {
        let Some(vicinity) = codec::vicinity_of_row(row).map_err(corrupt("changes"))? else { return Ok(None) };
        Ok(self.tombstone_of(revision, vicinity)?.map(|tombstone| tombstone.recipient))
    }

    /// Erasures that are in force and not done with, in the order of their revisions.
    pub fn open_erasures(&self) -> Result<Vec<OpenErasure>, StoreError> {
        let mut open = Vec::new();
        self.scan(Family::Meta, ERASING_PREFIX, |key, value| {
            open.push(codec::decode_erasing(key, value).map_err(corrupt("meta"))?);
            Ok(())
        })?;
        Ok(open)
    }

    /// Lets the bytes of erased recipients go: afterwards no file of the store holds them, save the tombstones,
    /// nor is there anything left of an import that was broken off, whose sorted movements may be theirs. Takes
    /// seconds for a thousand million relations; nobody waits meanwhile, and nothing may be imported in bulk.
    pub fn let_go(&self, open: &[OpenErasure]) -> Result<(), StoreError> {
        let staging = self.staging();
        match fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(StoreError::staging(&staging, &error)),
            _ => {}
        }
        let vicinities: BTreeSet<Vicinity> = open.iter().map(|open| open.vicinity).collect();
        for vicinity in &vicinities {
            self.leave_vicinity(*vicinity)?;
        }
        self.flush()?;
        for vicinity in &vicinities {
            // Whatever comes behind the vicinity in a key.
            let end = [&vicinity[..], &[0xFF; HistoryKey::LENGTH]].concat();
            self.rewrite(Family::Consent, Some((vicinity, &end)))?;
            self.rewrite(Family::History, Some((vicinity, &end)))?;
        }
        let told: BTreeSet<u64> = open.iter().flat_map(|open| &open.told).copied().collect();
        for revision in told {
            let key = revision.to_be_bytes();
            self.rewrite(Family::Changes, Some((&key, &key)))?;
        }
        // The place of the pass over the history, first keys of files that were taken in.
        self.rewrite(Family::Cursors, None)?;
        self.rewrite(Family::Meta, None)
    }

    /// Takes away the notes of erasures that are done with.
    pub fn close_erasures(&self, open: &[OpenErasure]) -> Result<(), StoreError> {
        let mut writes = self.writes();
        for erasure in open {
            writes.remove(Family::Meta, &codec::erasing_key(erasure.revision))?;
        }
        writes.commit()?;
        // RocksDB's list of files names their first and last keys. It is written anew with every change of it,
        // as it was before; so the next change is what lets go of the names of files that are gone.
        self.flush()?;
        self.rewrite(Family::Meta, None)
    }
}

fn corrupt(family: &'static str) -> impl Fn(InvalidBytes) -> StoreError {
    move |source| StoreError::Corrupt { family, source }
}
