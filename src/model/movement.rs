//! One change of one consent, as İYS publishes it, and the rules under which a row becomes one.
//!
//! Two rules stand above the field rules. An ONAY counts only if İYS has recorded it, which its
//! `creationDate` and `transactionId` prove (7/12). A RET that names its recipient, channel and brand
//! is never refused: whatever else is unreadable in it is left out, and without a usable İYS identity
//! it blocks as of now (9/6: stop at once on receipt).

use super::brand::BrandCode;
use super::channel::{Cell, Channel, RecipientType};
use super::key::RelationKey;
use super::recipient::{InvalidRecipient, Recipient};
use super::secret::Pseudonymizer;
use super::source::Source;
use super::state::Status;
use super::time::IysTime;
use super::transaction::TransactionId;

/// A movement, its address already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Whose consent, for which brand. Of a retailer it tells whether that one may use the consent: see
    /// [`super::access`].
    pub relation: RelationKey,
    /// Channel and recipient type.
    pub cell: Cell,
    /// What the consent became.
    pub status: Status,
    /// When İYS registered it: the only time that decides.
    pub created: IysTime,
    /// When the recipient gave or withdrew it; empty for a merchant's line closure. Never decides.
    pub consented: Option<IysTime>,
    /// Where it came from.
    pub source: Source,
    /// İYS's id; none for a refusal told to us directly and for rows of a panel export.
    pub transaction: Option<TransactionId>,
    /// Recorded at İYS under the wrong form `+900…`: kept, counted, never found.
    pub misformed: bool,
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
    #[error("the brand is not on file; add it first")]
    UnknownBrand,
    /// Not a time.
    #[error("creationDate is not YYYY-MM-DD HH:mm:ss")]
    InvalidCreationDate,
    /// Later than now.
    #[error("creationDate lies in the future")]
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

/// A movement with a note on how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The movement.
    pub movement: Movement,
    /// A RET without a usable İYS identity, which therefore blocks as of now.
    pub as_of_now: bool,
}

/// How far another clock may be ahead of ours before its time counts as the future.
pub const CLOCK_TOLERANCE: u32 = 600;

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 15] = [
        Self::BadLine,
        Self::RecipientMissing,
        Self::InvalidRecipient,
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

    /// The refusal of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

/// Makes a movement of a row.
///
/// # Errors
/// The first rule that the row breaks.
pub fn parse(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Taken, Refusal> {
    let status = Status::from_name(raw.status.trim()).ok_or(Refusal::InvalidStatus)?;
    let brand = brand_of(raw, context)?;
    let cell = cell_of(raw)?;
    let recipient = recipient_of(raw, cell.channel)?;
    let identity = identity_of(raw, context, status)?;
    let (consented, source) = details_of(raw, status)?;
    let movement = Movement {
        relation: RelationKey::of_brand(context.pseudonymizer.recipient(&recipient), brand),
        cell,
        status,
        created: identity.created,
        consented,
        source: if source == Source::NONE { identity.default_source } else { source },
        transaction: identity.transaction,
        misformed: recipient.is_misformed(),
    };
    Ok(Taken { movement, as_of_now: identity.as_of_now })
}

fn brand_of(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<BrandCode, Refusal> {
    let own = if raw.brand.trim().is_empty() { None } else { Some(BrandCode::parse(raw.brand).ok_or(Refusal::InvalidBrand)?) };
    match (own, context.brand) {
        (Some(own), Some(given)) if own != given => Err(Refusal::InvalidBrand),
        (own, given) => own.or(given).ok_or(Refusal::InvalidBrand),
    }
}

fn cell_of(raw: &RawMovement<'_>) -> Result<Cell, Refusal> {
    let channel = Channel::from_name(raw.channel.trim()).ok_or(Refusal::InvalidType)?;
    let recipient_type = match raw.recipient_type.trim() {
        "" => RecipientType::default(),
        name => RecipientType::from_name(name).ok_or(Refusal::InvalidRecipientType)?,
    };
    Ok(Cell { channel, recipient_type })
}

fn recipient_of(raw: &RawMovement<'_>, channel: Channel) -> Result<Recipient, Refusal> {
    if raw.recipient.trim().is_empty() {
        return Err(Refusal::RecipientMissing);
    }
    Recipient::parse_stored(raw.recipient, channel).map_err(|invalid| match invalid {
        InvalidRecipient::Malformed => Refusal::InvalidRecipient,
        InvalidRecipient::WrongKind => Refusal::WrongAddressKind,
    })
}

/// Where a movement stands in İYS's order, and how that is known.
struct Identity {
    created: IysTime,
    transaction: Option<TransactionId>,
    default_source: Source,
    as_of_now: bool,
}

fn identity_of(raw: &RawMovement<'_>, context: &Context<'_>, status: Status) -> Result<Identity, Refusal> {
    match recorded_identity(raw, context) {
        Ok(identity) => Ok(identity),
        Err(_) if status == Status::Ret => {
            Ok(Identity { created: context.now, transaction: None, default_source: Source::LOCAL_RET, as_of_now: true })
        }
        Err(refusal) => Err(refusal),
    }
}

/// The identity that İYS gave, or that an export of its panel stands for.
fn recorded_identity(raw: &RawMovement<'_>, context: &Context<'_>) -> Result<Identity, Refusal> {
    let (created, transaction) = (raw.created.trim(), raw.transaction.trim());
    let future = |time: IysTime| time > context.now.plus(CLOCK_TOLERANCE);
    let unrecorded = created.is_empty() || transaction.is_empty();
    if let (true, Some(as_of)) = (unrecorded, context.export_as_of) {
        if future(as_of) {
            return Err(Refusal::FutureCreationDate);
        }
        return Ok(Identity { created: as_of, transaction: None, default_source: Source::IYS_EXPORT, as_of_now: false });
    }
    if unrecorded {
        return Err(Refusal::NotRecordedAtIys);
    }
    let created = IysTime::parse(created).map_err(|_| Refusal::InvalidCreationDate)?;
    if future(created) {
        return Err(Refusal::FutureCreationDate);
    }
    let transaction = TransactionId::parse(transaction).map_err(|_| Refusal::InvalidTransactionId)?;
    Ok(Identity { created, transaction: Some(transaction), default_source: Source::NONE, as_of_now: false })
}

/// `consentDate` and `source`: recorded but never deciding, so a RET survives without them.
fn details_of(raw: &RawMovement<'_>, status: Status) -> Result<(Option<IysTime>, Source), Refusal> {
    let consented = match raw.consented.trim() {
        "" => Ok(None),
        text => IysTime::parse(text).map(Some).map_err(|_| Refusal::InvalidConsentDate),
    };
    let source = Source::parse(raw.source).map_err(|_| Refusal::InvalidSource);
    if status == Status::Ret {
        return Ok((consented.unwrap_or(None), source.unwrap_or(Source::NONE)));
    }
    Ok((consented?, source?))
}

#[cfg(test)]
#[path = "movement_tests.rs"]
mod tests;
