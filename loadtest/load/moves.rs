//! Movements on their way: what was sent and what was acknowledged with which revision, and from that what an
//! answer may say of a recipient whose consent moves.

use crate::people::People;
use izingate::api::proto::Movement;
use std::cell::{Cell, RefCell};

/// The batches of movements that were handed to the server.
pub struct Moves {
    people: People,
    /// Movements of a batch.
    size: Cell<u64>,
    batches: RefCell<Vec<Option<Ack>>>,
    acks: Cell<u64>,
}

/// How the server acknowledged a batch.
#[derive(Clone, Copy)]
struct Ack {
    revision: u64,
    /// It was the how manyth to come back.
    order: u64,
}

/// A moment in the order of acknowledgements.
#[derive(Clone, Copy)]
pub struct Mark(u64);

impl Moves {
    /// None yet.
    pub fn new(people: People) -> Self {
        Self { people, size: Cell::new(1), batches: RefCell::default(), acks: Cell::new(0) }
    }

    /// All batches are of this size. Said before the first.
    pub fn in_batches_of(&self, size: u64) {
        self.size.set(size);
    }

    /// The next batch, which counts as sent.
    pub fn next(&self) -> (usize, Vec<Movement>) {
        let (size, batch) = (self.size.get(), self.batches.borrow().len());
        self.batches.borrow_mut().push(None);
        let from = batch as u64 * size;
        let movements = (from..from + size).map(|n| {
            let (i, generation) = self.people.moved(n);
            self.people.movement(i, generation)
        });
        (batch, movements.collect())
    }

    /// A batch was acknowledged.
    pub fn acknowledged(&self, batch: usize, revision: u64) {
        let order = self.acks.get();
        self.acks.set(order + 1);
        self.batches.borrow_mut()[batch] = Some(Ack { revision, order });
    }

    /// Taken as a question leaves.
    pub fn mark(&self) -> Mark {
        Mark(self.acks.get())
    }

    /// Whether an answer that reflects `revision`, to a question of `asked`, may say `answer` of a recipient: what
    /// was acknowledged before the question left, or with a revision that the answer has, is in it; what was sent
    /// may be.
    pub fn allows(&self, i: u64, answer: u8, asked: Mark, revision: u64) -> bool {
        if !self.people.moves(i) {
            return answer == self.people.right(i, 0);
        }
        let batches = self.batches.borrow();
        let batch = |generation| (self.people.movement_of(i, generation) / self.size.get()) as usize;
        let mut generation = (batches.len() as u64 * self.size.get()).div_ceil(self.people.moving);
        while generation > 0 {
            let Some(sent) = batches.get(batch(generation)) else {
                generation -= 1;
                continue;
            };
            if answer == self.people.right(i, generation) {
                return true;
            }
            if sent.is_some_and(|ack| ack.order < asked.0 || ack.revision <= revision) {
                return false;
            }
            generation -= 1;
        }
        answer == self.people.right(i, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use izingate::model::time::IysTime;

    const PEOPLE: People = People { still: 10, moving: 4, loaded: IysTime::from_unix(1_764_000_000) };

    /// Two batches reach the recipients 10, 11 and 12, 13 for the first time, a third 10, 11 for the second.
    fn moves() -> Moves {
        let moves = Moves::new(PEOPLE);
        moves.in_batches_of(2);
        moves
    }

    fn allowed(moves: &Moves, i: u64, asked: Mark, revision: u64) -> [bool; 2] {
        [0, 1].map(|generation| moves.allows(i, PEOPLE.right(i, generation), asked, revision))
    }

    #[test]
    fn what_was_not_sent_is_not_in_an_answer() {
        let moves = moves();
        assert_eq!(allowed(&moves, 10, moves.mark(), 5), [true, false]);
        moves.next();
        assert_eq!(allowed(&moves, 12, moves.mark(), 5), [true, false]);
    }

    #[test]
    fn what_is_on_its_way_may_be_in_it() {
        let moves = moves();
        moves.next();
        assert_eq!(allowed(&moves, 10, moves.mark(), 5), [true, true]);
    }

    #[test]
    fn what_was_acknowledged_before_the_question_is_in_it() {
        let moves = moves();
        let before = moves.mark();
        let (batch, movements) = moves.next();
        assert_eq!(movements, [PEOPLE.movement(10, 1), PEOPLE.movement(11, 1)]);
        moves.acknowledged(batch, 7);
        // Whatever revision the answer claims.
        assert_eq!(allowed(&moves, 10, moves.mark(), 6), [false, true]);
        assert_eq!(allowed(&moves, 10, before, 6), [true, true]);
        assert_eq!(allowed(&moves, 10, before, 7), [false, true]);
    }

    #[test]
    fn a_later_movement_stands_over_an_earlier() {
        let moves = moves();
        for revision in 1..=3 {
            let (batch, _) = moves.next();
            moves.acknowledged(batch, revision);
        }
        // The second movement turned it back.
        assert_eq!(allowed(&moves, 10, moves.mark(), 3), [true, false]);
        assert_eq!(allowed(&moves, 12, moves.mark(), 3), [false, true]);
    }

    #[test]
    fn who_stays_and_who_is_a_stranger_has_one_answer() {
        let moves = moves();
        moves.next();
        for i in [3, 14, 20] {
            for answer in 0..=255 {
                assert_eq!(moves.allows(i, answer, moves.mark(), 9), answer == PEOPLE.right(i, 0));
            }
        }
    }
}
