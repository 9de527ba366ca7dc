//! Many look-ups at once: what each needs is asked for before any is waited for.
//!
//! In steps for a whole group: ask for every header; read it and ask for the first line; look at that
//! line; ask for the next line of the few that go on; look there. Steps that wait for memory are kept
//! apart from those that compute, so that many requests stand in the processor's window together.

use super::region::{Line, prefetch};
use super::slot::{ASK, Header, Path, Tag, shard_of};
use super::{Table, look};
use crate::index::sync::{AtomicU64, Ordering};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;

/// Look-ups under one pin: their lines fit the first cache, and a pin lasts a few microseconds.
const GROUP: usize = 128;
/// Relations between asking for a line and changing it.
const AHEAD: usize = 24;

/// A look-up on its way: the header of its shard, and the line that was asked for.
#[derive(Clone, Copy)]
struct Asked {
    line: usize,
    header: u64,
}

/// The parts of a table that a look-up needs, at hand.
struct View<'a> {
    lines: &'a [Line],
    headers: &'a [AtomicU64],
    shift: u32,
}

impl View<'_> {
    /// Asks for the header of a relation's shard.
    #[inline]
    fn ask_header(&self, hash: RelationHash) {
        prefetch(&raw const self.headers[shard_of(hash, self.shift)]);
    }

    /// Asks for the line in which a relation is looked for first.
    #[inline]
    fn ask(&self, hash: RelationHash) -> Asked {
        // Acquire: with a header come the lines that it leads to.
        let header = self.headers[shard_of(hash, self.shift)].load(Ordering::Acquire);
        let line = Path::of(Tag::of(hash), Header::unpack(header)).line();
        prefetch(&raw const self.lines[line]);
        Asked { line, header }
    }

    /// Asks for every first line.
    #[inline(never)]
    fn ask_all(&self, hashes: &[RelationHash], asked: &mut [Asked; GROUP]) {
        let count = hashes.len().min(GROUP);
        let (asked, hashes) = (&mut asked[..count], &hashes[..count]);
        for number in 0..count {
            asked[number] = self.ask(hashes[number]);
        }
    }

    /// Asks for the second line of a path.
    #[inline]
    fn ask_second(&self, tag: Tag, header: u64) {
        prefetch(&raw const self.lines[second(tag, header).line()]);
    }

    /// Looks at every first line; the numbers of those that go on are left in `late`. Returns how many.
    #[inline(never)]
    fn look_at_all(
        &self,
        asked: &[Asked; GROUP],
        hashes: &[RelationHash],
        states: &mut [State],
        late: &mut [u8; GROUP],
    ) -> usize {
        // Slices of one length: indexing them then costs no check.
        let count = hashes.len().min(GROUP);
        let (asked, hashes, states) = (&asked[..count], &hashes[..count], &mut states[..count]);
        let mut put_off = 0_usize;
        for number in 0..count {
            let seen = look(&self.lines[asked[number].line], Tag::of(hashes[number]));
            states[number] = seen.state;
            // Written whether it is or not: a branch would be guessed wrong once in some ten times.
            late[put_off % GROUP] = number as u8;
            put_off = put_off.wrapping_add(usize::from(!seen.found & seen.passed));
        }
        put_off
    }
}

impl Table {
    /// The states of many relations, each in its place. Looks at as many as both slices have.
    pub(in crate::index) fn get_many(&self, hashes: &[RelationHash], states: &mut [State]) {
        let view = self.view();
        for (hashes, states) in hashes.chunks(GROUP).zip(states.chunks_mut(GROUP)) {
            let count = hashes.len().min(states.len());
            self.get_group(&view, &hashes[..count], &mut states[..count]);
        }
    }

    /// Each step for the whole group before the next: what waits for memory waits together.
    fn get_group(&self, view: &View<'_>, hashes: &[RelationHash], states: &mut [State]) {
        let mut asked = [Asked { line: 0, header: 0 }; GROUP];
        let mut late = [0_u8; GROUP];
        for hash in hashes {
            view.ask_header(*hash);
        }
        let pin = self.epochs.pin();
        view.ask_all(hashes, &mut asked);
        let put_off = view.look_at_all(&asked, hashes, states, &mut late);
        let late = late.iter().take(put_off).map(|number| usize::from(*number));
        late.clone().for_each(|number| view.ask_second(Tag::of(hashes[number]), asked[number].header));
        for number in late {
            let tag = Tag::of(hashes[number]);
            states[number] = self.find(second(tag, asked[number].header), tag);
        }
        drop(pin);
        for (state, hash) in states.iter_mut().zip(hashes).filter(|(state, _)| **state == ASK) {
            *state = self.collisions.get(self.place(*hash), *hash);
        }
    }

    /// While relations are gone through one by one: asks for the header of one that comes later, and for
    /// the line of one that comes sooner. `at` tells the relation so many places ahead.
    #[inline]
    pub(in crate::index) fn look_ahead(&self, at: impl Fn(usize) -> Option<RelationHash>) {
        if let Some(hash) = at(2 * AHEAD) {
            self.view().ask_header(hash);
        }
        if let Some(hash) = at(AHEAD) {
            self.view().ask(hash);
        }
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View { lines: self.region.lines(), headers: self.headers.slots(), shift: self.shift }
    }
}

/// The path of a tag from its second line on.
#[inline]
const fn second(tag: Tag, header: u64) -> Path {
    Path::of(tag, Header::unpack(header)).next()
}
