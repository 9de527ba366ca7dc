use super::*;
use crate::evidence::testing;
use proptest::prelude::*;

fn entry(number: u64, outcomes: Outcomes) -> Entry {
    let as_of = Some(IysTime::from_unix(1_794_999_000));
    Entry { as_of, reference: "c-7".into(), ..testing::entry(testing::id(number), outcomes) }
}

fn whole(entries: &[Entry]) -> Vec<Part<'_>> {
    entries.iter().map(|entry| Part { entry, from: 0, to: entry.outcomes.len() }).collect()
}

fn recipients_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = vec![0; 16 * entries.iter().map(|entry| entry.outcomes.len()).sum::<usize>()];
    recipients_into(&whole(entries), &mut bytes);
    bytes
}

#[test]
fn columns_are_pinned() {
    let entries = [
        entry(100, Outcomes::One(0x4C, Pseudonym([1; 16]))),
        entry(101, Outcomes::Many(vec![0x89, 0x83], vec![Pseudonym([2; 16]), Pseudonym([0; 16])])),
    ];
    let mut encoder = Encoder::default();
    encoder.encode(&whole(&entries), 1_795_000_000_123, 7);
    let expected = "01 02 03 fbbcd9f29e34 07 809becaf0d00 c80100 0102 a4b24900 0000 0202 0000 0101 0000 5400 b08becaf0d00 0000 \
                    01 066469616c6572 03632d3703632d37 4c8983";
    assert_eq!(crate::model::text::hex::to_hex(&encoder.columns), expected.replace([' ', '\n'], ""));
    let recipients = recipients_of(&entries);
    assert_eq!(recipients, [[1; 16], [2; 16], [0; 16]].concat());
    let read = decode(&encoder.columns, &recipients);
    assert_eq!(read, Some(Decisions { written: 1_795_000_000_123, node: 7, entries: entries.into() }));
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let what = (any::<u64>(), any::<u32>(), 1..=u32::MAX, any::<u32>(), 0..6_u8, 0..5_usize, 0..4_u8);
    let rest =
        (any::<u64>(), any::<u64>(), 0..3_u32, "[a-c]{0,3}", "\\PC{0,9}", prop::collection::vec(any::<(u8, [u8; 16])>(), 1..9));
    (what, rest).prop_map(|((number, asked, brand, retailer, cell, purpose, mode), rest)| {
        let (declaration, revision, as_of, caller, reference, outcomes) = rest;
        let outcomes = match &outcomes[..] {
            [(byte, recipient)] => Outcomes::One(*byte, Pseudonym(*recipient)),
            many => Outcomes::Many(
                many.iter().map(|(byte, _)| *byte).collect(),
                many.iter().map(|(_, recipient)| Pseudonym(*recipient)).collect(),
            ),
        };
        Entry {
            first: DecisionId::of(asked, 9, number),
            asked: IysTime::from_unix(asked),
            caller: caller.into(),
            scope: Scope {
                brand: BrandCode::new(brand).unwrap(),
                cell: Cell::from_code(cell).unwrap(),
                retailer: RetailerCode::new(retailer),
                purpose: Purpose::ALL[purpose],
            },
            declaration,
            mode,
            revision,
            as_of: Some(as_of).filter(|as_of| *as_of != 0).map(IysTime::from_unix),
            reference: reference.into(),
            outcomes,
            before_answer: false,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in prop::collection::vec(any_entry(), 1..20), written: u64) {
        let mut encoder = Encoder::default();
        encoder.encode(&whole(&entries), written, 9);
        prop_assert_eq!(decode(&encoder.columns, &recipients_of(&entries)), Some(Decisions { written, node: 9, entries }));
    }

    #[test]
    fn nothing_else_panics(columns: Vec<u8>, decisions in 0..4_usize, cut in 0..60_usize, flip: (usize, u8)) {
        let _ = decode(&columns, &vec![0; decisions * 16]);
        let mut encoder = Encoder::default();
        let entries = [entry(3, Outcomes::One(1, Pseudonym([5; 16])))];
        encoder.encode(&whole(&entries), 1, 9);
        let recipients = recipients_of(&entries);
        let mut columns = encoder.columns.clone();
        let place = flip.0 % columns.len();
        columns[place] ^= flip.1;
        let _ = decode(&columns, &recipients);
        if cut < encoder.columns.len() {
            prop_assert_eq!(decode(&encoder.columns[..cut], &recipients), None);
        }
    }
}
