//! What İYS's document leaves open, or says in two ways.

use super::limits::LimitSettings;
use super::push::PushSettings;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: LimitSettings,
    pub push: PushSettings,
    pub access_token_seconds: u64,
    pub refresh_token_seconds: u64,
    /// `tokenType` instead of `token_type`, as the page of 2020 has it.
    pub token_type_camel: bool,
    /// A wrong password is 401 H251 instead of 400 in OAuth's style.
    pub login_refusal_is_h251: bool,
    /// The epoch in a cursor is in milliseconds.
    pub cursor_millis: bool,
    pub old_cursor: OldCursor,
    pub unknown_address: UnknownAddress,
    pub codes: CodeStyle,
    /// The key is `code:` where the document's samples have it so.
    pub colon_codes: bool,
    pub empty_consent: EmptyConsent,
    /// How an answer names the hash: `SHA-384` or `SHA384`.
    pub hash_label: &'static str,
    /// How long after midnight the day's file is ready.
    pub day_file_lag: Duration,
    /// Movements of one transactionId are one line of the day's file, as the document says.
    pub same_second_is_one_line: bool,
    /// A page may end between two movements of one transactionId; its cursor then skips the second.
    pub pages_split_pairs: bool,
    /// Registering checks İYS's rules (H174, H175, H178, …).
    pub record_rules: bool,
    /// How far İYS's clock is ahead of the caller's; behind if negative.
    pub skew_millis: i64,
    /// Ids of requests are 32 hex digits instead of UUIDs.
    pub hex_request_ids: bool,
    /// How refusals are written in the change streams and the day's file, if not as the document says.
    pub refusals: Option<Written>,
}

/// Fields as they are written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    pub recipient_type: &'static str,
    pub channel: &'static str,
    pub status: &'static str,
}

/// What a cursor older than seven days leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldCursor {
    /// To the beginning of the window, without a word.
    WindowStart,
    /// To 400 H098.
    Error,
}

/// What a single status query says of an address without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownAddress {
    /// 404 with an envelope.
    NotFound,
    /// 200 with `{}`.
    Empty,
}

/// How iysCode and brandCode are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeStyle {
    /// Numbers; text in a partner's list, as the document's sample has it.
    AsDocumented,
    Number,
    /// Text of at least six digits: `"000100"`.
    Padded,
}

/// How a consentDate that does not exist is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyConsent {
    Text,
    Null,
    Absent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: LimitSettings::default(),
            push: PushSettings::default(),
            access_token_seconds: 7200,
            refresh_token_seconds: 14_400,
            token_type_camel: false,
            login_refusal_is_h251: false,
            cursor_millis: false,
            old_cursor: OldCursor::WindowStart,
            unknown_address: UnknownAddress::NotFound,
            codes: CodeStyle::AsDocumented,
            colon_codes: true,
            empty_consent: EmptyConsent::Text,
            hash_label: "SHA-384",
            day_file_lag: Duration::ZERO,
            same_second_is_one_line: true,
            pages_split_pairs: false,
            record_rules: false,
            skew_millis: 0,
            hex_request_ids: false,
            refusals: None,
        }
    }
}
