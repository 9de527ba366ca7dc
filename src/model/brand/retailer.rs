//! A retailer's access to consents of a brand.
//!
//! At İYS a retailer (bayi) is given access to one consent: of one recipient, channel and recipient type. Access
//! is kept the way a consent is, in the retailer's own relation: ONAY in a cell says that the retailer may use
//! the brand's consent there, RET that this was taken away. So it follows the same order: the latest moment
//! holds, and in the same second the one that allows nothing.

use crate::model::address::recipient::{InvalidRecipient, Recipient};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::{Movement, Reading};
use crate::model::consent::source::Source;
use crate::model::consent::state::Status;
use crate::model::time::IysTime;
use std::num::NonZeroU32;

/// A retailer, which is never the brand itself: what is noted of it cannot become a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Retailer(NonZeroU32);

/// Whether a retailer may use one consent, as of a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose consent.
    pub recipient: Pseudonym,
    /// For which brand.
    pub brand: BrandCode,
    /// Who may, or may not, use it.
    pub retailer: Retailer,
    /// Channel and recipient type.
    pub cell: Cell,
    /// Whether it may.
    pub allowed: bool,
    /// As of when: the only time that decides.
    pub at: IysTime,
    /// [`Source::LOCAL_ACCESS`] or [`Source::IYS_ACCESS`].
    pub source: Source,
}

/// Which consents of an address are meant; what is left out stands for all that the address can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Consents {
    /// The channel.
    pub channel: Option<Channel>,
    /// The recipient type.
    pub recipient_type: Option<RecipientType>,
}

impl Retailer {
    /// A retailer's number at İYS; 0 is none.
    #[must_use]
    pub fn new(code: u32) -> Option<Self> {
        NonZeroU32::new(code).map(Self)
    }

    /// Reads decimal digits, leading zeros allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BrandCode::parse(text).and_then(|code| Self::new(code.get()))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The same among the senders of a brand.
    #[must_use]
    pub const fn code(self) -> RetailerCode {
        RetailerCode::new(self.0.get())
    }
}

impl Access {
    /// The movement as which it is taken in.
    #[must_use]
    pub fn movement(self) -> Movement {
        Movement {
            relation: RelationKey { pseudonym: self.recipient, brand: self.brand, retailer: self.retailer.code() },
            cell: self.cell,
            status: if self.allowed { Status::Onay } else { Status::Ret },
            created: self.at,
            consented: None,
            source: self.source,
            transaction: None,
            misformed: false,
            received: false,
            reading: Reading::Only,
        }
    }
}

impl Consents {
    /// Reads an address as a sender spells it: of the channel, or of either kind where none is named.
    ///
    /// # Errors
    /// The text is no address, or one of the wrong kind for the channel.
    pub fn recipient(self, text: &str) -> Result<Recipient, InvalidRecipient> {
        let of_its_kind = if text.contains('@') { Channel::Eposta } else { Channel::Mesaj };
        Recipient::parse(text, self.channel.unwrap_or(of_its_kind))
    }

    /// The cells that are meant of an address.
    pub fn cells(self, recipient: &Recipient) -> impl Iterator<Item = Cell> {
        let phone = matches!(recipient, Recipient::Phone(_));
        Cell::ALL.into_iter().filter(move |cell| {
            cell.channel.takes_phones() == phone
                && self.channel.is_none_or(|channel| channel == cell.channel)
                && self.recipient_type.is_none_or(|recipient_type| recipient_type == cell.recipient_type)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "0532 123 45 67";

    fn cells(consents: Consents, text: &str) -> Vec<u8> {
        consents.cells(&consents.recipient(text).unwrap()).map(Cell::code).collect()
    }

    #[test]
    fn what_is_left_out_is_all_that_the_address_can_have() {
        let all = Consents::default();
        let merchant = Consents { recipient_type: Some(RecipientType::Tacir), ..all };
        let texts = Consents { channel: Some(Channel::Mesaj), ..all };
        let one = Consents { channel: Some(Channel::Mesaj), ..merchant };
        assert_eq!([all, merchant, texts, one].map(|of| cells(of, PHONE)), [vec![0, 1, 2, 3], vec![1, 3], vec![2, 3], vec![3]]);
        assert_eq!([all, merchant].map(|of| cells(of, "a@ornek.com")), [vec![4, 5], vec![5]]);
        assert_eq!(texts.recipient("a@ornek.com"), Err(InvalidRecipient::WrongKind));
        for text in ["", "x", "@"] {
            assert_eq!(all.recipient(text), Err(InvalidRecipient::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_retailer_is_never_the_brand() {
        assert_eq!((Retailer::new(0), Retailer::parse("000"), Retailer::parse("x")), (None, None, None));
        assert_eq!(Retailer::parse("00054856321").map(Retailer::get), Some(54_856_321));
    }

    #[test]
    fn access_is_taken_in_under_the_retailers_own_relation() {
        let access = Access {
            recipient: Pseudonym([7; 16]),
            brand: BrandCode::new(601_234).unwrap(),
            retailer: Retailer::new(5).unwrap(),
            cell: Cell::ALL[2],
            allowed: false,
            at: IysTime::from_unix(9),
            source: Source::LOCAL_ACCESS,
        };
        let expected = Movement {
            relation: RelationKey { retailer: RetailerCode::new(5), ..RelationKey::of_brand(access.recipient, access.brand) },
            cell: Cell::ALL[2],
            status: Status::Ret,
            created: IysTime::from_unix(9),
            consented: None,
            source: Source::LOCAL_ACCESS,
            transaction: None,
            misformed: false,
            received: false,
            reading: Reading::Only,
        };
        assert_eq!(Access { allowed: true, ..access.clone() }.movement(), Movement { status: Status::Onay, ..expected.clone() });
        assert_eq!(access.movement(), expected);
    }
}
