//! What the movements of one relation leave: the current movement of every cell.

use super::channel::Cell;
use super::movement::Movement;
use super::source::SourceCode;
use super::state::{State, Status};
use super::time::IysTime;
use super::transaction::TransactionId;

/// The current movement of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRecord {
    /// What the consent is.
    pub status: Status,
    /// When İYS registered it.
    pub created: IysTime,
    /// When the recipient gave or withdrew it.
    pub consented: Option<IysTime>,
    /// Where it came from.
    pub source: SourceCode,
    /// [`TransactionId::hash`], 0 if there is no id.
    pub transaction: u128,
}

/// The current movement of every cell of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Record {
    cells: [Option<CellRecord>; Cell::ALL.len()],
    /// The address is on record at İYS under the wrong form `+900…`: no question finds it.
    pub misformed: bool,
}

impl CellRecord {
    /// What a movement would leave in its cell.
    #[must_use]
    pub fn of(movement: &Movement) -> Self {
        Self {
            status: movement.status,
            created: movement.created,
            consented: movement.consented,
            source: movement.source.code(),
            transaction: movement.transaction.as_ref().map_or(0, TransactionId::hash),
        }
    }
}

impl Record {
    /// The current movement of `cell`.
    #[must_use]
    pub fn get(&self, cell: Cell) -> Option<&CellRecord> {
        self.cells[usize::from(cell.code())].as_ref()
    }

    /// Makes `record` the current movement of `cell`.
    pub fn set(&mut self, cell: Cell, record: CellRecord) {
        self.cells[usize::from(cell.code())] = Some(record);
    }

    /// The cells on record, in the order of their codes.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, &CellRecord)> {
        Cell::ALL.into_iter().filter_map(|cell| self.get(cell).map(|record| (cell, record)))
    }

    /// The packed state that the index holds.
    #[must_use]
    pub fn state(&self) -> State {
        self.cells().fold(State::EMPTY, |state, (cell, record)| state.with(cell, record.status))
    }
}
