//! What is known of one relation, for people: the [`HistoryReader`] of the store.

use super::codec::{self, Closure, HistoryKey};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::{CLOCK_TOLERANCE, date_of};
use crate::model::consent::source::{Source, SourceCode};
use crate::model::consent::state::Status;
use crate::model::time::IysTime;
use crate::ports::{CellHistory, HistoryEntry, HistoryReader, ReadError};

impl HistoryReader for Store {
    fn cells(&self, relation: &RelationKey) -> Result<Vec<CellHistory>, ReadError> {
        self.read_cells(relation).map_err(|error| ReadError(error.to_string()))
    }

    fn earliest_revision(&self) -> Result<Option<u64>, ReadError> {
        let first = self.first_key(Family::Changes).map_err(|error| ReadError(error.to_string()))?;
        first.map(|key| codec::decode_u64(&key)).transpose().map_err(|error| ReadError(error.to_string()))
    }
}

impl Store {
    fn read_cells(&self, relation: &RelationKey) -> Result<Vec<CellHistory>, StoreError> {
        let key = relation.to_bytes();
        let Some(bytes) = self.get(Family::Consent, &key)? else {
            return Ok(Vec::new());
        };
        let (_, record) = self.read_record(&key, &bytes)?;
        let closure = self.closures(&[relation.pseudonym])?.pop().flatten();
        let known = Cell::ALL.into_iter().filter(|cell| record.knows(*cell));
        known
            .map(|cell| Ok(CellHistory { cell, status: record.status(cell), history: self.read_cell(relation, cell, closure)? }))
            .collect()
    }

    /// Every movement of a cell, the observations of it and the closure of the line, newest first.
    fn read_cell(&self, relation: &RelationKey, cell: Cell, closure: Option<Closure>) -> Result<Vec<HistoryEntry>, StoreError> {
        let mut entries = self.read_history(relation, codec::cell_byte(cell, false))?;
        entries.extend(self.read_history(relation, codec::cell_byte(cell, true))?);
        entries.extend(closure.filter(|_| cell.channel.takes_phones()).map(|closure| {
            let entry = HistoryEntry {
                status: Status::Ret,
                created: closure.closed,
                consented: None,
                source: Source::LINE_CLOSED.name().to_owned(),
                transaction: String::new(),
                revision: closure.revision,
                known_since: closure.known_since,
            };
            (closure.closed.plus(CLOCK_TOLERANCE), entry)
        }));
        entries.sort_by_key(|(ranks_at, entry)| std::cmp::Reverse((*ranks_at, entry.status != Status::Onay)));
        Ok(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    /// The rows of a cell, each with the time that decides, newest first.
    fn read_history(&self, relation: &RelationKey, cell: u8) -> Result<Vec<(IysTime, HistoryEntry)>, StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "history", source };
        let mut prefix = relation.to_bytes().to_vec();
        prefix.push(cell);
        let mut entries = Vec::new();
        self.scan(Family::History, &prefix, |key, value| {
            let key = HistoryKey::from_bytes(key).map_err(corrupt)?;
            let value = codec::decode_history(value).map_err(corrupt)?;
            let entry = HistoryEntry {
                status: key.status,
                created: date_of(key.created, value.received),
                consented: value.consented,
                source: self.source_name(key.source)?,
                transaction: value.transaction.into(),
                revision: value.revision,
                known_since: value.known_since,
            };
            entries.push((key.created, entry));
            Ok(())
        })?;
        entries.reverse();
        Ok(entries)
    }

    fn source_name(&self, code: SourceCode) -> Result<String, StoreError> {
        if let Some(name) = code.known_name() {
            return Ok(name.to_owned());
        }
        let stored = self.get(Family::Registry, &codec::source_key(code))?;
        Ok(stored.map_or_else(|| format!("#{:08x}", code.get()), |name| String::from_utf8_lossy(&name).into_owned()))
    }
}
