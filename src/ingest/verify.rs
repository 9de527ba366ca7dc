//! Whether the index holds what the store holds, and the store what its own history says: everything is
//! compared and every difference named.

use crate::index::Index;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::{RelationHash, RelationKey};
use crate::model::consent::record::Record;
use crate::model::consent::state::{State, Status};
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::store::codec::HistoryKey;
use crate::store::{OnFile, Store, StoreError};
use std::fmt;

/// Relations looked up together: what the memory works on at a time.
const GROUP: usize = 1024;

/// Two places that should agree about a relation and do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The index answers with another state than the record has.
    State {
        /// Of which relation.
        relation: RelationKey,
        /// What the index holds; empty also if it does not have the relation.
        index: State,
        /// What the store holds.
        store: State,
        /// Whether the recipient is a phone; otherwise it is an e-mail, whose cells have other names.
        phone: bool,
    },
    /// The record of a cell is not of the movement that its history ends in.
    History {
        /// Of which relation.
        relation: RelationKey,
        /// Of which cell.
        cell: Cell,
        /// The movement of the record.
        consent: Option<HistoryKey>,
        /// The last movement of the history.
        history: Option<HistoryKey>,
    },
    /// The record of a cell tells of another look at İYS's list than its history.
    Observation {
        /// Of which relation.
        relation: RelationKey,
        /// Of which cell.
        cell: Cell,
        /// [`Status::Onay`] where it was listed, [`Status::Yok`] where it was not.
        status: Status,
        /// What the record says.
        consent: Option<IysTime>,
        /// What the history says.
        history: Option<IysTime>,
    },
}

/// What was compared, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Compared {
    /// Relations in the store.
    pub store: u64,
    /// Relations in the index.
    pub index: u64,
    /// Relations of the index that the store does not have: the index knows them by a hash alone, so they
    /// can be counted and not named. One that the index holds without any state counts here too.
    pub only_in_index: u64,
    /// Relations whose states differ.
    pub states: u64,
    /// Cells whose record is not what their history ends in.
    pub cells: u64,
}

impl Compared {
    /// Whether there was no difference at all.
    #[must_use]
    pub const fn is_equal(&self) -> bool {
        self.only_in_index == 0 && self.states == 0 && self.cells == 0
    }
}

/// Compares all of `store` with all of `index`, which holds it, and hands over each difference. Nobody may
/// write to either meanwhile. It takes no memory that grows with what is compared.
pub fn compare(store: &Store, index: &Index, mut differs: impl FnMut(Difference)) -> Result<Compared, StoreError> {
    let mut comparing =
        Comparing { index, differs: &mut differs, group: Vec::with_capacity(GROUP), held: 0, found: Compared::default() };
    store.each_on_file(|on_file| comparing.take(&on_file))?;
    comparing.look_up();
    let Comparing { held, found, .. } = comparing;
    let relations = index.relations();
    Ok(Compared { index: relations, only_in_index: relations.saturating_sub(held), ..found })
}

struct Comparing<'a, F> {
    index: &'a Index,
    differs: &'a mut F,
    /// Relations still to be looked up.
    group: Vec<(RelationKey, Record)>,
    /// Relations of the store that the index has.
    held: u64,
    found: Compared,
}

impl<F: FnMut(Difference)> Comparing<'_, F> {
    fn take(&mut self, on_file: &OnFile) {
        let relation = on_file.relation;
        for cell in Cell::ALL {
            let (consent, history) = (on_file.current(cell), on_file.last(cell));
            if consent != history {
                self.found.cells += 1;
                (self.differs)(Difference::History { relation, cell, consent, history });
            }
            for status in [Status::Yok, Status::Onay] {
                let [consent, history] = on_file.observed(cell, status);
                if consent != history {
                    self.found.cells += 1;
                    (self.differs)(Difference::Observation { relation, cell, status, consent, history });
                }
            }
        }
        if let Some(record) = on_file.record {
            self.found.store += 1;
            self.group.push((relation, record));
        }
        if self.group.len() == GROUP {
            self.look_up();
        }
    }

    fn look_up(&mut self) {
        let hashes: Vec<RelationHash> = self.group.iter().map(|(relation, _)| relation.hash()).collect();
        let mut states = vec![State::EMPTY; hashes.len()];
        self.index.get_many(&hashes, &mut states);
        for ((relation, record), index) in self.group.drain(..).zip(states) {
            let store = record.state();
            self.held += u64::from(index != State::EMPTY || store == State::EMPTY);
            if index != store {
                self.found.states += 1;
                let mut known = Cell::ALL.into_iter().filter(|cell| record.knows(*cell));
                let phone = record.closed.is_some() || known.all(|cell| cell.channel.takes_phones());
                (self.differs)(Difference::State { relation, index, store, phone });
            }
        }
    }
}

/// One line: the relation by its pseudonym and brand, then what each side says.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::State { relation, .. } | Self::History { relation, .. } | Self::Observation { relation, .. }) = self;
        write!(f, "{} brand {}", to_hex(&relation.pseudonym.0), relation.brand)?;
        if relation.retailer.get() != 0 {
            write!(f, " retailer {}", relation.retailer.get())?;
        }
        match *self {
            Self::State { index, store, phone, .. } => {
                let cells = Cell::ALL.into_iter().filter(|cell| cell.channel.takes_phones() == phone);
                for cell in cells.filter(|cell| bits(index, *cell) != bits(store, *cell)) {
                    write!(f, ", {}: index {}, store {}", Named(cell), word(index, cell), word(store, cell))?;
                }
                let beyond = if phone { 0 } else { index.byte() & NO_EMAIL };
                if beyond == 0 { Ok(()) } else { write!(f, ", cells that no e-mail has: index {beyond:#04x}") }
            }
            Self::History { cell, consent, history, .. } => {
                write!(f, ", {}: consent {}, history {}", Named(cell), Moved(consent), Moved(history))
            }
            Self::Observation { cell, status, consent, history, .. } => {
                let when = |time: Option<IysTime>| time.map_or_else(|| "never".to_owned(), |time| time.to_string());
                let seen = if status == Status::Yok { "not listed" } else { "listed" };
                write!(f, ", {}: {seen} at {} by consent, {} by history", Named(cell), when(consent), when(history))
            }
        }
    }
}

/// The bits of a state that no e-mail's cell has.
const NO_EMAIL: u8 = 0xF0;

const fn bits(state: State, cell: Cell) -> u8 {
    state.byte() >> cell.shift() & 0b11
}

fn word(state: State, cell: Cell) -> &'static str {
    match (state.get(cell), bits(state, cell)) {
        (Some(status), _) => status.name(),
        (None, 0) => "none",
        (None, _) => "invalid",
    }
}

struct Named(Cell);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.channel, self.0.recipient_type)
    }
}

struct Moved(Option<HistoryKey>);

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(HistoryKey { created, status, source, .. }) = self.0 else { return f.write_str("none") };
        write!(f, "{} of {created}", status.name())?;
        match source.known_name() {
            Some("") => Ok(()),
            Some(name) => write!(f, " from {name}"),
            None => write!(f, " from #{:08x}", source.get()),
        }
    }
}
