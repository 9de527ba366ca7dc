//! What is known of one relation, for people: the [`HistoryReader`] of the store.

use super::codec::{self, HistoryKey};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::channel::Cell;
use crate::model::key::RelationKey;
use crate::model::record::CellRecord;
use crate::model::source::SourceCode;
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
        let corrupt = |source| StoreError::Corrupt { family: "consent", source };
        let Some(bytes) = self.get(Family::Consent, &relation.to_bytes())? else {
            return Ok(Vec::new());
        };
        let record = codec::decode_record(&bytes).map_err(corrupt)?;
        let cell = |(cell, current): (Cell, &CellRecord)| {
            let history = self.read_history(relation, cell)?;
            Ok(CellHistory { cell, status: current.status, history })
        };
        record.cells().map(cell).collect()
    }

    /// Every movement of a cell, newest first.
    fn read_history(&self, relation: &RelationKey, cell: Cell) -> Result<Vec<HistoryEntry>, StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "history", source };
        let mut prefix = relation.to_bytes().to_vec();
        prefix.push(cell.code());
        let mut entries = Vec::new();
        self.scan(Family::History, &prefix, |key, value| {
            let key = HistoryKey::from_bytes(key).map_err(corrupt)?;
            let value = codec::decode_history(value).map_err(corrupt)?;
            entries.push(HistoryEntry {
                status: key.status,
                created: key.created,
                consented: value.consented,
                source: self.source_name(key.source)?,
                transaction: value.transaction.into(),
                revision: value.revision,
                known_since: value.known_since,
            });
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
