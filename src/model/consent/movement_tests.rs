use super::*;
use crate::model::secret::pseudonym::Secret;
use proptest::prelude::*;

const NOW: IysTime = IysTime::from_unix(1_795_000_000);

fn row() -> RawMovement<'static> {
    RawMovement {
        created: "2026-11-02 10:00:00",
        transaction: "0f3a",
        recipient: "+905321234567",
        recipient_type: "BIREYSEL",
        channel: "MESAJ",
        status: "ONAY",
        consented: "2026-11-01 09:00:00",
        source: "HS_WEB",
        brand: "",
    }
}

fn read_with(raw: &RawMovement<'_>, export_as_of: Option<IysTime>) -> Result<Parsed, Refusal> {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    parse(raw, &Context { pseudonymizer: &pseudonymizer, brand: BrandCode::new(601_234), now: NOW, export_as_of })
}

fn read(raw: &RawMovement<'_>) -> Result<Parsed, Refusal> {
    read_with(raw, None)
}

#[test]
fn a_row_becomes_a_movement() {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let recipient = Recipient::parse("05321234567", Channel::Mesaj).unwrap();
    let movement = Movement {
        relation: RelationKey::of_brand(pseudonymizer.recipient(&recipient), BrandCode::new(601_234).unwrap()),
        cell: Cell::new(Channel::Mesaj, RecipientType::Bireysel),
        status: Status::Onay,
        created: IysTime::parse("2026-11-02 10:00:00").unwrap(),
        consented: IysTime::parse("2026-11-01 09:00:00").ok(),
        source: Source::parse("HS_WEB").unwrap(),
        transaction: TransactionId::parse("0f3a").ok(),
        misformed: false,
        received: false,
        reading: Reading::Only,
    };
    assert_eq!(read(&row()), Ok(Parsed { movement, copies: Vec::new() }));
}

#[test]
fn an_onay_is_refused_by_the_first_rule_it_breaks() {
    let cases = [
        (RawMovement { status: "BELKI", ..row() }, Refusal::InvalidStatus),
        (RawMovement { brand: "601235", ..row() }, Refusal::InvalidBrand),
        (RawMovement { brand: "x", ..row() }, Refusal::InvalidBrand),
        (RawMovement { channel: "FAKS", ..row() }, Refusal::InvalidType),
        (RawMovement { recipient_type: "KURUM", ..row() }, Refusal::InvalidRecipientType),
        (RawMovement { recipient: " ", ..row() }, Refusal::RecipientMissing),
        (RawMovement { recipient: "not-an-address", ..row() }, Refusal::InvalidRecipient),
        (RawMovement { recipient: "-5320000911", ..row() }, Refusal::InvalidRecipient),
        (RawMovement { recipient: "532000100.0", ..row() }, Refusal::InvalidRecipient),
        (RawMovement { recipient: "4522123456", ..row() }, Refusal::AmbiguousRecipient),
        (RawMovement { recipient: "5321234567", ..row() }, Refusal::AmbiguousRecipient),
        (RawMovement { recipient: "ayse@ornek.com", ..row() }, Refusal::WrongAddressKind),
        (RawMovement { channel: "EPOSTA", ..row() }, Refusal::WrongAddressKind),
        (RawMovement { created: "2026-13-01 00:00:00", ..row() }, Refusal::InvalidCreationDate),
        (RawMovement { created: "2090-01-01 00:00:00", ..row() }, Refusal::FutureCreationDate),
        (RawMovement { transaction: "905321234567", ..row() }, Refusal::InvalidTransactionId),
        (RawMovement { consented: "yesterday", ..row() }, Refusal::InvalidConsentDate),
        (RawMovement { source: "5321234567", ..row() }, Refusal::InvalidSource),
        (RawMovement { created: "", ..row() }, Refusal::NotRecordedAtIys),
        (RawMovement { transaction: "", ..row() }, Refusal::NotRecordedAtIys),
    ];
    for (raw, refusal) in cases {
        assert_eq!(read(&raw), Err(refusal));
    }
}

fn ret() -> RawMovement<'static> {
    RawMovement { status: "RET", ..row() }
}

#[test]
fn a_ret_without_a_usable_identity_blocks_from_its_receipt_and_ranks_behind_what_may_be_ahead_of_it() {
    let broken = [
        RawMovement { created: "", ..ret() },
        RawMovement { created: "2026-13-01 00:00:00", ..ret() },
        RawMovement { transaction: "", ..ret() },
        RawMovement { transaction: "905321234567", ..ret() },
    ];
    for raw in broken {
        let movement = read(&raw).unwrap().movement;
        let found = (movement.received, movement.created, movement.date(), movement.transaction);
        assert_eq!(found, (true, NOW.plus(CLOCK_TOLERANCE), NOW, None));
    }
    let bare = RawMovement { recipient: "0532 123 45 67", channel: "MESAJ", status: "RET", ..RawMovement::default() };
    assert_eq!(read(&bare).unwrap().movement.source, Source::LOCAL_RET);
}

#[test]
fn a_ret_of_iys_keeps_its_date_however_far_ahead_and_whatever_else_is_unreadable() {
    let ahead = read(&RawMovement { created: "2090-01-01 00:00:00", ..ret() }).unwrap().movement;
    assert_eq!((ahead.received, ahead.created), (false, IysTime::parse("2090-01-01 00:00:00").unwrap()));
    let movement = read(&RawMovement { consented: "yesterday", source: "5321234567", ..ret() }).unwrap().movement;
    assert_eq!((movement.received, movement.consented, movement.source), (false, None, Source::NONE));
}

#[test]
fn an_onay_counts_up_to_the_tolerance_ahead_and_not_further() {
    let at = |ahead: u32| NOW.plus(ahead).to_string();
    let (near, far) = (at(CLOCK_TOLERANCE), at(CLOCK_TOLERANCE + 1));
    assert_eq!(read(&RawMovement { created: &near, ..row() }).unwrap().movement.created, NOW.plus(CLOCK_TOLERANCE));
    assert_eq!(read(&RawMovement { created: &far, ..row() }), Err(Refusal::FutureCreationDate));
}

#[test]
fn words_in_other_habits_are_read_where_they_can_mean_one_thing() {
    for (status, channel, recipient_type) in [
        ("Ret", "Mesaj", "Bireysel"),
        ("RED", " MESAJ ", "BİREYSEL"),
        ("ret\u{200b}", "mesaj\u{feff}", "bireysel"),
        (" RET", "SMS", ""),
        ("\u{202a}RET\u{202c}", "MESAJ", "  "),
    ] {
        assert_eq!(
            read(&RawMovement { recipient_type, channel, status, ..row() }),
            read(&ret()),
            "{status} {channel} {recipient_type}"
        );
    }
    let onay = RawMovement { status: "Onay", channel: "mesaj", recipient_type: "BİREYSEL\u{200b}", ..row() };
    assert_eq!(read(&onay), read(&row()));
    assert_eq!(read(&RawMovement { recipient: "\u{202a}+905321234567\u{202c}", ..ret() }), read(&ret()));
}

#[test]
fn a_ret_whose_recipient_type_cannot_be_read_blocks_every_type() {
    for recipient_type in ["KURUMSAL", "ESNAF", "XX", "5", "[]"] {
        let Parsed { movement, copies } = read(&RawMovement { recipient_type, ..ret() }).unwrap();
        let of_merchants =
            Movement { cell: Cell::new(Channel::Mesaj, RecipientType::Tacir), reading: Reading::Copy, ..movement.clone() };
        let of_consumers = read(&ret()).map(|parsed| Movement { reading: Reading::First, ..parsed.movement });
        assert_eq!((Ok(movement), copies), (of_consumers, vec![of_merchants]), "{recipient_type}");
    }
}

#[test]
fn a_ret_blocks_every_address_that_it_can_mean() {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let of = |text: &str| pseudonymizer.recipient(&Recipient::parse(text, Channel::Mesaj).unwrap());
    let wrong_form = pseudonymizer.recipient(&Recipient::parse_approval("+9005321234567", Channel::Mesaj).unwrap());
    let blocked = |raw: &RawMovement<'_>| -> Vec<_> {
        let movements: Vec<_> = read(raw).unwrap().into_movements().collect();
        let readings = movements.iter().filter(|movement| movement.reading.is_ambiguous()).count();
        assert_eq!(readings, if movements.len() > 1 { movements.len() } else { 0 }, "İYS may hold it under any of them");
        movements
            .into_iter()
            .map(|movement| (movement.relation.pseudonym, movement.misformed, movement.reading.is_copy()))
            .collect()
    };
    let plain = of("05321234567");
    for recipient in ["+9005321234567", "9005321234567", "009005321234567", "+90 0532 123 45 67"] {
        let expected = [(plain, false, false), (wrong_form, true, true)];
        assert_eq!(blocked(&RawMovement { recipient, ..ret() }), expected, "{recipient}");
    }
    assert_eq!(blocked(&RawMovement { recipient: "0532 123 45 67", ..ret() }), [(plain, false, false)]);
    let danish = [(of("04522123456"), false, false), (of("+4522123456"), false, true)];
    assert_eq!(blocked(&RawMovement { recipient: "4522123456", ..ret() }), danish);
    let all = RawMovement { recipient: "4522123456", recipient_type: "ESNAF", ..ret() };
    assert_eq!(read(&all).unwrap().into_movements().count(), 4, "both numbers, both types");
}

#[test]
fn what_is_not_applied_and_may_be_a_refusal_leaves_a_gap() {
    let leaves = |raw: &RawMovement<'_>| read(raw).unwrap_err().leaves_gap(raw);
    for raw in [
        RawMovement { status: "", ..row() },
        RawMovement { status: "BELKI", ..row() },
        RawMovement { recipient: "x", ..ret() },
        RawMovement { channel: "FAKS", ..ret() },
        RawMovement { brand: "601235", ..ret() },
        RawMovement { created: "2090-01-01 00:00:00", ..row() },
    ] {
        assert!(leaves(&raw), "{}", raw.status);
    }
    for raw in [
        RawMovement { recipient: "x", ..row() },
        RawMovement { recipient_type: "ESNAF", ..row() },
        RawMovement { created: "x", ..row() },
    ] {
        assert!(!leaves(&raw), "an approval that cannot be read approves nothing");
    }
}

#[test]
fn a_panel_export_counts_as_of_its_time() {
    let as_of = IysTime::parse("2026-11-10 08:00:00").unwrap();
    let bare = RawMovement { created: "", transaction: "", source: "", ..row() };
    let movement = read_with(&bare, Some(as_of)).unwrap().movement;
    assert_eq!((movement.created, movement.transaction, movement.source), (as_of, None, Source::IYS_EXPORT));
    let recorded = read_with(&row(), Some(as_of)).unwrap().movement;
    assert_eq!(recorded.created, IysTime::parse("2026-11-02 10:00:00").unwrap(), "its own creationDate stands");
}

#[test]
fn an_export_of_the_future_approves_nobody() {
    let unrecorded = RawMovement { created: "", transaction: "", ..row() };
    let tomorrow = NOW.plus(86_400);
    assert_eq!(read_with(&unrecorded, Some(tomorrow)), Err(Refusal::FutureCreationDate));
    let ret = read_with(&RawMovement { status: "RET", ..unrecorded }, Some(tomorrow)).unwrap();
    assert_eq!((ret.movement.date(), ret.movement.received), (NOW, true));
}

#[test]
fn the_wrong_form_is_marked() {
    assert!(read(&RawMovement { recipient: "+9005321234567", ..row() }).unwrap().movement.misformed);
}

#[test]
fn codes_lead_back() {
    for refusal in Refusal::ALL {
        assert_eq!(Refusal::from_code(refusal.code()), Some(refusal));
    }
}

proptest! {
    #[test]
    fn no_row_panics(fields in proptest::collection::vec("\\PC{0,40}", 9)) {
        let [created, transaction, recipient, recipient_type, channel, status, consented, source, brand] = &fields[..] else { unreachable!() };
        let _ = read(&RawMovement { created, transaction, recipient, recipient_type, channel, status, consented, source, brand });
        let _ = read(&RawMovement { created, recipient, consented, source, ..row() });
    }
}
