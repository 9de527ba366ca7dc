//! No text panics; what is read is normal: reading it again changes nothing; a refusal blocks every other reading.
#![no_main]

use izingate::model::address::recipient::{InvalidRecipient, Phone, Readings, Recipient};
use izingate::model::consent::channel::Channel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for channel in Channel::ALL {
        let asked = Recipient::parse(text, channel);
        let approval = Recipient::parse_approval(text, channel);
        let refusal = Recipient::parse_refusal(text, channel);
        if let Ok(once) = &asked {
            let text = once.to_iys();
            assert!(!once.is_misformed(), "a question is never in the wrong form");
            assert_eq!(Recipient::parse(&text, channel).as_ref(), Ok(once));
            assert_eq!(Recipient::parse_approval(&text, channel).as_ref(), Ok(once));
        }
        if let Ok(once) = &approval {
            assert_eq!(Recipient::parse_approval(&once.to_iys(), channel).as_ref(), Ok(once));
            assert_ne!(asked, Err(InvalidRecipient::WrongKind), "both readings agree on the kind");
        }
        let blocked = refusal.as_ref().map(|Readings { first, second }| [Some(first), second.as_ref()]).unwrap_or_default();
        for read in [&asked, &approval].into_iter().filter_map(|read| read.as_ref().ok()) {
            assert!(blocked.contains(&Some(read)), "a refusal of the same text blocks it");
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
