//! One change of one consent, as İYS publishes it, and the rules under which a row becomes one.
//!
//! Three rules stand above the field rules.
//!
//! 1. An ONAY counts only if İYS has recorded it, which its `creationDate` and `transactionId` prove (7/12).
//! 2. A RET that names its recipient, channel and brand is never refused. Whatever else is unreadable in it is left
//!    out; an unreadable recipient type blocks every recipient type; an address that can mean two numbers blocks both.
//! 3. A refusal never loses to a clock. Without a usable İYS identity a RET blocks from its receipt on (9/6) and ranks
//!    [`CLOCK_TOLERANCE`] later, so that no approval whose date is ahead of our clock outranks it; with İYS's
//!    identity it keeps its date however far that is ahead. An ONAY further ahead than the tolerance is not applied.
//!
//! A row that is not applied may hide a refusal: [`Refusal::leaves_gap`] says whether what was read is incomplete
//! without it.

use super::channel::{Cell, Channel, RecipientType};
use super::key::RelationKey;
use super::source::{Source, SourceCode};
use super::state::Status;
use super::transaction::TransactionId;
use crate::model::address::recipient::{InvalidRecipient, Readings, Recipient};
use crate::model::brand::BrandCode;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::text::fold::bare;
use crate::model::time::IysTime;

/// A movement, its address already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Whose consent, for which brand. Of a retailer it tells whether that one may use the consent: see
    /// [`crate::model::brand::retailer`].
    pub relation: RelationKey,
    /// Channel and recipient type.
    pub cell: Cell,
    /// What the consent became.
    pub status: Status,
    /// The time that decides: when İYS registered it. Of a refusal that was received without İYS's identity,
    /// [`CLOCK_TOLERANCE`] after its receipt; [`Movement::date`] is the receipt.
    pub created: IysTime,
    /// When the recipient gave or withdrew it; empty for a merchant's line closure. Never decides.
    pub consented: Option<IysTime>,
    /// Where it came from.
    pub source: Source,
    /// İYS's id; none for a refusal told to us directly and for rows of a panel export.
    pub transaction: Option<TransactionId>,
    /// Recorded at İYS under the wrong form `+900…`: kept, counted, never found.
    pub misformed: bool,
    /// A refusal that was received without İYS's identity.
    pub received: bool,
    /// Which of the addresses and recipient types that its row can mean it is of.
    pub reading: Reading,
}

/// Place of a movement among those that its row can mean. Only a refusal has more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reading {
    /// The row means one address and recipient type.
    #[default]
    Only,
    /// The first of several: İYS may hold the refusal under another one.
    First,
    /// The same refusal under another address or recipient type: applied, not counted as a row of its own.
    Copy,
}

impl Reading {
    /// Whether the row can mean more than one address or recipient type.
    #[must_use]
    pub fn is_ambiguous(self) -> bool {
        self != Self::Only
    }

    /// Whether it is not counted as a row of its own.
    #[must_use]
    pub fn is_copy(self) -> bool {
        self == Self::Copy
    }
}

impl Movement {
    /// The date to show: İYS's creationDate, or the receipt.
    #[must_use]
    pub const fn date(&self) -> IysTime {
        date_of(self.created, self.received)
    }

    /// Whether it is no movement but an observation of İYS's list.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        is_observation(self.status, self.source.code())
    }
}

/// Whether a status and its source are an observation: what İYS's list said of an address when it was asked, either way. It is
/// no consent, so it neither ranks among the movements of a cell nor hides one.
#[must_use]
pub fn is_observation(status: Status, source: SourceCode) -> bool {
    match status {
        Status::Yok => true,
        Status::Onay => source == Source::SWEEP.code(),
        Status::Ret => false,
    }
}

/// The date to show of a movement that ranks at `created`.
#[must_use]
pub const fn date_of(created: IysTime, received: bool) -> IysTime {
    if received { created.minus(CLOCK_TOLERANCE) } else { created }
}

/// The fields of a row or message as they came, before any rule. An absent field and an empty one are
/// the same thing here.
#[derive(Clone, Copy, Default)]
pub struct RawMovement<'a> {
    /// `creationDate`.
    pub created: &'a str,
    /// `transactionId`.
    pub transaction: &'a str,
    /// `recipient`.
    pub recipient: &'a str,
    /// `recipientType`; empty means BIREYSEL.
    pub recipient_type: &'a str,
    /// `type`.
    pub channel: &'a str,
    /// `status`.
    pub status: &'a str,
    /// `consentDate`.
    pub consented: &'a str,
    /// `source`.
    pub source: &'a str,
    /// `brandCode`; empty where the file or call names the brand for all rows.
    pub brand: &'a str,
}

impl std::fmt::Debug for RawMovement<'_> {
    /// No field of an unread row in a log: any of them may hold an address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawMovement(…)")
    }
}

/// What the edge knows beside the row.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Makes the pseudonym.
    pub pseudonymizer: &'a Pseudonymizer,
    /// The brand of the file or call, if it names one.
    pub brand: Option<BrandCode>,
    /// The moment of receipt.
    pub now: IysTime,
    /// The moment of an export from İYS's panel, whose rows carry no creationDate of their own.
    pub export_as_of: Option<IysTime>,
}

/// Why a row was not taken. The names are the stable codes of files, logs and the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// The line has not the columns of its header, or is not readable at all.
    #[error("the line is not readable or has not the columns of the header")]
    BadLine,
    /// No recipient.
    #[error("recipient is missing")]
    RecipientMissing,
    /// Not an address.
    #[error("recipient is neither a phone in E.164 nor an e-mail address")]
    InvalidRecipient,
    /// An ONAY for ten digits without a country code.
    #[error("recipient has ten digits and no country code: a number of Türkiye or of another country; write +90… or +…")]
    AmbiguousRecipient,
    /// A phone for EPOSTA or an e-mail for MESAJ or ARAMA.
    #[error("MESAJ and ARAMA take phone numbers, EPOSTA takes e-mail addresses")]
    WrongAddressKind,
    /// Not ARAMA, MESAJ or EPOSTA.
    #[error("type is not ARAMA, MESAJ or EPOSTA")]
    InvalidType,
    /// Not ONAY or RET.
    #[error("status is not ONAY or RET")]
    InvalidStatus,
    /// Not BIREYSEL or TACIR.
    #[error("recipientType is not BIREYSEL or TACIR")]
    InvalidRecipientType,
    /// Not a brand's number, or not the number of the file or call.
    #[error("brandCode is missing, not a number, or not the brand of this file or call")]
    InvalidBrand,
    /// The brand is not on file.
    #[error("the brand is not known here; add it first")]
    UnknownBrand,
    /// Not a time.
    #[error("creationDate is not YYYY-MM-DD HH:mm:ss")]
    InvalidCreationDate,
    /// An ONAY that is more than [`CLOCK_TOLERANCE`] later than now.
    #[error("creationDate lies more than 10 minutes in the future")]
    FutureCreationDate,
    /// Not a time.
    #[error("consentDate is not YYYY-MM-DD HH:mm:ss")]
    InvalidConsentDate,
    /// Not a source.
    #[error("source is not a name of capital letters, digits and underscores")]
    InvalidSource,
    /// Not an id.
    #[error("transactionId is not an id")]
    InvalidTransactionId,
    /// An ONAY without İYS's creationDate and transactionId (7/12).
    #[error("an ONAY without İYS's creationDate and transactionId is not a consent (7/12)")]
    NotRecordedAtIys,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The movement.
    pub movement: Movement,
    /// The same refusal under every other address and recipient type that the row can mean.
    pub copies: Vec<Movement>,
}

/// Seconds that another clock may be ahead of ours before its time counts as the future.
pub const CLOCK_TOLERANCE: u32 = 600;

impl Parsed {
    /// All of them.
    pub fn into_movements(self) -> impl Iterator<Item = Movement> {
        std::iter::once(self.movement).chain(self.copies)
    }
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 16] = [
        Self::BadLine,
        Self::RecipientMissing,
        Self::InvalidRecipient,
        Self::AmbiguousRecipient,
        Self::WrongAddressKind,
        Self::InvalidType,
        Self::InvalidStatus,
        Self::InvalidRecipientType,
        Self::InvalidBrand,
        Self::UnknownBrand,
        Self::InvalidCreationDate,
        Self::FutureCreationDate,
        Self::InvalidConsentDate,
        Self::InvalidSource,
        Self::InvalidTransactionId,
        Self::NotRecordedAtIys,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadLine => "BAD_LINE",
            Self::RecipientMissing => "RECIPIENT_MISSING",
            Self::InvalidRecipient => "INVALID_RECIPIENT",
            Self::AmbiguousRecipient => "AMBIGUOUS_RECIPIENT",
            Self::WrongAddressKind => "WRONG_ADDRESS_KIND",
            Self::InvalidType => "INVALID_TYPE",
            Self::InvalidStatus => "INVALID_STATUS",
            Self::InvalidRecipientType => "INVALID_RECIPIENT_TYPE",
            Self::InvalidBrand => "INVALID_BRAND",
            Self::UnknownBrand => "UNKNOWN_BRAND",
            Self::InvalidCreationDate => "INVALID_CREATION_DATE",
            Self::FutureCreationDate => "FUTURE_CREATION_DATE",
            Self::InvalidConsentDate => "INVALID_CONSENT_DATE",
            Self::InvalidSource => "INVALID_SOURCE",
            Self::InvalidTransactionId => "INVALID_TRANSACTION_ID",
            Self::NotRecordedAtIys => "NOT_RECORDED_AT_IYS",
        }
    }

    /// Whether what a feed has read is incomplete without the row. An ONAY that cannot be read approves nothing less
    /// than before; anything else may have been a RET, and an ONAY of the future is one that is still to count.
    #[must_use]
    pub fn leaves_gap(self, raw: &RawMovement<'_>) -> bool {
        self == Self::FutureCreationDate || Status::read(raw.status) != Some(Status::Onay)
    }

    /// The refusal of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

/// Reads a row.
///
/// # Errors
/// The first rule that the row breaks.
pub fn parse(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Parsed, Refusal> {
    match Status::read(raw.status) {
        Some(Status::Onay) => parse_approval(raw, context),
        Some(Status::Ret) => parse_refusal(raw, context),
        Some(Status::Yok) | None => Err(Refusal::InvalidStatus),
    }
}

fn parse_approval(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Parsed, Refusal> {
    let brand = brand_of(raw, context)?;
    let channel = channel_of(raw)?;
    let recipient_type = recipient_type_of(raw).ok_or(Refusal::InvalidRecipientType)?;
    let recipient = Recipient::parse_approval(given_recipient(raw)?, channel).map_err(refusal_of)?;
    let identity = identity_of(raw, context)?;
    if identity.created > context.now.plus(CLOCK_TOLERANCE) {
        return Err(Refusal::FutureCreationDate);
    }
    let consented = consented_of(raw)?;
    let source = Source::parse(bare(raw.source)).map_err(|_| Refusal::InvalidSource)?;
    let movement = Movement {
        relation: RelationKey::of_brand(context.pseudonymizer.recipient(&recipient), brand),
        cell: Cell { channel, recipient_type },
        status: Status::Onay,
        created: identity.created,
        consented,
        source: identity.source_or(source),
        transaction: identity.transaction,
        misformed: recipient.is_misformed(),
        received: false,
        reading: Reading::Only,
    };
    Ok(Parsed { movement, copies: Vec::new() })
}

fn parse_refusal(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Parsed, Refusal> {
    let brand = brand_of(raw, context)?;
    let channel = channel_of(raw)?;
    let recipient_type = recipient_type_of(raw);
    let Readings { first, second } = Recipient::parse_refusal(given_recipient(raw)?, channel).map_err(refusal_of)?;
    let identity = identity_of(raw, context).unwrap_or_else(|_| Identity::received(context.now));
    // Recorded but never deciding: a RET survives without them.
    let consented = consented_of(raw).unwrap_or(None);
    let source = Source::parse(bare(raw.source)).unwrap_or(Source::NONE);
    let reading = if second.is_some() || recipient_type.is_none() { Reading::First } else { Reading::Only };
    let movement = Movement {
        relation: RelationKey::of_brand(context.pseudonymizer.recipient(&first), brand),
        cell: Cell { channel, recipient_type: recipient_type.unwrap_or_default() },
        status: Status::Ret,
        created: identity.created,
        consented,
        source: identity.source_or(source),
        transaction: identity.transaction,
        misformed: first.is_misformed(),
        received: identity.received,
        reading,
    };
    let copies = copies(&movement, second.as_ref(), recipient_type.is_none(), context.pseudonymizer);
    Ok(Parsed { movement, copies })
}

/// The same refusal under the other reading of its address, and under both recipient types if its own is unreadable.
fn copies(of: &Movement, second: Option<&Recipient>, every_type: bool, pseudonymizer: &Pseudonymizer) -> Vec<Movement> {
    let mut copies = Vec::new();
    if let Some(recipient) = second {
        let relation = RelationKey { pseudonym: pseudonymizer.recipient(recipient), ..of.relation };
        copies.push(Movement { relation, misformed: recipient.is_misformed(), reading: Reading::Copy, ..of.clone() });
    }
    if every_type {
        let cell = Cell { recipient_type: of.cell.recipient_type.other(), ..of.cell };
        let others: Vec<_> =
            std::iter::once(of).chain(&copies).map(|one| Movement { cell, reading: Reading::Copy, ..one.clone() }).collect();
        copies.extend(others);
    }
    copies
}

fn brand_of(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<BrandCode, Refusal> {
    let text = bare(raw.brand);
    let own = if text.is_empty() { None } else { Some(BrandCode::parse(text).ok_or(Refusal::InvalidBrand)?) };
    match (own, context.brand) {
        (Some(own), Some(given)) if own != given => Err(Refusal::InvalidBrand),
        (own, given) => own.or(given).ok_or(Refusal::InvalidBrand),
    }
}

fn channel_of(raw: &RawMovement<'_>) -> Result<Channel, Refusal> {
    Channel::read(raw.channel).ok_or(Refusal::InvalidType)
}

/// An empty one means BIREYSEL; `None` if it cannot be read.
fn recipient_type_of(raw: &RawMovement<'_>) -> Option<RecipientType> {
    if bare(raw.recipient_type).is_empty() { Some(RecipientType::default()) } else { RecipientType::read(raw.recipient_type) }
}

fn given_recipient<'a>(raw: &RawMovement<'a>) -> Result<&'a str, Refusal> {
    if bare(raw.recipient).is_empty() { Err(Refusal::RecipientMissing) } else { Ok(raw.recipient) }
}

const fn refusal_of(invalid: InvalidRecipient) -> Refusal {
    match invalid {
        InvalidRecipient::Malformed => Refusal::InvalidRecipient,
        InvalidRecipient::WrongKind => Refusal::WrongAddressKind,
        InvalidRecipient::Ambiguous => Refusal::AmbiguousRecipient,
    }
}

/// Where a movement stands in İYS's order, and how that is known.
struct Identity {
    created: IysTime,
    transaction: Option<TransactionId>,
    default_source: Source,
    received: bool,
}

impl Identity {
    /// The place of a refusal without a usable identity: behind every approval that can be on record at its receipt.
    fn received(now: IysTime) -> Self {
        Self { created: now.plus(CLOCK_TOLERANCE), transaction: None, default_source: Source::LOCAL_RET, received: true }
    }

    fn source_or(&self, source: Source) -> Source {
        if source == Source::NONE { self.default_source.clone() } else { source }
    }
}

/// The identity that İYS gave, or that an export of its panel stands for.
fn identity_of(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Identity, Refusal> {
    let (created, transaction) = (bare(raw.created), bare(raw.transaction));
    if created.is_empty() || transaction.is_empty() {
        let as_of = context.export_as_of.ok_or(Refusal::NotRecordedAtIys)?;
        if as_of > context.now.plus(CLOCK_TOLERANCE) {
            return Err(Refusal::FutureCreationDate);
        }
        return Ok(Identity { created: as_of, transaction: None, default_source: Source::IYS_EXPORT, received: false });
    }
    let created = IysTime::parse(created).map_err(|_| Refusal::InvalidCreationDate)?;
    let transaction = TransactionId::parse(transaction).map_err(|_| Refusal::InvalidTransactionId)?;
    Ok(Identity { created, transaction: Some(transaction), default_source: Source::NONE, received: false })
}

fn consented_of(raw: &RawMovement<'_>) -> Result<Option<IysTime>, Refusal> {
    match bare(raw.consented) {
        "" => Ok(None),
        text => IysTime::parse(text).map(Some).map_err(|_| Refusal::InvalidConsentDate),
    }
}

#[cfg(test)]
#[path = "movement_tests.rs"]
mod tests;
