//! No row panics; what is taken keeps the rules that stand above the field rules.
#![no_main]

use izingate::model::brand::BrandCode;
use izingate::model::consent::movement::{Context, RawMovement, Refusal, parse};
use izingate::model::consent::state::Status;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PSEUDONYMIZER: LazyLock<Pseudonymizer> = LazyLock::new(|| Pseudonymizer::new(&Secret::from_bytes([7; 32])));

/// Refusals of a row that does not even name its recipient, channel, brand and status.
const NAMELESS: [Refusal; 5] = [
    Refusal::InvalidBrand,
    Refusal::InvalidType,
    Refusal::RecipientMissing,
    Refusal::InvalidRecipient,
    Refusal::WrongAddressKind,
];

fuzz_target!(|text: &str| {
    let mut fields = text.split('\n');
    let mut next = || fields.next().unwrap_or_default();
    let raw = RawMovement {
        status: next(),
        channel: next(),
        recipient: next(),
        created: next(),
        transaction: next(),
        recipient_type: next(),
        consented: next(),
        source: next(),
        brand: next(),
    };
    let switches = next().as_bytes().first().copied().unwrap_or_default();
    let now = IysTime::from_unix(1_800_000_000);
    let export_as_of = (switches & 1 != 0).then(|| IysTime::from_unix(1_700_000_000));
    let brand = if switches & 2 != 0 { None } else { BrandCode::new(601_234) };
    let context = Context { pseudonymizer: &PSEUDONYMIZER, brand, now, export_as_of };
    match parse(&raw, &context) {
        Ok(taken) => {
            let movement = &taken.movement;
            let proven = movement.transaction.is_some() || export_as_of == Some(movement.created);
            let is_approval = movement.status == Status::Onay;
            assert!(!is_approval || proven, "an ONAY is proven by İYS");
            assert!(!is_approval || movement.created <= now.plus(600), "no ONAY comes from the future");
            assert!(!is_approval || taken.copies.is_empty(), "an ONAY means one thing");
            assert!(movement.received || proven, "a RET has İYS's identity or is received");
            assert_eq!(movement.received, movement.created == now.plus(600) && movement.date() == now && !proven);
            assert_eq!(movement.reading.is_ambiguous(), !taken.copies.is_empty(), "who has copies need not be İYS's own record");
            for copy in &taken.copies {
                assert!(copy.reading.is_copy() && copy.status == Status::Ret && copy.created == movement.created);
            }
            assert_eq!(parse(&raw, &context), Ok(taken), "the same row is the same movement");
        }
        Err(refusal) => {
            let is_ret = Status::read(raw.status) == Some(Status::Ret);
            assert!(!is_ret || NAMELESS.contains(&refusal), "a RET that names its recipient is never refused: {refusal:?}");
        }
    }
});
