//! A part of a row of `changes`: whoever follows the log does not hold the whole of a bulk import's slice.

use super::{CHANGED, ERASED, InvalidBytes, change_head, changed};
use crate::model::brand::BrandCode;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::state::State;
use crate::model::time::IysTime;

/// Some changes of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSlice {
    /// When the batch was committed.
    pub at: IysTime,
    /// The place of the first of them in the batch.
    pub first: usize,
    /// The relations that changed, with the state that each ended in.
    pub states: Vec<(RelationKey, State)>,
    /// Changes of the batch behind them.
    pub left: usize,
}

/// Up to `most` changes of a batch of [`super::encode_change`] behind the first `skip`. It ends before what was
/// erased since, so that the place of every change is that of the first and its own among those behind it.
pub fn decode_change_slice(bytes: &[u8], skip: usize, most: usize) -> Result<ChangeSlice, InvalidBytes> {
    let (at, _, entries) = change_head(bytes)?;
    let behind = entries.get(skip..).ok_or(InvalidBytes::Length)?;
    let first = behind.iter().position(|entry| *entry != ERASED).unwrap_or(behind.len());
    let behind = &behind[first..];
    let mut states = Vec::with_capacity(most.min(behind.len()));
    for entry in &behind[..most.min(behind.len())] {
        let Some(state) = changed(entry)? else { break };
        states.push(state);
    }
    let left = behind[states.len()..].iter().filter(|entry| **entry != ERASED).count();
    Ok(ChangeSlice { at, first: skip + first, states, left })
}

/// The recipients of a brand's own consent among the changes of a batch, and how many changes it has.
pub fn changed_recipients(bytes: &[u8], brand: BrandCode) -> Result<(impl Iterator<Item = Pseudonym>, usize), InvalidBytes> {
    let (_, _, changes) = change_head(bytes)?;
    let mut of_brand = [0; 8];
    of_brand[..4].copy_from_slice(&brand.get().to_be_bytes());
    let of = move |change: &[u8; CHANGED]| {
        let (recipient, rest) = change.split_first_chunk::<16>()?;
        rest.starts_with(&of_brand).then_some(Pseudonym(*recipient))
    };
    Ok((changes.iter().filter_map(of), changes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::RetailerCode;
    use crate::store::codec::{Change, decode_change, encode_change};

    fn states(count: u8) -> Vec<(RelationKey, State)> {
        let relation = |of| RelationKey::of_brand(Pseudonym([of; 16]), BrandCode::new(7).unwrap());
        (0..count).map(|of| (relation(of), State::from_byte(of))).collect()
    }

    #[test]
    fn slices_make_up_the_batch() {
        let at = IysTime::from_unix(1_700_000_000);
        let change = Change { at, states: states(5), new: 2 };
        let row = encode_change(&change);
        // As version 1 had it: without the number of new relations.
        let old = [&[1][..], &row[1..5], &row[9..]].concat();
        assert_eq!(decode_change(&old), Ok(Change { new: 0, ..change.clone() }));
        for row in [row, old] {
            for (skip, most, expected, left) in
                [(0, 9, 0..5, 0), (0, 2, 0..2, 3), (2, 2, 2..4, 1), (4, 2, 4..5, 0), (5, 2, 5..5, 0), (1, 0, 1..1, 4)]
            {
                let slice = ChangeSlice { at, first: skip, states: change.states[expected].to_vec(), left };
                assert_eq!(decode_change_slice(&row, skip, most), Ok(slice), "{skip} {most}");
            }
            assert_eq!(decode_change_slice(&row, 6, 1), Err(InvalidBytes::Length));
        }
    }

    #[test]
    fn recipients_of_one_brand_are_found_in_any_version() {
        let [mine, other] = [7, 8].map(|code| BrandCode::new(code).unwrap());
        let mut states = states(3);
        states[1].0.brand = other;
        states[2].0.retailer = RetailerCode::new(5);
        let row = encode_change(&Change { at: IysTime::from_unix(1), states, new: 1 });
        let old = [&[1][..], &row[1..5], &row[9..]].concat();
        for row in [row, old] {
            for (brand, expected) in [(mine, 0), (other, 1)] {
                let (found, changes) = changed_recipients(&row, brand).unwrap();
                assert_eq!((found.collect::<Vec<_>>(), changes), (vec![Pseudonym([expected; 16])], 3));
            }
            assert_eq!(changed_recipients(&row[..row.len() - 1], mine).err(), Some(InvalidBytes::Length));
        }
    }

    #[test]
    fn what_was_erased_leaves_its_place_empty() {
        let change = Change { at: IysTime::from_unix(1), states: states(6), new: 3 };
        let mut row = encode_change(&change);
        for gone in [0, 2, 3, 5] {
            row[9 + gone * CHANGED..][..CHANGED].fill(0);
        }
        let left = [change.states[1], change.states[4]];
        assert_eq!(decode_change(&row), Ok(Change { states: left.to_vec(), new: 1, ..change.clone() }));
        for (skip, most, first, expected, behind) in
            [(0, 9, 1, &left[..1], 1), (1, 9, 1, &left[..1], 1), (2, 9, 4, &left[1..], 0), (5, 9, 6, &[], 0), (0, 0, 1, &[], 2)]
        {
            let slice = ChangeSlice { at: change.at, first, states: expected.to_vec(), left: behind };
            assert_eq!(decode_change_slice(&row, skip, most), Ok(slice), "{skip} {most}");
        }
    }

    #[test]
    fn short_long_and_unknown_rows_are_errors() {
        let row = encode_change(&Change { at: IysTime::from_unix(1), states: states(2), new: 1 });
        // Cut between the changes it is a batch, if a shorter one.
        for length in (0..row.len()).filter(|length| *length != 34) {
            assert_eq!(decode_change_slice(&row[..length], 0, 9), Err(InvalidBytes::Length), "{length}");
        }
        assert_eq!(decode_change_slice(&[&row[..], &[0]].concat(), 0, 9), Err(InvalidBytes::Length));
        assert_eq!(decode_change_slice(&[&[3], &row[1..]].concat(), 0, 9), Err(InvalidBytes::Version));
        let brandless = [&row[..50], &[0; 4], &row[54..]].concat();
        assert_eq!(decode_change_slice(&brandless, 0, 9), Err(InvalidBytes::Code));
        assert!(decode_change_slice(&brandless, 0, 1).is_ok(), "what is not asked for is not looked at");
    }
}
