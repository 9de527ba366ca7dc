//! The closure of a line (11/9): a RET, as of its moment, on every cell of every brand's relation with a
//! recipient. What retailers have access to stays as it is: a refused consent is of no use to them.

use crate::ingest::commit_batch::Changed;
use crate::model::consent::state::State;
use crate::model::time::IysTime;
use crate::ports::{ClosedLine, UnreportedClosure};
use crate::store::codec::{Change, Closure};
use crate::store::{Commit, Store, StoreError};

/// A closure held against what is on file: what is left is to commit it.
pub(super) struct Closing<'a> {
    pub(super) commit: Commit<'a>,
    pub(super) changed: Changed,
}

/// Prepares a closure for a revision; none if one as late is on file. Of several the latest counts, so that
/// their order does not matter.
pub(super) fn prepare<'a>(
    store: &'a Store,
    line: &ClosedLine,
    revision: u64,
    now: IysTime,
) -> Result<Option<Closing<'a>>, StoreError> {
    let ClosedLine { recipient, closed, sealed } = *line;
    let on_file = store.closures(&[recipient])?.pop().flatten();
    if on_file.is_some_and(|on_file| on_file.closed >= closed) {
        return Ok(None);
    }
    let mut commit = store.begin();
    commit.closure(recipient, &Closure { closed, revision, known_since: now })?;
    // In the same batch: a closure that is in force is one that İYS hears of.
    commit.duty(&UnreportedClosure { id: revision, closed, noted: now, sealed })?;
    let (mut new, mut known) = (Vec::new(), Vec::new());
    let relations = store.relations_of(recipient)?.into_iter().filter(|(relation, _)| relation.is_of_brand());
    for (relation, mut record) in relations {
        let before = record.state();
        record.note_closed(closed);
        commit.record(&relation, &record)?;
        if before == State::EMPTY { &mut new } else { &mut known }.push((relation, record.state()));
    }
    let hashed = |states: &[(_, State)]| {
        states.iter().map(|(relation, state)| (crate::model::consent::key::RelationKey::hash(relation), *state)).collect()
    };
    let changed = Changed { new: hashed(&new), known: hashed(&known) };
    let count = new.len();
    new.extend(known);
    commit.revision(revision, &Change { at: now, states: new, new: count })?;
    Ok(Some(Closing { commit, changed }))
}
