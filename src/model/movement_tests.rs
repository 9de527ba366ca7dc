use super::*;
use crate::model::secret::Secret;
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

fn read_with(raw: &RawMovement<'_>, export_as_of: Option<IysTime>) -> Result<Taken, Refusal> {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    parse(raw, &Context { pseudonymizer: &pseudonymizer, brand: BrandCode::new(601_234), now: NOW, export_as_of })
}

fn read(raw: &RawMovement<'_>) -> Result<Taken, Refusal> {
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
    };
    assert_eq!(read(&row()), Ok(Taken { movement, as_of_now: false }));
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

#[test]
fn a_ret_that_names_whom_and_where_is_never_lost() {
    let ret = RawMovement { status: "RET", ..row() };
    let broken = [
        RawMovement { created: "", ..ret },
        RawMovement { created: "2026-13-01 00:00:00", ..ret },
        RawMovement { created: "2090-01-01 00:00:00", ..ret },
        RawMovement { transaction: "", ..ret },
        RawMovement { transaction: "905321234567", ..ret },
    ];
    for raw in broken {
        let taken = read(&raw).unwrap();
        assert_eq!((taken.as_of_now, taken.movement.created, taken.movement.transaction), (true, NOW, None));
    }
    let taken = read(&RawMovement { consented: "yesterday", source: "5321234567", ..ret }).unwrap();
    assert_eq!((taken.as_of_now, taken.movement.consented, taken.movement.source), (false, None, Source::NONE));
    let bare = RawMovement { recipient: "0532 123 45 67", channel: "MESAJ", status: "RET", ..RawMovement::default() };
    assert_eq!(read(&bare).unwrap().movement.source, Source::LOCAL_RET);
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
    assert_eq!((ret.movement.created, ret.as_of_now), (NOW, true));
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
