use super::*;
use crate::model::channel::{Channel, RecipientType};
use crate::model::hex::from_hex;
use crate::model::key::Pseudonym;
use proptest::prelude::*;

fn relation() -> RelationKey {
    RelationKey::of_brand(Pseudonym(*b"0123456789abcdef"), BrandCode::new(0x0102_0304).unwrap())
}

fn record() -> Record {
    let mut record = Record::default();
    record.misformed = true;
    let current = CellRecord {
        status: Status::Ret,
        created: IysTime::from_unix(0x6543_2100),
        consented: None,
        source: SourceCode::from_stored(46),
        transaction: 0xFF,
    };
    record.set(Cell::new(Channel::Mesaj, RecipientType::Tacir), current);
    record
}

fn history_key() -> HistoryKey {
    HistoryKey {
        relation: relation(),
        cell: Cell::new(Channel::Eposta, RecipientType::Bireysel),
        created: IysTime::from_unix(0x6543_2100),
        status: Status::Onay,
        source: SourceCode::from_stored(6),
    }
}

fn history_value(transaction: &str) -> HistoryValue {
    HistoryValue {
        consented: Some(IysTime::from_unix(0x6000_0000)),
        transaction: transaction.into(),
        revision: 9,
        known_since: IysTime::from_unix(0x6543_2101),
    }
}

#[test]
fn bytes_are_pinned() {
    assert_eq!(to_hex(&encode_record(&record())), "010101030265432100000000000000002e000000000000000000000000000000ff");
    assert_eq!(to_hex(&history_key().to_bytes()), "30313233343536373839616263646566010203040000000004654321000100000006");
    assert_eq!(to_hex(&encode_history(&history_value("0fab"))), "0160000000000000000000000965432101010fab");
    assert_eq!(to_hex(&encode_history(&history_value("0FAB"))), "01600000000000000000000009654321010030464142");
    let change = Change { at: IysTime::from_unix(1), states: vec![(relation(), State::from_byte(0x21))], new: 1 };
    assert_eq!(to_hex(&encode_change(&change)), "02000000010000000130313233343536373839616263646566010203040000000021");
    let first_version = from_hex("010000000130313233343536373839616263646566010203040000000021").unwrap();
    assert_eq!(decode_change(&first_version), Ok(Change { new: 0, ..change }), "it did not tell what is new");
    assert_eq!(to_hex(&encode_cursor(IysTime::from_unix(0x6543_2100))), "0165432100");
    assert_eq!(to_hex(&brand_key(BrandCode::new(5).unwrap())), "6272616e642f00000005");
    assert_eq!(to_hex(&source_key(SourceCode::from_stored(5))), "736f757263652f00000005");
    assert_eq!(to_hex(&import_cursor_key(BrandCode::new(5).unwrap())), "696d706f72742f00000005");
    let position = BulkPosition { job: 0x0102, movements: 3, applied: 1, unchanged: 2 };
    let bytes = "010000000000000102000000000000000300000000000000010000000000000002";
    assert_eq!((to_hex(BULK_KEY), to_hex(&encode_bulk(&position))), ("62756c6b".to_owned(), bytes.to_owned()));
    assert_eq!(decode_bulk(&encode_bulk(&position)), Ok(position));
    assert_eq!(decode_bulk(&encode_bulk(&position)[..32]), Err(InvalidBytes::Length));
    assert_eq!(to_hex(SWEEP_KEY), "73776565702f686973746f7279");
    let [under_way, done] = sweeps();
    assert_eq!(to_hex(&encode_sweep(&under_way)), "016543210030313233343536373839616263646566010203040000000004");
    assert_eq!(to_hex(&encode_sweep(&done)), "0165432100");
}

/// A pass under way, and one that is done.
fn sweeps() -> [Sweep; 2] {
    let cell = *history_key().to_bytes().first_chunk::<CELL_LENGTH>().unwrap();
    [Some(cell), None].map(|below| Sweep { begun: IysTime::from_unix(0x6543_2100), below })
}

#[test]
fn retention_reads_what_it_needs_of_a_row() {
    for sweep in sweeps() {
        assert_eq!(decode_sweep(&encode_sweep(&sweep)), Ok(sweep));
    }
    let change = Change { at: IysTime::from_unix(7), states: vec![(relation(), State::from_byte(0x21))], new: 0 };
    assert_eq!(decode_change_time(&encode_change(&change)), Ok(change.at));
    assert_eq!(decode_known_since(&encode_history(&history_value("0fab"))), Ok(history_value("0fab").known_since));
    for bytes in [&b""[..], b"\x01", b"\x01abc"] {
        assert_eq!(decode_change_time(bytes), Err(InvalidBytes::Length));
        assert_eq!(decode_known_since(bytes), Err(InvalidBytes::Length));
        assert_eq!(decode_sweep(bytes), Err(InvalidBytes::Length));
    }
    assert_eq!(decode_sweep(&[&encode_sweep(&sweeps()[0])[..], b"x"].concat()), Err(InvalidBytes::Length));
    assert_eq!(decode_sweep(b"\x02abcd"), Err(InvalidBytes::Version));
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(decode_record(&encode_record(&record())), Ok(record()));
    assert_eq!(HistoryKey::from_bytes(&history_key().to_bytes()), Ok(history_key()));
    for id in ["", "0fab", "0FAB", "abc", "0f8fad5b-d9cb-469f-a165-70867728950e"] {
        assert_eq!(decode_history(&encode_history(&history_value(id))), Ok(history_value(id)));
    }
    let change = Change { at: IysTime::from_unix(7), states: vec![(relation(), State::from_byte(2)); 3], new: 2 };
    assert_eq!(decode_change(&encode_change(&change)), Ok(change));
    let code = BrandCode::new(601_234).unwrap();
    let brand = Brand { code, iys_code: IysCode::new(600_000).unwrap(), title: "Örnek Mağaza".to_owned(), active: true };
    assert_eq!(decode_brand(&brand_key(code), &encode_brand(&brand)), Ok(brand));
    assert_eq!(decode_cursor(&encode_cursor(IysTime::from_unix(7))), Ok(IysTime::from_unix(7)));
}

#[test]
fn unknown_and_short_bytes_are_errors() {
    let mut later = encode_record(&record());
    later[0] = 2;
    assert_eq!(decode_record(&later), Err(InvalidBytes::Version));
    let mut other_key = encode_record(&record());
    other_key[1] = 2;
    assert_eq!(decode_record(&other_key), Err(InvalidBytes::Version), "made under another secret");
    let mut odd_status = encode_record(&record());
    odd_status[4] = 3;
    assert_eq!(decode_record(&odd_status), Err(InvalidBytes::Code));
    let whole = encode_record(&record());
    for length in (0..whole.len()).filter(|length| *length != 3) {
        assert!(decode_record(&whole[..length]).is_err(), "{length}");
    }
    assert_eq!(HistoryKey::from_bytes(&[9; 34]), Err(InvalidBytes::Code));
    assert_eq!(HistoryKey::from_bytes(&[1; 35]), Err(InvalidBytes::Length));
    assert_eq!(HistoryKey::from_bytes(&history_key().to_bytes()[..33]), Err(InvalidBytes::Length));
    assert_eq!(decode_change(&[1, 0, 0, 0, 1, 9]), Err(InvalidBytes::Length));
    assert_eq!(decode_change(&[2, 0, 0, 0, 1, 0, 0, 0, 1]), Err(InvalidBytes::Length), "more new ones than there are");
    assert_eq!(decode_change(&[3, 0, 0, 0, 1]), Err(InvalidBytes::Version));
    assert_eq!(decode_brand(b"brand/\0\0\0\x05", &[1, 0, 0, 0, 1, 2]), Err(InvalidBytes::Code));
    assert_eq!(decode_cursor(&[1, 0, 0, 0, 0, 0]), Err(InvalidBytes::Length));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = (decode_record(&bytes), decode_history(&bytes), decode_change(&bytes), decode_cursor(&bytes));
        let _ = (HistoryKey::from_bytes(&bytes), decode_brand(&bytes, &bytes), decode_source_key(&bytes));
    }
}
