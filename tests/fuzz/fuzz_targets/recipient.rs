//! No text panics; what is read is normal: reading it again changes nothing.
#![no_main]

use izingate::model::channel::Channel;
use izingate::model::recipient::{InvalidRecipient, Phone, Recipient};
use libfuzzer_sys::fuzz_target;

/// An address as it would be written out.
fn written(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Phone(phone) => format!("+{}", phone.packed()),
        Recipient::Email(email) => email.as_str().to_owned(),
    }
}

fuzz_target!(|text: &str| {
    for channel in Channel::ALL {
        let asked = Recipient::parse(text, channel);
        if let Ok(once) = &asked {
            let text = written(once);
            assert!(!once.is_misformed(), "a question is never in the wrong form");
            assert_eq!(Recipient::parse(&text, channel).as_ref(), Ok(once));
            assert_eq!(Recipient::parse_stored(&text, channel).as_ref(), Ok(once));
        }
        let stored = Recipient::parse_stored(text, channel);
        if let Ok(once) = &stored {
            assert_eq!(Recipient::parse_stored(&written(once), channel).as_ref(), Ok(once));
            assert_ne!(asked, Err(InvalidRecipient::WrongKind), "both readings agree on the kind");
        }
        if let Ok(Recipient::Phone(phone)) = &asked {
            assert_eq!(Phone::from_packed(phone.packed()), Some(*phone));
        }
    }
    if let Some(packed) = text.as_bytes().first_chunk() {
        let packed = u64::from_le_bytes(*packed);
        if let Some(phone) = Phone::from_packed(packed) {
            assert_eq!(Phone::parse(&format!("+{packed}")), Some(phone), "packed and written are the same number");
        }
    }
});
