//! Decisions and their reasons.

pub mod id;
pub mod question;

/// What the sender is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Decision {
    /// Send.
    Allow = 1,
    /// Do not send.
    Deny = 2,
    /// Do not send now, ask again: we cannot vouch.
    Defer = 3,
}

/// Why. The numbers are on the wire and in evidence; none is ever given to another reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Not everything is in memory yet.
    NotReady = 1,
    /// The demanded revision did not become visible in time.
    RevisionNotReached = 2,
    /// The address is malformed, or of the wrong kind for the channel.
    InvalidRecipient = 3,
    /// The sender or message lies outside the regulation.
    OutOfScope = 4,
    /// The brand is unknown, or not active at İYS.
    SenderNotRegistered = 5,
    /// An exempt message whose declaration is on file.
    Exempt = 6,
    /// An exempt or out-of-scope message without its declaration.
    DeclarationMissing = 7,
    /// The brand's data is older than its allowed age.
    Stale = 8,
    /// The recipient refused.
    Refused = 9,
    /// Nothing is on record at İYS.
    NoRecord = 10,
    /// The retailer has no access to the brand's consent.
    RetailerNotAuthorised = 11,
    /// The recipient approved.
    Approved = 12,
    /// The evidence of an approval could not be taken.
    EvidenceUnavailable = 13,
}

/// A decision with its reason and the article behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// The article of the regulation; empty where none decides.
    pub article: &'static str,
    /// False where a brand's mode let through what a row would have stopped.
    pub enforced: bool,
    /// The message is exempt, and its recipient has refused commercial ones.
    pub refusal_on_record: bool,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::Defer];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Defer => "DEFER",
        }
    }
}

impl Reason {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 13] = [
        Self::NotReady,
        Self::RevisionNotReached,
        Self::InvalidRecipient,
        Self::OutOfScope,
        Self::SenderNotRegistered,
        Self::Exempt,
        Self::DeclarationMissing,
        Self::Stale,
        Self::Refused,
        Self::NoRecord,
        Self::RetailerNotAuthorised,
        Self::Approved,
        Self::EvidenceUnavailable,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::RevisionNotReached => "REVISION_NOT_REACHED",
            Self::InvalidRecipient => "INVALID_RECIPIENT",
            Self::OutOfScope => "OUT_OF_SCOPE",
            Self::SenderNotRegistered => "SENDER_NOT_REGISTERED",
            Self::Exempt => "EXEMPT",
            Self::DeclarationMissing => "DECLARATION_MISSING",
            Self::Stale => "STALE",
            Self::Refused => "REFUSED",
            Self::NoRecord => "NO_RECORD",
            Self::RetailerNotAuthorised => "RETAILER_NOT_AUTHORISED",
            Self::Approved => "APPROVED",
            Self::EvidenceUnavailable => "EVIDENCE_UNAVAILABLE",
        }
    }

    /// The decision that the reason leads to while every row is enforced.
    #[must_use]
    pub const fn decision(self) -> Decision {
        match self {
            Self::Approved | Self::Exempt | Self::OutOfScope => Decision::Allow,
            Self::NotReady | Self::RevisionNotReached | Self::Stale | Self::EvidenceUnavailable => Decision::Defer,
            Self::InvalidRecipient
            | Self::SenderNotRegistered
            | Self::DeclarationMissing
            | Self::Refused
            | Self::NoRecord
            | Self::RetailerNotAuthorised => Decision::Deny,
        }
    }

    /// Whether a brand's mode may let through what is stopped for this reason.
    #[must_use]
    pub const fn yields_to_mode(self) -> bool {
        matches!(self, Self::Stale | Self::Refused | Self::NoRecord | Self::RetailerNotAuthorised)
    }

    /// The reason for people, in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::NotReady => "The gateway is still loading; ask again.",
            Self::RevisionNotReached => "The demanded revision is not visible here yet; ask again.",
            Self::InvalidRecipient => "The address is malformed, or of the wrong kind for the channel.",
            Self::OutOfScope => "The message lies outside the regulation.",
            Self::SenderNotRegistered => {
                "The brand is not on file here as registered and active at İYS (a wrong number, never added, or deactivated); the send \
                 must not start."
            }
            Self::Exempt => "The message is exempt and the sender's declaration is on file.",
            Self::DeclarationMissing => "The message is said to be exempt, but no valid declaration of the sender is on file.",
            Self::Stale => "The brand's data is older than allowed; ask again.",
            Self::Refused => "The recipient has refused messages of this brand on this channel.",
            Self::NoRecord => "İYS holds no approval of this recipient for this brand on this channel.",
            Self::RetailerNotAuthorised => "The recipient approved the brand, but the retailer has no access to that consent.",
            Self::Approved => "The recipient has approved messages of this brand on this channel.",
            Self::EvidenceUnavailable => "The approval could not be recorded as evidence; ask again.",
        }
    }

    /// The reason for people, in Turkish.
    #[must_use]
    pub const fn turkish(self) -> &'static str {
        match self {
            Self::NotReady => "Geçit henüz yükleniyor; tekrar sorun.",
            Self::RevisionNotReached => "İstenen sürüm burada henüz görünür değil; tekrar sorun.",
            Self::InvalidRecipient => "Telefon ya da e-posta okunamadı ya da bu kanala uygun değil.",
            Self::OutOfScope => "İleti, Yönetmelik kapsamı dışındadır.",
            Self::SenderNotRegistered => {
                "Marka burada İYS'ye kayıtlı ve etkin olarak tanımlı değil (numara yanlış, marka hiç eklenmemiş ya da devre dışı); \
                 gönderim başlatılamaz."
            }
            Self::Exempt => "İleti istisna kapsamındadır ve göndericinin beyanı kayıtlıdır.",
            Self::DeclarationMissing => {
                "İletinin istisna kapsamında olduğu belirtildi, ancak göndericinin geçerli beyanı kayıtlı değil."
            }
            Self::Stale => "Markanın verisi izin verilenden eski; tekrar sorun.",
            Self::Refused => "Alıcı bu markanın bu kanaldaki iletilerini reddetti.",
            Self::NoRecord => "İYS'de bu alıcının bu marka ve kanal için onayı yok.",
            Self::RetailerNotAuthorised => "Alıcının markaya onayı var, ancak bayinin bu izne erişim yetkisi yok.",
            Self::Approved => "Alıcı bu markanın bu kanaldaki iletilerini onayladı.",
            Self::EvidenceUnavailable => "Onay kanıtı kaydedilemedi; tekrar sorun.",
        }
    }
}

impl Verdict {
    /// The verdict of a reason under enforcement.
    #[must_use]
    pub const fn of(reason: Reason, article: &'static str) -> Self {
        Self { decision: reason.decision(), reason, article, enforced: true, refusal_on_record: false }
    }

    /// The byte of a batch's result: decision in the high two bits, reason in the low six.
    #[must_use]
    pub const fn byte(self) -> u8 {
        (self.decision as u8) << 6 | self.reason as u8
    }

    /// The byte in evidence: the same, with [`Verdict::REFUSAL_ON_RECORD`] where that is so.
    #[must_use]
    pub const fn evidence_byte(self) -> u8 {
        if self.refusal_on_record { self.byte() | Self::REFUSAL_ON_RECORD } else { self.byte() }
    }

    /// In a byte of evidence: the recipient of an exempt message has refused commercial ones. No reason reaches it.
    pub const REFUSAL_ON_RECORD: u8 = 0x20;

    /// Whether a byte says no more than that nobody can vouch at this moment: it is worth asking again.
    #[must_use]
    pub fn is_momentary(byte: u8) -> bool {
        matches!(Self::parts(byte), Some((Decision::Defer, Reason::NotReady | Reason::EvidenceUnavailable)))
    }

    /// Whether a byte is an ALLOW that only a brand's mode gives: enforced, its reason stops the message.
    #[must_use]
    pub fn is_let_through(byte: u8) -> bool {
        matches!(Self::parts(byte), Some((Decision::Allow, reason)) if reason.yields_to_mode())
    }

    /// Decision and reason of a byte; none if no verdict has it.
    #[must_use]
    pub fn parts(byte: u8) -> Option<(Decision, Reason)> {
        let decision = Decision::ALL.into_iter().find(|decision| *decision as u8 == byte >> 6)?;
        let reason = Reason::ALL.into_iter().find(|reason| *reason as u8 == byte & 0x3F)?;
        Some((decision, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_lead_back_and_are_pinned() {
        for reason in Reason::ALL {
            let verdict = Verdict::of(reason, "");
            assert_eq!(Verdict::parts(verdict.byte()), Some((verdict.decision, reason)));
        }
        assert_eq!(Verdict::of(Reason::Approved, "").byte(), 0b0100_1100);
        assert_eq!(Verdict::of(Reason::Refused, "").byte(), 0b1000_1001);
        assert_eq!(Verdict::of(Reason::NotReady, "").byte(), 0b1100_0001);
        assert_eq!(Verdict::parts(0), None, "a byte nobody wrote is no ALLOW");
        let let_through =
            |reason| Verdict::is_let_through(Verdict { decision: Decision::Allow, ..Verdict::of(reason, "") }.byte());
        let yields = [Reason::Stale, Reason::Refused, Reason::NoRecord, Reason::RetailerNotAuthorised];
        assert_eq!(Reason::ALL.into_iter().filter(|reason| let_through(*reason)).collect::<Vec<_>>(), yields);
        assert!(!Reason::ALL.into_iter().any(|reason| Verdict::is_let_through(Verdict::of(reason, "").byte())));
        let momentary = |reason| Verdict::is_momentary(Verdict::of(reason, "").byte());
        assert!(momentary(Reason::NotReady) && momentary(Reason::EvidenceUnavailable) && !momentary(Reason::Stale));
    }
}
