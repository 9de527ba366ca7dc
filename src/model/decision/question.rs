//! What a sender asks.

use crate::model::brand::declaration::Exemption;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::Cell;

/// Bytes of a caller's reference at most: it comes back in the answer and is kept in the evidence.
pub const LONGEST_REFERENCE: usize = 128;

/// Why the message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Purpose {
    /// A commercial message: needs an approval.
    #[default]
    Commercial,
    /// 6(1): about goods or services already taken.
    Exempt61,
    /// 6(2): running subscriptions, collection, delivery and the like.
    Exempt62,
    /// 6(4): capital-market intermediaries informing their clients.
    Exempt64,
    /// A message outside the regulation (2/2).
    OutOfScope,
}

/// The part of a question that all recipients of a batch share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The sender.
    pub brand: BrandCode,
    /// Channel and recipient type.
    pub cell: Cell,
    /// Who sends under the brand's consent.
    pub retailer: RetailerCode,
    /// Why.
    pub purpose: Purpose,
}

/// The recipients of a batch, as they came.
#[derive(Clone, Copy)]
pub enum Recipients<'a> {
    /// Addresses as senders spell them.
    Spelled(&'a [String]),
    /// The same, of questions that came one by one.
    Each(&'a [&'a str]),
    /// Phones in E.164 as numbers, as this program packed them.
    Phones(&'a [u64]),
    /// Phones in E.164 as numbers, as a caller packed them, who may have left out the country code.
    Packed(&'a [u64]),
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Commercial, Self::Exempt61, Self::Exempt62, Self::Exempt64, Self::OutOfScope];

    /// Which exemption it claims, if any.
    #[must_use]
    pub const fn exemption(self) -> Option<Exemption> {
        match self {
            Self::Exempt61 => Some(Exemption::Article61),
            Self::Exempt62 => Some(Exemption::Article62),
            Self::Exempt64 => Some(Exemption::Article64),
            Self::Commercial | Self::OutOfScope => None,
        }
    }

    /// The purpose that claims an exemption.
    #[must_use]
    pub const fn claiming(exemption: Exemption) -> Self {
        match exemption {
            Exemption::Article61 => Self::Exempt61,
            Exemption::Article62 => Self::Exempt62,
            Exemption::Article64 => Self::Exempt64,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commercial => "TICARI",
            Self::Exempt61 => "MUAF_6_1",
            Self::Exempt62 => "MUAF_6_2",
            Self::Exempt64 => "MUAF_6_4",
            Self::OutOfScope => "KAPSAM_DISI",
        }
    }

    /// Reads the name in JSON.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

impl Recipients<'_> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Spelled(recipients) => recipients.len(),
            Self::Each(recipients) => recipients.len(),
            Self::Phones(phones) | Self::Packed(phones) => phones.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
