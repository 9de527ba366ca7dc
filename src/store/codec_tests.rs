use super::*;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash, Exemption};
use crate::model::brand::mode::{Mode, ModeFrom, ModePlan};
use crate::model::brand::retailer::{Access, Retailer};
use crate::model::brand::sender_profile::{DataKeeper, Keeper, OutOfScope, Standing};
use crate::model::brand::{Brand, BrandCode, Feed, IysCode, MaxAge};
use crate::model::consent::channel::{Channel, Channels, RecipientType};
use crate::model::consent::key::Pseudonym;
use crate::model::consent::source::Source;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::secret::cipher::SealedPhone;
use crate::model::text::hex::{from_hex, to_hex};
use crate::ports::UnreportedClosure;
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
        received: false,
        ambiguous: false,
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
        received: false,
        ambiguous: false,
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

#[test]
fn bytes_of_access_are_pinned() {
    let access = Access {
        recipient: relation().pseudonym,
        brand: relation().brand,
        retailer: Retailer::new(7).unwrap(),
        cell: Cell::new(Channel::Mesaj, RecipientType::Bireysel),
        allowed: true,
        at: IysTime::from_unix(0x6543_2100),
        source: Source::LOCAL_ACCESS,
    };
    let told = Access { allowed: false, source: Source::IYS_ACCESS, ..access.clone() }.movement();
    let access = access.movement();
    assert_eq!(to_hex(&access.relation.to_bytes()), "303132333435363738396162636465660102030400000007");
    let mut record = Record::default();
    record.set(access.cell, CellRecord::of(&access));
    assert_eq!(to_hex(&encode_record(&record)), "010100020165432100000000000000006800000000000000000000000000000000");
    assert_eq!((decode_record(&encode_record(&record)), record.state().byte()), (Ok(record), 0b0001_0000));
    record.set(told.cell, CellRecord::of(&told));
    assert_eq!(to_hex(&encode_record(&record)), "010100020265432100000000000000006900000000000000000000000000000000");
    assert_eq!(record.state().byte(), 0b0010_0000);
}

/// A record with everything that later formats added.
fn closed_and_absent() -> Record {
    let mut record = record();
    record.note_closed(IysTime::from_unix(0x6543_2200));
    record.observe(Cell::new(Channel::Arama, RecipientType::Bireysel), Status::Yok, IysTime::from_unix(0x6543_2300));
    record
}

fn observation() -> HistoryKey {
    HistoryKey { status: Status::Yok, source: SourceCode::from_stored(102), ..history_key() }
}

fn position() -> Position {
    Position {
        complete_to: IysTime::from_unix(0x6543_2100),
        newest: None,
        asked: IysTime::from_unix(0x6543_2f10),
        cursor: "1597740617_632c".into(),
    }
}

#[test]
fn bytes_of_format_2_are_pinned() {
    let bytes = "01010365432200030265432100000000000000002e000000000000000000000000000000ff8065432300";
    assert_eq!(to_hex(&encode_record(&closed_and_absent())), bytes);
    assert_eq!(decode_record(&encode_record(&closed_and_absent())), Ok(closed_and_absent()));
    assert_eq!(to_hex(&observation().to_bytes()), "30313233343536373839616263646566010203040000000084654321000300000066");
    assert_eq!(HistoryKey::from_bytes(&observation().to_bytes()), Ok(observation()));
    let code = BrandCode::new(5).unwrap();
    let key = feed_key(code, Stream::Iys);
    assert_eq!(to_hex(&key), "666565642f0000000501");
    assert_eq!(to_hex(&encode_feed(&position())), "01654321000000000065432f10313539373734303631375f36333263");
    assert_eq!(decode_feed(&key, &encode_feed(&position())), Ok((code, Stream::Iys, position())));
    let times = [0, 0x6543_2100, 0x6543_2200].map(IysTime::from_unix);
    let gap = Gap { brand: code, from: times[0], to: times[1], found: times[2] };
    assert_eq!(
        (to_hex(&gap_key(code)), to_hex(&encode_gap(&gap))),
        ("6761702f00000005".to_owned(), "01000000006543210065432200".to_owned())
    );
    assert_eq!(decode_gap(&gap_key(code), &encode_gap(&gap)), Ok(gap));
    let closure = Closure { closed: times[1], revision: 9, known_since: times[2] };
    assert_eq!(to_hex(&encode_closure(&closure)), "010165432100000000000000000965432200");
    assert_eq!(decode_closure(&encode_closure(&closure)), Ok(closure));
    let sealed = SealedPhone::from_bytes(std::array::from_fn(|place| place as u8));
    let duty = UnreportedClosure { id: 9, closed: times[1], noted: times[2], sealed };
    let bytes = "01016543210065432200000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223";
    assert_eq!((to_hex(&duty_key(9)), to_hex(&encode_duty(&duty))), ("647574792f0000000000000009".to_owned(), bytes.to_owned()));
    assert_eq!(decode_duty(&duty_key(9), &encode_duty(&duty)), Ok(duty.clone()));
    assert_eq!(decode_duty(&duty_key(9), &encode_duty(&duty)[..45]), Err(InvalidBytes::Length));
    assert_eq!(decode_duty(&duty_key(9), &[&[1, 2][..], &encode_duty(&duty)[2..]].concat()), Err(InvalidBytes::Version));
    assert_eq!(to_hex(&export_cursor_key(code)), "6578706f72742f00000005");
    let brand = Brand {
        feed: Feed::Iys(Channels::NONE.with(Channel::Mesaj)),
        max_age: [None, MaxAge::from_minutes(90), None],
        ..Brand::imported(code, IysCode::new(7).unwrap(), "Ad".to_owned())
    };
    let second_version = from_hex("020000000703020000005a00004164").unwrap();
    assert_eq!(decode_brand(&brand_key(code), &second_version), Ok(brand));
    let first_version = from_hex("01000000070141 64".replace(' ', "").as_str()).unwrap();
    assert_eq!(
        decode_brand(&brand_key(code), &first_version),
        Ok(Brand::imported(code, IysCode::new(7).unwrap(), "Ad".to_owned()))
    );
}

/// Bytes of what format 4 adds to consents: flags of refusals, and listings apart from movements.
#[test]
fn bytes_of_listings_and_flags_are_pinned() {
    let cell = Cell::new(Channel::Mesaj, RecipientType::Tacir);
    for (received, ambiguous, status, kind) in [(true, false, "82", "02"), (false, true, "42", "80"), (true, true, "c2", "82")] {
        let mut record = record();
        record.set(cell, CellRecord { received, ambiguous, transaction: 0, ..*record.get(cell).unwrap() });
        let bytes = format!("01010103{status}65432100000000000000002e{}", "00".repeat(16));
        assert_eq!((to_hex(&encode_record(&record)), decode_record(&encode_record(&record))), (bytes, Ok(record)));
        let value = HistoryValue { received, ambiguous, ..history_value("") };
        assert_eq!(to_hex(&encode_history(&value)), format!("0160000000000000000000000965432101{kind}"));
        assert_eq!(decode_history(&encode_history(&value)), Ok(value));
    }
    let identified = HistoryValue { ambiguous: true, ..history_value("0fab") };
    assert_eq!(to_hex(&encode_history(&identified)), "0160000000000000000000000965432101810fab");
    assert_eq!(decode_history(&encode_history(&identified)), Ok(identified));

    let mut record = closed_and_absent();
    record.observe(Cell::ALL[0], Status::Onay, IysTime::from_unix(0x6543_2400));
    record.observe(Cell::ALL[5], Status::Onay, IysTime::from_unix(0x6543_2500));
    let bytes = [&encode_record(&closed_and_absent())[..], &from_hex("c065432400c565432500").unwrap()].concat();
    assert_eq!((to_hex(&encode_record(&record)), decode_record(&bytes)), (to_hex(&bytes), Ok(record)));
    let head = &encode_record(&Record::default())[..];
    for odd in ["4065432400", "c665432400", "c0654324", "02c1654321000000000000000006", "0283654321000000000000000006"] {
        assert!(decode_record(&[head, &from_hex(odd).unwrap()].concat()).is_err(), "{odd}");
    }

    let listing = HistoryKey { status: Status::Onay, ..observation() };
    assert_eq!(to_hex(&listing.to_bytes()), "30313233343536373839616263646566010203040000000084654321000100000066");
    assert_eq!(HistoryKey::from_bytes(&listing.to_bytes()), Ok(listing));
    // As an earlier program wrote it: among the movements.
    let earlier = "30313233343536373839616263646566010203040000000004654321000100000066";
    assert_eq!(
        (to_hex(&listing.to_earlier_bytes()), HistoryKey::from_bytes(&listing.to_earlier_bytes())),
        (earlier.to_owned(), Ok(listing))
    );
    for (cell, status, source) in [(0x84, 1, 6), (0x84, 2, 0x66), (0x04, 3, 0x66)] {
        let mut odd = listing.to_bytes();
        (odd[24], odd[29], odd[33]) = (cell, status, source);
        assert_eq!(HistoryKey::from_bytes(&odd), Err(InvalidBytes::Code), "{cell} {status} {source}");
    }
}

/// A brand with everything that it can have.
fn papered_brand() -> Brand {
    let (now, later) = (IysTime::from_unix(0x6543_2100), IysTime::from_unix(0x6543_2200));
    let current = ModeFrom { mode: Mode::Shadow, from: now };
    let plan = ModePlan { current, next: Some(ModeFrom { mode: Mode::Enforce, from: later }) };
    let keeper = DataKeeper { keeper: Keeper::Partner("O".to_owned()), declaration: "S".to_owned(), declared: now };
    Brand {
        iys_code: None,
        feed: Feed::Iys(Channels::NONE.with(Channel::Mesaj)),
        max_age: [None, MaxAge::from_minutes(90), None],
        modes: [ModePlan::ENFORCED, plan, ModePlan { current, next: None }],
        standing: Standing {
            out_of_scope: Some(OutOfScope::Members),
            exempt_only: true,
            require_declaration: true,
            declaration: "Ü".to_owned(),
            keeper: Some(keeper),
        },
        ..Brand::imported(BrandCode::new(5).unwrap(), IysCode::new(7).unwrap(), "Ad".to_owned())
    }
}

fn declaration() -> Declaration {
    let declared = Declared {
        brand: BrandCode::new(5).unwrap(),
        exemption: Exemption::Article64,
        by: "Ay".to_owned(),
        at: IysTime::from_unix(0x6543_2100),
        document: DocumentHash([0xAB; 32]),
        valid_until: Some(IysTime::from_unix(0x6543_2200)),
    };
    Declaration { id: 9, declared, revoked: Some(IysTime::from_unix(0x6543_2300)) }
}

#[test]
fn bytes_of_format_3_are_pinned() {
    let (key, bytes) = (brand_key(BrandCode::new(5).unwrap()), encode_brand(&papered_brand()));
    let (head, ages) = ("0300000000".to_owned() + "0f02", "0000005a0000");
    let modes = ["01000000000000000000", "03654321000165432200", "03654321000000000000"].concat();
    let standing = ["02", "0002c39c", "02", "65432100", "000153", "00014f"].concat();
    assert_eq!(to_hex(&bytes), [head.as_str(), ages, &modes, &standing, "4164"].concat());
    assert_eq!(decode_brand(&key, &bytes), Ok(papered_brand()));
    let plain = Brand { iys_code: IysCode::new(7), standing: Standing::NONE, ..papered_brand() };
    assert_eq!(decode_brand(&key, &encode_brand(&plain)), Ok(plain));
    for length in 0..bytes.len() - "Ad".len() {
        assert!(decode_brand(&key, &bytes[..length]).is_err(), "{length}");
    }
    let changed = |place: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = byte;
        decode_brand(&key, &bytes)
    };
    assert_eq!(changed(0, 4), Err(InvalidBytes::Version));
    for (place, byte) in [(5, 0x1F), (13, 4), (13, 0), (43, 3), (48, 3)] {
        assert_eq!(changed(place, byte), Err(InvalidBytes::Code), "{place}: {byte}");
    }
    let (key, bytes) = (declaration_key(9), encode_declaration(&declaration()));
    let times = ["65432100", "65432200", "65432300"].concat();
    assert_eq!(to_hex(&key), "6465636c61726174696f6e2f0000000000000009");
    assert_eq!(to_hex(&bytes), ["01", "00000005", "04", &times, &"ab".repeat(32), "4179"].concat());
    assert_eq!(decode_declaration(&key, &bytes), Ok(declaration()));
    assert_eq!(decode_declaration(&key, &bytes[..49]), Err(InvalidBytes::Length));
    assert_eq!(decode_declaration(&key, &[&[2], &bytes[1..]].concat()), Err(InvalidBytes::Version));
    assert_eq!(decode_declaration(&key, &[&bytes[..5], &[3], &bytes[6..]].concat()), Err(InvalidBytes::Code));
    assert_eq!(decode_declaration(&key[..19], &bytes), Err(InvalidBytes::Length));
}

#[test]
fn an_observation_is_never_taken_for_a_movement() {
    let mut unmarked = observation().to_bytes();
    unmarked[24] &= !0x80;
    let mut marked = history_key().to_bytes();
    marked[24] |= 0x80;
    assert_eq!([&unmarked, &marked].map(|bytes| HistoryKey::from_bytes(bytes)), [Err(InvalidBytes::Code); 2]);
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
    let brand = Brand::imported(code, IysCode::new(600_000).unwrap(), "Örnek Mağaza".to_owned());
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
        let _ = (decode_feed(&bytes, &bytes), decode_gap(&bytes, &bytes), decode_closure(&bytes));
        let _ = (decode_brand(b"brand/\0\0\0\x05", &bytes), decode_declaration(b"declaration/\0\0\0\0\0\0\0\x05", &bytes));
        let _ = (decode_duty(&bytes, &bytes), decode_duty(b"duty/\0\0\0\0\0\0\0\x05", &bytes));
        let _ = (decode_feed(b"feed/\0\0\0\x05\x01", &bytes), decode_gap(b"gap/\0\0\0\x05", &bytes));
    }
}
