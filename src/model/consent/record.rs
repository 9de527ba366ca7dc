//! What the movements of one relation leave: the current movement of every cell.

use super::channel::Cell;
use super::movement::{self, CLOCK_TOLERANCE, Movement};
use super::source::{Source, SourceCode};
use super::state::{State, Status};
use super::transaction::TransactionId;
use crate::model::time::IysTime;

/// The current movement of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRecord {
    /// What the consent is. No observation, which [`Record::observed`] holds.
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
    /// A refusal whose row can mean more than one address or recipient type: [`movement::Reading::is_ambiguous`].
    pub ambiguous: bool,
}

/// What is known of every cell of a relation. Each part grows by a maximum, so that the whole depends on
/// the set of what was taken in, not on its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Record {
    cells: [Option<CellRecord>; Cell::ALL.len()],
    listed: [Option<IysTime>; Cell::ALL.len()],
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
            ambiguous: movement.reading.is_ambiguous(),
        }
    }

    /// Whether it is no movement but an observation of İYS's list.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        movement::is_observation(self.status, self.source)
    }

    /// Whether this is what İYS itself has on record of this very address and recipient type. What came without İYS's
    /// identity need not have reached İYS; only an export of its panel has none.
    #[must_use]
    pub fn is_of_iys(&self) -> bool {
        let identified = self.transaction != 0 || self.source == Source::IYS_EXPORT.code();
        identified && !self.received && !self.ambiguous
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

    /// Makes `record` the current movement of `cell`, or leaves it without one.
    pub fn set(&mut self, cell: Cell, record: impl Into<Option<CellRecord>>) {
        self.cells[usize::from(cell.code())] = record.into();
    }

    /// The cells on record, in the order of their codes.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, &CellRecord)> {
        Cell::ALL.into_iter().filter_map(|cell| self.get(cell).map(|record| (cell, record)))
    }

    /// When İYS was last seen to list `cell` as approved ([`Status::Onay`]), or not to ([`Status::Yok`]); no look ends in
    /// a refusal.
    #[must_use]
    pub const fn observed(&self, cell: Cell, status: Status) -> Option<IysTime> {
        match status {
            Status::Onay => self.listed[cell.code() as usize],
            Status::Yok => self.absent[cell.code() as usize],
            Status::Ret => None,
        }
    }

    /// When the last observation of `cell` of a status was made, or its current movement registered.
    #[must_use]
    pub fn last(&self, cell: Cell, observed: Option<Status>) -> Option<IysTime> {
        match observed {
            Some(status) => self.observed(cell, status),
            None => self.get(cell).map(|current| current.created),
        }
    }

    /// Notes that İYS was seen to list `cell` as approved at `at`, or not to; says whether that is news.
    pub fn observe(&mut self, cell: Cell, status: Status, at: IysTime) -> bool {
        match status {
            Status::Onay => later(&mut self.listed[usize::from(cell.code())], at),
            Status::Yok => later(&mut self.absent[usize::from(cell.code())], at),
            Status::Ret => false,
        }
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
        for observed in self.listed.iter_mut().chain(&mut self.absent) {
            *observed = observed.filter(|at| *at > until);
        }
    }

    /// Whether nothing was taken in of it, or nothing is left.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Option::is_none) && self.listed.iter().chain(&self.absent).all(Option::is_none)
    }

    /// What holds for `cell`: that of its movements which ranks last, held against what İYS's list said since.
    ///
    /// - A closed line is refused until an approval is registered more than [`CLOCK_TOLERANCE`] after its closure. A
    ///   listing never lifts a closure, be it ever so late: İYS's list need not know of it.
    /// - A refusal holds whatever is listed, unless İYS itself had it on record and lists an approval since
    ///   ([`CellRecord::is_of_iys`]): it cannot list what it has not heard of.
    /// - An approval holds until İYS is seen not to list it; without any movement the listing alone approves.
    #[must_use]
    pub fn status(&self, cell: Cell) -> Option<Status> {
        if self.approved(cell).is_some() {
            return Some(Status::Onay);
        }
        let refused = self.get(cell).is_some_and(|current| current.status == Status::Ret) || self.is_closed(cell);
        refused.then_some(Status::Ret)
    }

    /// When `cell` was last known to be approved, if it is: by its movement, or by a later look at İYS's list.
    #[must_use]
    pub fn approved(&self, cell: Cell) -> Option<IysTime> {
        if self.is_closed(cell) {
            return None;
        }
        let listed = self.observed(cell, Status::Onay);
        let approved = match self.get(cell) {
            None => listed,
            Some(current) if current.status == Status::Onay => listed.max(Some(current.created)),
            Some(refusal) => listed.filter(|listed| refusal.is_of_iys() && *listed > refusal.created),
        };
        approved.filter(|_| approved > self.observed(cell, Status::Yok))
    }

    /// Whether the recipient's line was closed, and no approval was registered since.
    fn is_closed(&self, cell: Cell) -> bool {
        let Some(closed) = self.closed.filter(|_| cell.channel.takes_phones()) else { return false };
        let reopens = |current: &CellRecord| current.status == Status::Onay && current.created > closed.plus(CLOCK_TOLERANCE);
        !self.get(cell).is_some_and(reopens)
    }

    /// Whether anything is known of `cell`.
    #[must_use]
    pub fn knows(&self, cell: Cell) -> bool {
        let observed = [Status::Onay, Status::Yok].into_iter().any(|status| self.observed(cell, status).is_some());
        self.get(cell).is_some() || observed || self.is_closed(cell)
    }

    /// The packed state that the index holds.
    #[must_use]
    pub fn state(&self) -> State {
        if self.closed.is_none() && self.listed.iter().chain(&self.absent).all(Option::is_none) {
            // Nearly every record: what the movements say.
            return self.cells().fold(State::EMPTY, |state, (cell, current)| state.with(cell, current.status));
        }
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
    use crate::model::consent::channel::{Channel, RecipientType};

    const CALL: Cell = Cell::new(Channel::Arama, RecipientType::Bireysel);
    const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
    const MAIL: Cell = Cell::new(Channel::Eposta, RecipientType::Bireysel);

    const fn at(seconds: u32) -> IysTime {
        IysTime::from_unix(seconds)
    }

    fn record(status: Status, created: u32) -> Record {
        let source = SourceCode::from_stored(6);
        let current = CellRecord {
            status,
            created: at(created),
            consented: None,
            source,
            transaction: 1,
            received: false,
            ambiguous: false,
        };
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
            assert!(record.observe(TEXT, Status::Yok, at(10)) && !record.observe(TEXT, Status::Yok, at(10)));
            assert_eq!(record.status(TEXT), expected, "{status:?} at {created}");
        }
    }

    #[test]
    fn a_listing_lifts_iyss_own_refusal_of_before_and_no_other() {
        let own = record(Status::Ret, 10).cells[usize::from(TEXT.code())];
        let (export, nameless) = (Source::IYS_EXPORT.code(), SourceCode::from_stored(6));
        for (listed, refusal, expected) in [
            (11, own, Status::Onay),
            (10, own, Status::Ret),
            (9, own, Status::Ret),
            (11, own.map(|own| CellRecord { transaction: 0, source: export, ..own }), Status::Onay),
            // As an earlier program recorded what was received without İYS's identity.
            (11, own.map(|own| CellRecord { transaction: 0, source: nameless, ..own }), Status::Ret),
            (u32::MAX, own.map(|own| CellRecord { received: true, transaction: 0, ..own }), Status::Ret),
            (u32::MAX, own.map(|own| CellRecord { received: true, source: export, ..own }), Status::Ret),
            (u32::MAX, own.map(|own| CellRecord { ambiguous: true, ..own }), Status::Ret),
        ] {
            let mut record = Record::default();
            record.set(TEXT, refusal);
            assert!(record.observe(TEXT, Status::Onay, at(listed)) && !record.observe(TEXT, Status::Onay, at(listed)));
            assert_eq!(record.status(TEXT), Some(expected), "{refusal:?} listed at {listed}");
        }
    }

    #[test]
    fn the_later_look_decides_and_of_one_second_the_one_that_did_not_list() {
        for (movement, [listed, absent], expected) in [
            (None, [11, 10], Some(Status::Onay)),
            (None, [10, 10], None),
            (None, [9, 10], None),
            (Some((Status::Onay, 9)), [11, 10], Some(Status::Onay)),
            (Some((Status::Onay, 9)), [10, 10], None),
            (Some((Status::Onay, 11)), [9, 10], Some(Status::Onay)),
            (Some((Status::Ret, 9)), [11, 10], Some(Status::Onay)),
            (Some((Status::Ret, 8)), [9, 10], Some(Status::Ret)),
            (Some((Status::Ret, 12)), [11, 10], Some(Status::Ret)),
        ] {
            let mut record = movement.map_or_else(Record::default, |(status, created)| record(status, created));
            record.observe(TEXT, Status::Onay, at(listed));
            record.observe(TEXT, Status::Yok, at(absent));
            assert!(!record.observe(TEXT, Status::Ret, at(99)), "no look ends in a refusal");
            assert_eq!(record.status(TEXT), expected, "{movement:?} {listed} {absent}");
        }
    }

    #[test]
    fn a_listing_never_lifts_a_closure() {
        let late = 12 + CLOCK_TOLERANCE;
        for movement in [None, Some((Status::Onay, 9)), Some((Status::Ret, late))] {
            let mut closed = movement.map_or_else(Record::default, |(status, created)| record(status, created));
            closed.note_closed(at(10));
            closed.observe(TEXT, Status::Onay, at(late + 1));
            closed.observe(MAIL, Status::Onay, at(late + 1));
            assert_eq!([TEXT, MAIL].map(|cell| closed.status(cell)), [Some(Status::Ret), Some(Status::Onay)], "{movement:?}");
        }
        let mut reopened = record(Status::Onay, late);
        reopened.note_closed(at(10));
        for (status, moment, expected) in [(Status::Yok, late, None), (Status::Onay, late + 1, Some(Status::Onay))] {
            reopened.observe(TEXT, status, at(moment));
            assert_eq!(reopened.status(TEXT), expected);
        }
    }

    #[test]
    fn what_is_erased_is_everything_up_to_a_moment_but_the_closure() {
        let mut erased = record(Status::Onay, 1_010);
        erased.observe(CALL, Status::Yok, at(1_011));
        erased.observe(CALL, Status::Onay, at(1_009));
        erased.note_closed(at(5));
        erased.erase(at(1_009));
        assert_eq!(erased.observed(CALL, Status::Onay), None);
        assert_eq!((erased.status(TEXT), erased.observed(CALL, Status::Yok)), (Some(Status::Onay), Some(at(1_011))));
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
        record.observe(TEXT, Status::Yok, at(12));
        assert_eq!(record.state(), State::EMPTY);
    }
}
