//! Which of two movements of a cell holds. Pure, and the only place that decides it.
//!
//! The latest `creationDate` holds. In the same second a RET beats an ONAY (fail closed, F§8.3); observations of İYS's
//! list are no movements and never compared, see [`Record::status`](crate::model::consent::record::Record::status). Then
//! the greater source, `consentDate` and transaction, so that the stored record too depends only on the
//! set of movements, not on their order or repetition. `consentDate` never decides before these: a line
//! closure carries an old or an empty one (F§1.5).

use crate::model::consent::record::CellRecord;
use crate::model::consent::state::Status;

/// Whether `new` takes the place of `current`.
#[must_use]
pub fn replaces(new: &CellRecord, current: Option<&CellRecord>) -> bool {
    current.is_none_or(|current| rank(new) > rank(current))
}

/// A total order: two movements of equal rank are the same movement.
fn rank(record: &CellRecord) -> impl Ord {
    let CellRecord { status, created, consented, source, transaction, received, ambiguous } = *record;
    (created, status == Status::Ret, source, consented, transaction, received, ambiguous)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::consent::source::SourceCode;
    use crate::model::time::IysTime;
    use proptest::prelude::*;

    fn record(created: u32, status: Status, source: u32, consented: u32, transaction: u128) -> CellRecord {
        CellRecord {
            status,
            created: IysTime::from_unix(created),
            consented: (consented > 0).then(|| IysTime::from_unix(consented)),
            source: SourceCode::from_stored(source),
            transaction,
            received: false,
            ambiguous: false,
        }
    }

    #[test]
    fn the_latest_creation_date_holds_whatever_its_consent_date() {
        let onay = record(10, Status::Onay, 6, 9, 1);
        let closure = record(11, Status::Ret, 46, 0, 1);
        assert!(replaces(&closure, Some(&onay)) && !replaces(&onay, Some(&closure)));
        assert!(replaces(&onay, None));
    }

    #[test]
    fn in_the_same_second_a_refusal_holds() {
        let onay = record(10, Status::Onay, 99, 99, 99);
        let ret = record(10, Status::Ret, 1, 0, 0);
        assert!(replaces(&ret, Some(&onay)) && !replaces(&onay, Some(&ret)));
    }

    #[test]
    fn a_repeat_replaces_nothing() {
        let onay = record(10, Status::Onay, 6, 9, 1);
        assert!(!replaces(&onay, Some(&onay)));
    }

    fn any_record() -> impl Strategy<Value = CellRecord> {
        (0..3_u32, any::<bool>(), 0..3_u32, 0..3_u32, 0..3_u128).prop_map(|(created, ret, source, consented, transaction)| {
            record(created, if ret { Status::Ret } else { Status::Onay }, source, consented, transaction)
        })
    }

    fn last(records: &[CellRecord]) -> Option<CellRecord> {
        records.iter().fold(None, |current, new| if replaces(new, current.as_ref()) { Some(*new) } else { current })
    }

    proptest! {
        #[test]
        fn the_end_depends_on_the_set_alone(mut records in proptest::collection::vec(any_record(), 1..12), seed: u64) {
            let end = last(&records);
            let repeated = [records.clone(), records.clone()].concat();
            prop_assert_eq!(last(&repeated), end);
            // A shuffle by a seeded key.
            records.sort_by_key(|r| xxhash_rust::xxh3::xxh3_64_with_seed(format!("{r:?}").as_bytes(), seed));
            prop_assert_eq!(last(&records), end);
        }
    }
}
