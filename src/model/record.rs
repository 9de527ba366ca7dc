//! What the movements of one relation leave: the current movement of every cell.

use super::channel::Cell;
use super::movement::{self, CLOCK_TOLERANCE, Movement};
use super::source::SourceCode;
use super::state::{State, Status};
use super::time::IysTime;
use super::transaction::TransactionId;

/// The current movement of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRecord {
    /// What the consent is; never [`Status::Yok`], which [`Record::absent`] holds.
    pub status: Status,
    /// The time that decides, as [`Movement::created`].
    pub created: IysTime,
    /// When the recipient gave or withdrew it.
    pub consented: Option<IysTime>,
    /// Where it came from.
    pub source: SourceCode,
    /// [`TransactionId::hash`], 0 if there is no id.
    pub transaction: u128,
    /// A refusal that was received without İYS's identity.
    pub received: bool,
}

/// What is known of every cell of a relation. Each part grows by a maximum, so that the whole depends on
/// the set of what was taken in, not on its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Record {
    cells: [Option<CellRecord>; Cell::ALL.len()],
    absent: [Option<IysTime>; Cell::ALL.len()],
    /// When the recipient's line was closed, as an operator reported it (11/9): a RET on every cell.
    pub closed: Option<IysTime>,
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
            received: movement.received,
        }
    }

    /// The date to show: İYS's creationDate, or the receipt.
    #[must_use]
    pub const fn date(&self) -> IysTime {
        movement::date_of(self.created, self.received)
    }
}

impl Record {
    /// A record without a movement, of a recipient whose line was closed at a moment, if it was.
    #[must_use]
    pub fn closed_at(closed: Option<IysTime>) -> Self {
        Self { closed, ..Self::default() }
    }

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

    /// When İYS was last seen not to list `cell` as approved.
    #[must_use]
    pub const fn absent(&self, cell: Cell) -> Option<IysTime> {
        self.absent[cell.code() as usize]
    }

    /// Notes that İYS did not list `cell` as approved at `at`; says whether that is news.
    pub fn note_absent(&mut self, cell: Cell, at: IysTime) -> bool {
        later(&mut self.absent[usize::from(cell.code())], at)
    }

    /// Notes that the recipient's line was closed at `at`; says whether that is news.
    pub fn note_closed(&mut self, at: IysTime) -> bool {
        later(&mut self.closed, at)
    }

    /// Lets go of everything of `until` or before. The closure of a line stays: it is no consent but a fact of
    /// the line, and so is the form of the address.
    pub fn erase(&mut self, until: IysTime) {
        for cell in &mut self.cells {
            *cell = cell.filter(|record| record.date() > until);
        }
        for absent in &mut self.absent {
            *absent = absent.filter(|at| *at > until);
        }
    }

    /// Whether nothing was taken in of it, or nothing is left.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Option::is_none) && self.absent.iter().all(Option::is_none)
    }

    /// What holds for `cell`. A closed line is refused until a movement that is later by more than
    /// [`CLOCK_TOLERANCE`]; what a sweep did not find is not approved until a later one, and stays refused if it was.
    #[must_use]
    pub fn status(&self, cell: Cell) -> Option<Status> {
        let current = self.get(cell);
        let closed = self.closed.filter(|_| cell.channel.takes_phones());
        let outlasts = |closed: IysTime, current: &CellRecord| current.created <= closed.plus(CLOCK_TOLERANCE);
        if closed.is_some_and(|closed| current.is_none_or(|current| outlasts(closed, current))) {
            return Some(Status::Ret);
        }
        let current = current?;
        let approved = current.status == Status::Onay;
        let gone = self.absent(cell).is_some_and(|absent| absent >= current.created);
        if approved && gone { None } else { Some(current.status) }
    }

    /// The packed state that the index holds.
    #[must_use]
    pub fn state(&self) -> State {
        let held = |cell| self.status(cell).map(|status| (cell, status));
        Cell::ALL.into_iter().filter_map(held).fold(State::EMPTY, |state, (cell, status)| state.with(cell, status))
    }
}

fn later(kept: &mut Option<IysTime>, at: IysTime) -> bool {
    let news = kept.is_none_or(|kept| at > kept);
    if news {
        *kept = Some(at);
    }
    news
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channel::{Channel, RecipientType};

    const CALL: Cell = Cell::new(Channel::Arama, RecipientType::Bireysel);
    const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
    const MAIL: Cell = Cell::new(Channel::Eposta, RecipientType::Bireysel);

    const fn at(seconds: u32) -> IysTime {
        IysTime::from_unix(seconds)
    }

    fn record(status: Status, created: u32) -> Record {
        let source = SourceCode::from_stored(6);
        let current = CellRecord { status, created: at(created), consented: None, source, transaction: 1, received: false };
        let mut record = Record::default();
        record.set(TEXT, current);
        record
    }

    #[test]
    fn a_closed_line_is_refused_on_every_channel_until_a_later_movement() {
        let mut closed = record(Status::Onay, 10);
        assert!(closed.note_closed(at(10)) && !closed.note_closed(at(9)));
        assert_eq!([TEXT, CALL, MAIL].map(|cell| closed.status(cell)), [Some(Status::Ret), Some(Status::Ret), None]);
        let mut early = record(Status::Onay, 10 + CLOCK_TOLERANCE);
        early.note_closed(at(10));
        assert_eq!(early.status(TEXT), Some(Status::Ret), "an approval may be dated ahead of our clock");
        let mut again = record(Status::Onay, 11 + CLOCK_TOLERANCE);
        again.note_closed(at(10));
        assert_eq!([TEXT, CALL].map(|cell| again.status(cell)), [Some(Status::Onay), Some(Status::Ret)]);
    }

    #[test]
    fn what_a_sweep_did_not_find_is_no_approval_and_stays_a_refusal() {
        for (status, created, expected) in [
            (Status::Onay, 9, None),
            (Status::Onay, 10, None),
            (Status::Onay, 11, Some(Status::Onay)),
            (Status::Ret, 9, Some(Status::Ret)),
            (Status::Ret, 11, Some(Status::Ret)),
        ] {
            let mut record = record(status, created);
            assert!(record.note_absent(TEXT, at(10)) && !record.note_absent(TEXT, at(10)));
            assert_eq!(record.status(TEXT), expected, "{status:?} at {created}");
        }
    }

    #[test]
    fn what_is_erased_is_everything_up_to_a_moment_but_the_closure() {
        let mut erased = record(Status::Onay, 1_010);
        erased.note_absent(CALL, at(1_011));
        erased.note_closed(at(5));
        erased.erase(at(1_009));
        assert_eq!((erased.status(TEXT), erased.absent(CALL)), (Some(Status::Onay), Some(at(1_011))));
        erased.erase(at(1_010));
        assert_eq!((erased.get(TEXT), erased.is_blank()), (None, false));
        erased.erase(at(1_011));
        assert_eq!((erased.is_blank(), erased.closed), (true, Some(at(5))));
    }

    #[test]
    fn a_refusal_that_was_received_is_erased_by_its_receipt() {
        let mut erased = record(Status::Ret, 10 + CLOCK_TOLERANCE);
        let received = CellRecord { received: true, ..*erased.get(TEXT).unwrap() };
        erased.set(TEXT, received);
        erased.erase(at(9));
        assert_eq!(erased.status(TEXT), Some(Status::Ret));
        erased.erase(at(10));
        assert!(erased.is_blank());
    }

    #[test]
    fn the_packed_state_is_what_holds() {
        let mut record = record(Status::Onay, 10);
        assert_eq!(record.state(), State::EMPTY.with(TEXT, Status::Onay));
        record.note_absent(TEXT, at(12));
        assert_eq!(record.state(), State::EMPTY);
    }
}
