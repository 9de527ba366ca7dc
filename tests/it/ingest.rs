//! What is on file depends on the set of the movements, not on their order, repetition or batches: held
//! against an oracle that knows nothing but the set.

mod bulk;
mod earlier;

use crate::support::rng::Rng;
use izingate::index::Index;
use izingate::ingest::{Boot, Setup, Writer, WriterHandle};
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::retailer::{Access, Retailer};
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::{Cell, Channel};
use izingate::model::consent::erasure::Reason;
use izingate::model::consent::key::{Pseudonym, RelationKey};
use izingate::model::consent::movement::{CLOCK_TOLERANCE, Movement, Reading};
use izingate::model::consent::record::{CellRecord, Record};
use izingate::model::consent::source::Source;
use izingate::model::consent::state::{State, Status};
use izingate::model::consent::transaction::TransactionId;
use izingate::model::feed::Gap;
use izingate::model::secret::cipher::SealedPhone;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::ports::{Applied, ClosedLine, Erasure, FeedNote, MovementSink};
use izingate::store::codec::{Change, HistoryKey, decode_history};
use izingate::store::{Compression, Options, Store};
use izingate::sys::clock::Clock;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::Continue;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn any_delivery_of_a_set_ends_in_the_oracles_state(
        told in proptest::collection::vec(any_told(), 1..60),
        seeds: (u64, u64),
    ) {
        let truth = Truth::of(&told);
        let (one, other) = (Node::fresh(), Node::fresh());
        one.deliver(seeds.0, &told);
        other.deliver(seeds.1, &told);
        for node in [&one, &other] {
            prop_assert_eq!(&node.on_file(), &truth);
            prop_assert_eq!(node.in_memory(&truth), truth.states());
        }
        prop_assert_eq!(one.bytes_of("consent"), other.bytes_of("consent"));
        prop_assert_eq!(one.changed_states(), truth.held_states());

        let (history, revision) = (one.bytes_of("history"), one.index.revision().get());
        one.deliver(seeds.1, &told);
        prop_assert_eq!(&one.bytes_of("history"), &history, "a repeat changes not even when something was first known");
        prop_assert_eq!(one.index.revision().get(), revision);

        let again = one.restarted();
        prop_assert_eq!(again.in_memory(&truth), truth.states());
        prop_assert_eq!((again.index.revision().get(), again.index.relations()), (revision, truth.held()));
    }
}

#[test]
fn a_refusal_holds_in_its_second_whatever_came_first() {
    let movement = |status, created, source| movement(0, Cell::ALL[2], status, created, source, None, None);
    let onay = movement(Status::Onay, 1, "IYS_WEB");
    let ret = movement(Status::Ret, 1, "HS_WEB");
    let late = movement(Status::Onay, 0, "HS_WEB");
    for order in [[&onay, &ret, &late], [&ret, &late, &onay], [&late, &ret, &onay]] {
        let node = Node::fresh();
        for movement in order {
            node.apply(vec![movement.clone()]);
        }
        assert_eq!(node.index.get(onay.relation.hash()), State::EMPTY.with(onay.cell, Status::Ret), "{order:?}");
    }
}

/// Before, after, twice and late: only an approval of after the last closure opens a line.
#[test]
fn a_closed_line_stays_closed_whatever_came_first() {
    let movement = |status, created| Told::Movement(movement(0, Cell::ALL[2], status, created, "HS_WEB", None, None));
    let Told::Movement(Movement { relation, cell, created, .. }) = movement(Status::Onay, 0) else { unreachable!() };
    let closed = |step: u32| Told::Closed(relation.pseudonym, created.plus(step * (CLOCK_TOLERANCE / 2)));
    let told = [movement(Status::Onay, 2), closed(2), closed(1), movement(Status::Ret, 0)];
    for order in permutations(&told) {
        let (shut, open) = (Node::fresh(), Node::fresh());
        shut.hand_in(order.iter().flat_map(|one| batches(std::slice::from_ref(one))).collect(), true);
        let lines = [Cell::ALL[0], Cell::ALL[1], Cell::ALL[2], Cell::ALL[3]];
        let shut_state = lines.into_iter().fold(State::EMPTY, |state, cell| state.with(cell, Status::Ret));
        assert_eq!(shut.index.get(relation.hash()), shut_state, "{order:?}");
        open.hand_in(batches(&[&[movement(Status::Onay, 5)], &order[..]].concat()), true);
        assert_eq!(open.index.get(relation.hash()), shut_state.with(cell, Status::Onay), "{order:?}");
    }
}

fn permutations(of: &[Told]) -> Vec<Vec<Told>> {
    let Some((first, rest)) = of.split_first() else { return vec![Vec::new()] };
    let with_first = |others: Vec<Told>| {
        let at = move |place: usize| [&others[..place], std::slice::from_ref(first), &others[place..]].concat();
        (0..of.len()).map(at).collect::<Vec<_>>()
    };
    permutations(rest).into_iter().flat_map(with_first).collect()
}

#[test]
fn a_gap_that_has_grown_is_not_healed_by_what_was_known_before() {
    let (node, brand) = (Node::fresh(), BrandCode::new(1).unwrap());
    let gap = |from, to| {
        let [from, to, found] = [from, to, 9].map(IysTime::from_unix);
        Gap { brand, from, to, found }
    };
    let tell = |notes: &[FeedNote]| {
        let done = node.runtime.block_on(node.sink.follow(Vec::new(), notes.to_vec())).unwrap();
        assert_eq!(done, Applied { revision: 0, applied: 0, unchanged: 0 });
        node.store.gap(brand).unwrap()
    };
    let brand_on_file = Brand::imported(brand, IysCode::new(7).unwrap(), "Örnek".to_owned());
    node.runtime.block_on(node.sink.put_brand(brand_on_file, Ages::Given)).unwrap();
    assert_eq!(tell(&[FeedNote::Missed(gap(3, 5))]), Some(gap(3, 5)));
    assert_eq!(tell(&[FeedNote::Missed(gap(4, 7))]), Some(gap(3, 7)));
    assert_eq!(tell(&[FeedNote::Healed(gap(4, 5))]), Some(gap(3, 7)), "it is one stretch");
    for (known, left) in [(gap(3, 5), gap(5, 7)), (gap(4, 7), gap(3, 4))] {
        assert_eq!(tell(&[FeedNote::Healed(known)]), Some(left));
        assert_eq!(tell(&[FeedNote::Missed(known)]), Some(gap(3, 7)));
    }
    assert_eq!(tell(&[FeedNote::Missed(gap(2, 3)), FeedNote::Healed(gap(3, 7))]), Some(gap(2, 3)), "in one batch too");
    let shown = || node.index.brands().get(brand).unwrap().freshness.gap();
    assert_eq!(shown(), Some((IysTime::from_unix(2), IysTime::from_unix(3))));
    assert_eq!((tell(&[FeedNote::Healed(gap(2, 7))]), shown()), (None, None));
}

/// Three phones, one of them in the wrong form, and an e-mail.
const RECIPIENTS: [(&str, Channel); 4] = [
    ("+905321234567", Channel::Mesaj),
    ("+905321234568", Channel::Mesaj),
    ("+9005321234567", Channel::Mesaj),
    ("ayse@ornek.com.tr", Channel::Eposta),
];

fn pseudonymizer() -> Pseudonymizer {
    Pseudonymizer::new(&Secret::from_bytes([7; 32]))
}

/// A movement of a recipient at a second after the first one; the brand is that of the recipient's place.
fn movement(
    recipient: usize,
    cell: Cell,
    status: Status,
    second: u32,
    source: &str,
    consented: Option<u32>,
    transaction: Option<&str>,
) -> Movement {
    let (address, channel) = RECIPIENTS[recipient % RECIPIENTS.len()];
    let recipient_of = Recipient::parse_approval(address, channel).unwrap();
    let brand = BrandCode::new(1 + u32::try_from(recipient / RECIPIENTS.len()).unwrap()).unwrap();
    Movement {
        relation: RelationKey::of_brand(pseudonymizer().recipient(&recipient_of), brand),
        cell,
        status,
        created: time(second),
        consented: consented.map(time),
        source: Source::parse(source).unwrap(),
        transaction: transaction.map(|id| TransactionId::parse(id).unwrap()),
        misformed: recipient_of.is_misformed(),
        received: false,
        reading: Reading::Only,
    }
}

/// The moment of a step: two steps are as far as another clock may be ahead of ours.
fn time(second: u32) -> IysTime {
    IysTime::from_unix(1_700_000_000 + second * (CLOCK_TOLERANCE / 2))
}

/// The same as a refusal that was received without İYS's identity, if it can be one.
fn received(movement: Movement) -> Movement {
    if movement.status != Status::Ret || movement.transaction.is_some() {
        return movement;
    }
    Movement { created: movement.created.plus(CLOCK_TOLERANCE), received: true, ..movement }
}

/// The same as a refusal whose row can mean two addresses, of which this need not be İYS's, if it can be one.
fn ambiguous(movement: Movement) -> Movement {
    if movement.status == Status::Ret { Movement { reading: Reading::First, ..movement } } else { movement }
}

/// The same as a copy of such a refusal.
fn copy(movement: Movement) -> Movement {
    if movement.status == Status::Ret { Movement { reading: Reading::Copy, ..movement } } else { movement }
}

/// Few of everything, so that most movements meet others in their cell, second, status and source.
fn any_movement() -> impl Strategy<Value = Movement> {
    let source = prop::sample::select(vec!["", "HS_WEB", "IYS_WEB", "KURUMSAL", "HS_YENI_KANAL"]);
    let transaction = prop::sample::select(vec![None, Some("ab12"), Some("ff"), Some("0f8fad5b-d9cb")]);
    let status = prop::sample::select(vec![Status::Onay, Status::Ret]);
    let consented = prop::option::of(0..3_u32);
    let flags = any::<(bool, bool)>();
    (0..2 * RECIPIENTS.len(), 0..4_usize, status, 0..4_u32, source, consented, transaction, flags).prop_map(
        |(recipient, cell, status, second, source, consented, transaction, (without_iys, has_readings))| {
            let email = RECIPIENTS[recipient % RECIPIENTS.len()].1 == Channel::Eposta;
            let cell = if email { Cell::ALL[4 + cell % 2] } else { Cell::ALL[cell] };
            let movement = movement(recipient, cell, status, second, source, consented, transaction);
            let movement = if without_iys { received(movement) } else { movement };
            if has_readings { ambiguous(movement) } else { movement }
        },
    )
}

/// What a node is told.
#[derive(Clone, Debug)]
enum Told {
    /// A movement, or what a sweep saw.
    Movement(Movement),
    /// That a line was closed.
    Closed(Pseudonym, IysTime),
    /// That a recipient was erased, for one brand or every one.
    Erased(Pseudonym, Option<BrandCode>, IysTime),
}

/// Mostly movements, in the seconds of which lines are closed, sweeps find approvals or do not, and retailers get access.
fn any_told() -> impl Strategy<Value = Told> {
    let observation = |movement: Movement| {
        let status = if movement.status == Status::Onay { Status::Onay } else { Status::Yok };
        let (source, created) = (Source::SWEEP, movement.date());
        let (received, reading) = (false, Reading::Only);
        Movement { status, source, created, consented: None, transaction: None, received, reading, ..movement }
    };
    prop_oneof![
        6 => any_movement().prop_map(Told::Movement),
        1 => any_movement().prop_map(|movement| Told::Movement(copy(movement))),
        3 => any_movement().prop_map(move |movement| Told::Movement(observation(movement))),
        2 => (any_movement(), 1..3_u32).prop_map(|(movement, retailer)| Told::Movement(access(&movement, retailer))),
        1 => (0..3_usize, 0..4_u32).prop_map(|(recipient, second)| {
            let line = movement(recipient, Cell::ALL[2], Status::Ret, second, "", None, None);
            Told::Closed(line.relation.pseudonym, line.created)
        }),
        1 => (any_movement(), any::<bool>()).prop_map(|(Movement { relation, created, .. }, every)| {
            Told::Erased(relation.pseudonym, (!every).then_some(relation.brand), created)
        }),
    ]
}

/// A retailer's access to a consent, from the one source or the other.
fn access(movement: &Movement, retailer: u32) -> Movement {
    let access = Access {
        recipient: movement.relation.pseudonym,
        brand: movement.relation.brand,
        retailer: Retailer::new(retailer).unwrap(),
        cell: movement.cell,
        allowed: movement.status == Status::Onay,
        at: movement.created,
        source: if movement.transaction.is_none() { Source::LOCAL_ACCESS } else { Source::IYS_ACCESS },
    };
    access.movement()
}

fn all_told(movements: &[Movement]) -> Vec<Told> {
    movements.iter().cloned().map(Told::Movement).collect()
}

/// What a set of movements leads to, computed from the set at once.
#[derive(Debug, PartialEq, Default)]
struct Truth {
    consents: BTreeMap<(RelationKey, Cell), CellRecord>,
    /// When a sweep last did not find a cell, and when it last did.
    absent: BTreeMap<(RelationKey, Cell), IysTime>,
    listed: BTreeMap<(RelationKey, Cell), IysTime>,
    /// Every relation of which anything is known, with when its line was last closed.
    relations: BTreeMap<RelationKey, Option<IysTime>>,
    misformed: BTreeSet<RelationKey>,
    /// consentDate, transactionId and flags of each movement that İYS would call one.
    history: BTreeMap<Vec<u8>, (Option<IysTime>, String, [bool; 2])>,
}

fn id_of(movement: &Movement) -> &str {
    movement.transaction.as_ref().map_or("", TransactionId::as_str)
}

/// The order that ids have on file.
fn id_rank(movement: &Movement) -> u128 {
    movement.transaction.as_ref().map_or(0, TransactionId::hash)
}

impl Truth {
    fn of(told: &[Told]) -> Self {
        let mut truth = Self::default();
        let erased = |movement: &&Movement| {
            told.iter().any(|told| match told {
                Told::Erased(who, brand, at) => {
                    *who == movement.relation.pseudonym
                        && brand.is_none_or(|brand| brand == movement.relation.brand)
                        && movement.date() <= *at
                }
                _ => false,
            })
        };
        let movements = told.iter().filter_map(|told| if let Told::Movement(movement) = told { Some(movement) } else { None });
        let movements = movements.filter(|movement| !erased(movement));
        let closed = |of| {
            told.iter().filter_map(move |told| if let Told::Closed(who, at) = told { (*who == of).then_some(*at) } else { None })
        };
        let mut by_cell: BTreeMap<(RelationKey, Cell), Vec<&Movement>> = BTreeMap::new();
        let mut by_key: BTreeMap<Vec<u8>, Vec<&Movement>> = BTreeMap::new();
        for movement in movements {
            let place = (movement.relation, movement.cell);
            // A closed line is the brands' matter alone.
            let closed = closed(movement.relation.pseudonym).max().filter(|_| movement.relation.is_of_brand());
            truth.relations.insert(movement.relation, closed);
            if movement.source == Source::SWEEP {
                let seen = if movement.status == Status::Yok { &mut truth.absent } else { &mut truth.listed };
                let last = seen.entry(place).or_insert(movement.created);
                *last = movement.created.max(*last);
            } else {
                by_cell.entry(place).or_default().push(movement);
            }
            by_key.entry(history_key(movement)).or_default().push(movement);
            if movement.misformed {
                truth.misformed.insert(movement.relation);
            }
        }
        truth.consents = by_cell.into_iter().map(|(cell, movements)| (cell, Self::consent(movements))).collect();
        truth.history = by_key
            .into_iter()
            .map(|(key, movements)| {
                let kept = movements
                    .into_iter()
                    .max_by_key(|movement| {
                        (movement.consented, id_rank(movement), movement.received, movement.reading.is_ambiguous())
                    })
                    .unwrap();
                (key, (kept.consented, id_of(kept).to_owned(), [kept.received, kept.reading.is_ambiguous()]))
            })
            .collect();
        truth
    }

    /// The latest second; there a RET if there is one; of those the greatest.
    fn consent(mut movements: Vec<&Movement>) -> CellRecord {
        let latest = movements.iter().map(|movement| movement.created).max().unwrap();
        movements.retain(|movement| movement.created == latest);
        if movements.iter().any(|movement| movement.status == Status::Ret) {
            movements.retain(|movement| movement.status == Status::Ret);
        }
        let rank = |movement: &&Movement| {
            let flags = (movement.received, movement.reading.is_ambiguous());
            (movement.source.code().get(), movement.consented, id_rank(movement), flags)
        };
        let holds = movements.into_iter().max_by_key(rank).unwrap();
        CellRecord {
            status: holds.status,
            created: holds.created,
            consented: holds.consented,
            source: holds.source.code(),
            transaction: id_rank(holds),
            received: holds.received,
            ambiguous: holds.reading.is_ambiguous(),
        }
    }

    fn states(&self) -> BTreeMap<RelationKey, State> {
        let state = |relation: &RelationKey| {
            let held = Cell::ALL.into_iter().filter_map(|cell| self.status(*relation, cell).map(|status| (cell, status)));
            held.fold(State::EMPTY, |state, (cell, status)| state.with(cell, status))
        };
        self.relations.keys().map(|relation| (*relation, state(relation))).collect()
    }

    /// A closed line is refused on both of its channels until an approval that is later than another clock may be ahead, and no
    /// sweep opens it. An approval that a sweep did not find since is none, and a sweep lifts a refusal only if it is İYS's own
    /// and of before.
    fn status(&self, relation: RelationKey, cell: Cell) -> Option<Status> {
        let consent = self.consents.get(&(relation, cell));
        let of_a_line = [Channel::Arama, Channel::Mesaj].contains(&cell.channel);
        let closed = self.relations[&relation].filter(|_| of_a_line).map(|closed| closed.plus(CLOCK_TOLERANCE));
        let approval = consent.filter(|consent| consent.status == Status::Onay).map(|consent| consent.created);
        let refusal = consent.filter(|consent| consent.status == Status::Ret);
        if closed.is_some() && approval <= closed {
            return Some(Status::Ret);
        }
        let [listed, absent] = [&self.listed, &self.absent].map(|seen| seen.get(&(relation, cell)).copied());
        let of_iys = |refusal: &CellRecord| !refusal.received && !refusal.ambiguous && refusal.transaction != 0;
        let counts = refusal.is_none_or(|refusal| of_iys(refusal) && listed > Some(refusal.created));
        let approved = if counts { listed.max(approval) } else { None };
        if approved > absent { Some(Status::Onay) } else { refusal.map(|_| Status::Ret) }
    }

    /// Relations that hold anything, with what they hold.
    fn held_states(&self) -> BTreeMap<RelationKey, State> {
        self.states().into_iter().filter(|(_, state)| *state != State::EMPTY).collect()
    }

    fn held(&self) -> u64 {
        self.held_states().len() as u64
    }
}

fn history_key(movement: &Movement) -> Vec<u8> {
    let Movement { relation, cell, created, status, source, .. } = movement;
    let key = HistoryKey { relation: *relation, cell: *cell, created: *created, status: *status, source: source.code() };
    key.to_bytes().to_vec()
}

/// A store with its writer and index.
struct Node {
    index: Index,
    store: Arc<Store>,
    sink: WriterHandle,
    writer: Writer,
    runtime: Runtime,
    dir: TempDir,
}

impl Node {
    fn fresh() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn open(dir: TempDir) -> Self {
        let (store, index) = (Arc::new(open_store(dir.path())), Index::default());
        let setup = Setup {
            store: Arc::clone(&store),
            index: index.clone(),
            queue: 8,
            observer: Box::new(|_| {}),
            clock: Clock::of(|| IysTime::from_unix(1_800_000_000)),
        };
        let (writer, sink, booted) = Writer::start(setup, Boot::Restore(None)).unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(booted).unwrap().unwrap();
        Self { index, store, sink, writer, runtime, dir }
    }

    /// The same directory with nothing kept in memory.
    fn restarted(self) -> Self {
        drop((self.sink, self.index));
        self.writer.join();
        drop(self.store);
        Self::open(self.dir)
    }

    fn apply(&self, batch: Vec<Movement>) -> Applied {
        self.runtime.block_on(self.sink.apply(batch)).unwrap()
    }

    /// Tells everything at least once, in an order, with repeats and in batches that the seed chooses;
    /// sometimes all batches at once, so that several are committed as one.
    fn deliver(&self, seed: u64, told: &[Told]) {
        let mut rng = Rng::new(seed);
        let mut delivered = told.to_vec();
        for _ in 0..rng.below(told.len() as u64 + 1) {
            delivered.push(told[rng.below(told.len() as u64) as usize].clone());
        }
        rng.shuffle(&mut delivered);
        let size = 1 + rng.below(delivered.len() as u64) as usize;
        let batches = delivered.chunks(size.max(delivered.len() / 8)).flat_map(batches).collect();
        self.hand_in(batches, rng.below(2) == 0);
    }

    /// Hands in batches one after another, each of which is held against its answer, or at once.
    fn hand_in(&self, batches: Vec<Batch>, in_turn: bool) {
        if in_turn {
            for batch in batches {
                let (length, before) = (batch.len(), self.index.revision().get());
                let Applied { revision, applied, unchanged } = self.runtime.block_on(batch.hand_in(&self.sink, before));
                // A copy is taken in with its row and is none of its own.
                assert_eq!((applied + unchanged, revision.min(before + 1)), (length, revision));
                assert!(applied == 0 || revision > before);
            }
            return;
        }
        self.runtime.block_on(async {
            let mut calls = JoinSet::new();
            for batch in batches {
                let sink = self.sink.clone();
                calls.spawn(async move { batch.hand_in(&sink, 0).await });
            }
            let last = calls.join_all().await.into_iter().map(|applied| applied.revision).max().unwrap();
            assert_eq!(last, self.index.revision().get());
        });
    }

    fn on_file(&self) -> Truth {
        let mut found = Truth::default();
        self.store
            .each_record(|relation, record| {
                found.consents.extend(record.cells().map(|(cell, current)| ((relation, cell), *current)));
                for (status, seen) in [(Status::Yok, &mut found.absent), (Status::Onay, &mut found.listed)] {
                    let last = |cell| record.observed(cell, status).map(|at| ((relation, cell), at));
                    seen.extend(Cell::ALL.into_iter().filter_map(last));
                }
                found.relations.insert(relation, record.closed);
                if record.misformed {
                    found.misformed.insert(relation);
                }
            })
            .unwrap();
        for (key, value) in self.bytes_of("history") {
            let value = decode_history(&value).unwrap();
            found.history.insert(key, (value.consented, value.transaction.into(), [value.received, value.ambiguous]));
        }
        found
    }

    fn bytes_of(&self, wanted: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut entries = BTreeMap::new();
        let each = |family: &'static str, key: &[u8], value: &[u8]| {
            if family == wanted {
                entries.insert(key.to_vec(), value.to_vec());
            }
        };
        self.store.each_entry(each).unwrap();
        entries
    }

    /// What `changes` alone leads to, for whoever follows it from its beginning: relations that hold anything.
    fn changed_states(&self) -> BTreeMap<RelationKey, State> {
        let mut states = BTreeMap::new();
        let each = |_, change: Change| {
            states.extend(change.states);
            Continue(())
        };
        self.store.each_change_after(0, each).unwrap();
        states.retain(|_, state| *state != State::EMPTY);
        states
    }

    fn in_memory(&self, truth: &Truth) -> BTreeMap<RelationKey, State> {
        truth.states().into_keys().map(|relation| (relation, self.index.get(relation.hash()))).collect()
    }
}

/// What one call hands in.
#[derive(Clone)]
enum Batch {
    Movements(Vec<Movement>),
    Closed(Pseudonym, IysTime),
    Erased(Erasure),
}

impl Batch {
    fn len(&self) -> u64 {
        let Self::Movements(movements) = self else { return 1 };
        movements.iter().filter(|movement| !movement.reading.is_copy()).count() as u64
    }

    /// `before` is the revision that nothing is behind.
    async fn hand_in(self, sink: &WriterHandle, before: u64) -> Applied {
        match self {
            Self::Movements(movements) => sink.apply(movements).await.unwrap(),
            Self::Closed(recipient, closed) => {
                let sealed = SealedPhone::from_bytes([7; SealedPhone::LENGTH]);
                sink.close_line(ClosedLine { recipient, closed, sealed }).await.unwrap()
            }
            Self::Erased(erasure) => {
                let revision = sink.erase(erasure).await.unwrap().revision;
                let applied = u64::from(revision > before);
                Applied { revision, applied, unchanged: 1 - applied }
            }
        }
    }
}

/// What is told, in its order, as few calls.
fn batches(told: &[Told]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for told in told {
        match (told, batches.last_mut()) {
            (Told::Movement(movement), Some(Batch::Movements(movements))) => movements.push(movement.clone()),
            (Told::Movement(movement), _) => batches.push(Batch::Movements(vec![movement.clone()])),
            (Told::Closed(recipient, closed), _) => batches.push(Batch::Closed(*recipient, *closed)),
            (Told::Erased(recipient, brand, erased), _) => batches.push(Batch::Erased(Erasure {
                recipients: vec![*recipient],
                brand: *brand,
                erased: Some(*erased),
                reason: Reason::parse("KVKK").ok(),
            })),
        }
    }
    batches
}

fn open_store(path: &Path) -> Store {
    Store::open(&path.join("store"), &store_options(), &pseudonymizer(), 1).unwrap()
}

fn store_options() -> Options {
    Options { compression: Compression::None, cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() }
}
