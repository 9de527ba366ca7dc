//! Problems: one table from a stable code to its statuses on both wires.
//!
//! ALLOW, DENY and DEFER are answers, never problems. A problem has a public text for its caller; what
//! the caller sent is never repeated in a log.

mod command_codes;
pub mod page;

use super::json::Document;
use super::negotiation::prefers_text;
use crate::api::plain_text::line;
use crate::model::brand::AgeTooShort;
use crate::model::brand::sender_profile::DeclarationNeeded;
use crate::model::decision::Decision;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use std::borrow::Cow;
use std::collections::HashMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Letters of a reference that stand in a text at most.
const LONGEST_SHOWN: usize = 128;

/// Why a call was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which row of the table.
    pub kind: Kind,
    /// The public text.
    pub detail: Cow<'static, str>,
    /// What a program needs to go on: a name and its value.
    pub hint: Option<(&'static str, String)>,
    /// The field, parameter or header that is wrong, as its caller writes it.
    pub field: Option<Cow<'static, str>>,
    /// The header that names what would have been taken.
    pub taken: Option<Box<(HeaderName, &'static str)>>,
}

/// When a call that failed may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not as it was made.
    Never,
    /// A moment later, here or after a restart.
    Soon,
    /// When what the text names has changed.
    Later,
}

/// The rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The body is not JSON, or not of the call's shape.
    MalformedJson,
    /// The message is not protobuf.
    MalformedProtobuf,
    /// A query parameter is unknown, twice there or not readable.
    MalformedQuery,
    /// A mandatory field is absent.
    MissingField,
    /// A field holds what it cannot.
    InvalidField,
    /// More items than a call may have.
    BatchTooLarge,
    /// More bytes than a body may have.
    BodyTooLarge,
    /// The body is of no type that the path takes.
    UnsupportedMediaType,
    /// The admin port was asked for what the other one does.
    AdminPort,
    /// The request stopped coming.
    ClientSilent,
    /// No such path.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// The target and the headers are larger than they may be.
    HeadersTooLarge,
    /// A header that decides something is there more than once.
    RepeatedHeader,
    /// The request names no host, or none that can be one.
    MalformedHost,
    /// The listener does not answer to the host that the request names.
    HostNotAllowed,
    /// A web page of another origin made the request.
    CrossOrigin,
    /// gRPC over HTTP/1.1.
    GrpcNeedsHttp2,
    /// gRPC: no such service or method, or an encoding that is not offered.
    Unimplemented,
    /// The brand is not on file.
    UnknownBrand,
    /// Still loading.
    NotReady,
    /// Going down.
    ShuttingDown,
    /// The index has no room for new relations.
    IndexFull,
    /// A write failed in a way that does not pass; nothing is taken in.
    StorePoisoned,
    /// The disk has no room; nothing is taken in until it has.
    DiskFull,
    /// There are no file descriptors; nothing is taken in until there are.
    NoDescriptors,
    /// A write failed of a cause that may pass; nothing is taken in until it has.
    StoreStalled,
    /// The writer ended by a fault of the gateway; nothing is taken in.
    WriterPanicked,
    /// The store could not be read.
    StoreFailed,
    /// A brand with a feed was to have an age that it cannot keep.
    MaxAgeTooShort,
    /// An out-of-scope or exempt-only sender without the text of its declaration.
    DeclarationNeeded,
    /// Senders that are not at İYS are not accepted as exempt-only.
    ExemptOnlyNotAccepted,
    /// There is no declaration of that number.
    UnknownDeclaration,
    /// A brand has as many declarations as it may.
    TooManyDeclarations,
    /// The brand misses nothing.
    NoGap,
    /// What is to be erased has to be kept (13/2), and no reason was given.
    ErasureRetained,
    /// An erasure is in force, but bytes of it may be left.
    ErasureUnfinished,
    /// A backup may go only where it is configured to.
    BackupOutsideRoot,
    /// There is a backup of that name.
    BackupExists,
    /// A backup is being made.
    BackupRunning,
    /// A backup could not be made.
    BackupFailed,
    /// The changes from a revision on are not kept.
    WatchGap,
    /// A revision that this gateway has not reached: it was of another history.
    RevisionUnknown,
    /// A watcher does not take what it is sent.
    WatchTooSlow,
    /// As many watchers as there may be.
    TooManyWatchers,
    /// A list is none, or it is not clear what it looks like; by the code of what is wrong.
    List(&'static str),
    /// A client sends a list and does not read what comes of it.
    FilterClientNotReading,
    /// The rest of a list did not come.
    FilterClientSilent,
    /// As many lists as there may be at once.
    TooManyLists,
    /// No account at İYS is configured.
    FeedNotConfigured,
    /// The account may not read this brand.
    BrandNotFed,
    /// No push receiver is configured.
    NoPushReceiver,
    /// İYS did not answer.
    IysUnavailable,
    /// İYS answered with an error that trying again does not mend.
    IysRefused,
}

impl Kind {
    /// Every one but those of lists that cannot be read, which have codes of their own.
    pub const ALL: [Self; 53] = [
        Self::MalformedJson,
        Self::MalformedProtobuf,
        Self::MalformedQuery,
        Self::MissingField,
        Self::InvalidField,
        Self::BatchTooLarge,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::AdminPort,
        Self::ClientSilent,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::HeadersTooLarge,
        Self::RepeatedHeader,
        Self::MalformedHost,
        Self::HostNotAllowed,
        Self::CrossOrigin,
        Self::GrpcNeedsHttp2,
        Self::Unimplemented,
        Self::UnknownBrand,
        Self::NotReady,
        Self::ShuttingDown,
        Self::IndexFull,
        Self::StorePoisoned,
        Self::DiskFull,
        Self::NoDescriptors,
        Self::StoreStalled,
        Self::WriterPanicked,
        Self::StoreFailed,
        Self::MaxAgeTooShort,
        Self::DeclarationNeeded,
        Self::ExemptOnlyNotAccepted,
        Self::UnknownDeclaration,
        Self::TooManyDeclarations,
        Self::NoGap,
        Self::ErasureRetained,
        Self::ErasureUnfinished,
        Self::BackupOutsideRoot,
        Self::BackupExists,
        Self::BackupRunning,
        Self::BackupFailed,
        Self::WatchGap,
        Self::RevisionUnknown,
        Self::WatchTooSlow,
        Self::TooManyWatchers,
        Self::FilterClientNotReading,
        Self::FilterClientSilent,
        Self::TooManyLists,
        Self::FeedNotConfigured,
        Self::BrandNotFed,
        Self::NoPushReceiver,
        Self::IysUnavailable,
        Self::IysRefused,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub const fn retry(self) -> Retry {
        match self {
            Self::NotReady
            | Self::ShuttingDown
            | Self::DiskFull
            | Self::NoDescriptors
            | Self::StoreStalled
            | Self::ClientSilent => Retry::Soon,
            Self::IndexFull
            | Self::StorePoisoned
            | Self::WriterPanicked
            | Self::StoreFailed
            | Self::ErasureUnfinished
            | Self::BackupRunning
            | Self::BackupFailed
            | Self::WatchTooSlow
            | Self::TooManyWatchers
            | Self::TooManyLists
            | Self::FilterClientNotReading
            | Self::FilterClientSilent
            | Self::IysUnavailable => Retry::Later,
            _ => Retry::Never,
        }
    }

    /// Code, HTTP status, gRPC status, title.
    pub(super) const fn row(self) -> (&'static str, StatusCode, Code, &'static str) {
        use StatusCode as H;
        match self {
            Self::MalformedJson => ("MALFORMED_JSON", H::BAD_REQUEST, Code::InvalidArgument, "The body cannot be read"),
            Self::MalformedProtobuf => {
                ("MALFORMED_PROTOBUF", H::BAD_REQUEST, Code::InvalidArgument, "The message cannot be read")
            }
            Self::MalformedQuery => ("MALFORMED_QUERY", H::BAD_REQUEST, Code::InvalidArgument, "The query cannot be read"),
            Self::MissingField => ("MISSING_FIELD", H::BAD_REQUEST, Code::InvalidArgument, "A mandatory field is missing"),
            Self::InvalidField => ("INVALID_FIELD", H::BAD_REQUEST, Code::InvalidArgument, "A field holds what it cannot"),
            Self::BatchTooLarge => ("BATCH_TOO_LARGE", H::PAYLOAD_TOO_LARGE, Code::InvalidArgument, "Too many items in one call"),
            Self::BodyTooLarge => ("BODY_TOO_LARGE", H::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, "The body is too large"),
            Self::UnsupportedMediaType => {
                ("UNSUPPORTED_MEDIA_TYPE", H::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, "The body's type is not taken here")
            }
            Self::AdminPort => ("ADMIN_PORT", H::NOT_FOUND, Code::Unimplemented, "This is the admin port"),
            Self::ClientSilent => ("CLIENT_SILENT", H::REQUEST_TIMEOUT, Code::DeadlineExceeded, "The client went silent"),
            Self::NotFound => ("NOT_FOUND", H::NOT_FOUND, Code::NotFound, "No such path"),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", H::METHOD_NOT_ALLOWED, Code::Unimplemented, "No such method here"),
            Self::HeadersTooLarge => {
                ("HEADERS_TOO_LARGE", H::REQUEST_HEADER_FIELDS_TOO_LARGE, Code::ResourceExhausted, "The headers are too large")
            }
            Self::RepeatedHeader => {
                ("REPEATED_HEADER", H::BAD_REQUEST, Code::InvalidArgument, "A header is there more than once")
            }
            Self::MalformedHost => ("MALFORMED_HOST", H::BAD_REQUEST, Code::InvalidArgument, "The request names no one host"),
            Self::HostNotAllowed => {
                ("HOST_NOT_ALLOWED", H::MISDIRECTED_REQUEST, Code::PermissionDenied, "The gateway does not answer to this host")
            }
            Self::CrossOrigin => ("CROSS_ORIGIN", H::FORBIDDEN, Code::PermissionDenied, "Web pages are not answered"),
            Self::GrpcNeedsHttp2 => ("GRPC_NEEDS_HTTP2", H::HTTP_VERSION_NOT_SUPPORTED, Code::Unimplemented, "gRPC needs HTTP/2"),
            Self::Unimplemented => ("UNIMPLEMENTED", H::NOT_IMPLEMENTED, Code::Unimplemented, "Not offered here"),
            Self::UnknownBrand => ("UNKNOWN_BRAND", H::NOT_FOUND, Code::NotFound, "The brand is not known here"),
            Self::NotReady => ("NOT_READY", H::SERVICE_UNAVAILABLE, Code::Unavailable, "The gateway is still loading"),
            Self::ShuttingDown => ("SHUTTING_DOWN", H::SERVICE_UNAVAILABLE, Code::Unavailable, "The gateway is shutting down"),
            Self::IndexFull => ("INDEX_FULL", H::INSUFFICIENT_STORAGE, Code::ResourceExhausted, "The index has no room"),
            Self::StorePoisoned => {
                ("STORE_POISONED", H::SERVICE_UNAVAILABLE, Code::FailedPrecondition, "The store failed; nothing is taken in")
            }
            Self::DiskFull => ("DISK_FULL", H::SERVICE_UNAVAILABLE, Code::Unavailable, "The disk is full"),
            Self::NoDescriptors => ("NO_DESCRIPTORS", H::SERVICE_UNAVAILABLE, Code::Unavailable, "No file descriptors are left"),
            Self::StoreStalled => {
                ("STORE_STALLED", H::SERVICE_UNAVAILABLE, Code::Unavailable, "The store failed and is being opened again")
            }
            Self::WriterPanicked => {
                ("WRITER_PANICKED", H::SERVICE_UNAVAILABLE, Code::FailedPrecondition, "The writer failed; nothing is taken in")
            }
            Self::StoreFailed => ("STORE_FAILED", H::INTERNAL_SERVER_ERROR, Code::Internal, "The store could not be read"),
            Self::MaxAgeTooShort => {
                (AgeTooShort::CODE, H::BAD_REQUEST, Code::InvalidArgument, "The age is too short for the brand's feed")
            }
            Self::DeclarationNeeded => {
                (DeclarationNeeded::CODE, H::BAD_REQUEST, Code::InvalidArgument, "The sender's declaration is missing")
            }
            Self::ExemptOnlyNotAccepted => {
                ("EXEMPT_ONLY_NOT_ACCEPTED", H::CONFLICT, Code::FailedPrecondition, "Exempt-only senders are not accepted here")
            }
            Self::UnknownDeclaration => ("UNKNOWN_DECLARATION", H::NOT_FOUND, Code::NotFound, "There is no such declaration"),
            Self::TooManyDeclarations => {
                ("TOO_MANY_DECLARATIONS", H::CONFLICT, Code::ResourceExhausted, "The brand has too many declarations")
            }
            Self::NoGap => ("NO_GAP", H::CONFLICT, Code::FailedPrecondition, "The brand misses nothing"),
            Self::ErasureRetained => ("ERASURE_RETAINED", H::CONFLICT, Code::FailedPrecondition, "Some of it has to be kept"),
            Self::ErasureUnfinished => {
                ("ERASURE_UNFINISHED", H::INTERNAL_SERVER_ERROR, Code::Internal, "The erasure was not finished")
            }
            Self::BackupOutsideRoot => {
                ("BACKUP_OUTSIDE_ROOT", H::BAD_REQUEST, Code::InvalidArgument, "Backups go only into their own folder")
            }
            Self::BackupExists => ("BACKUP_EXISTS", H::CONFLICT, Code::AlreadyExists, "There is a backup of that name"),
            Self::BackupRunning => ("BACKUP_RUNNING", H::CONFLICT, Code::FailedPrecondition, "A backup is being made"),
            Self::BackupFailed => ("BACKUP_FAILED", H::INTERNAL_SERVER_ERROR, Code::Internal, "The backup could not be made"),
            Self::WatchGap => ("WATCH_GAP", H::GONE, Code::OutOfRange, "The changes are not kept"),
            Self::RevisionUnknown => ("REVISION_UNKNOWN", H::RANGE_NOT_SATISFIABLE, Code::OutOfRange, "No such revision here"),
            Self::WatchTooSlow => ("WATCH_TOO_SLOW", H::TOO_MANY_REQUESTS, Code::ResourceExhausted, "The reader is too slow"),
            Self::TooManyWatchers => {
                ("TOO_MANY_WATCHERS", H::TOO_MANY_REQUESTS, Code::ResourceExhausted, "No room for another watcher")
            }
            Self::List(code) => (code, H::BAD_REQUEST, Code::InvalidArgument, "The list cannot be read"),
            Self::FilterClientNotReading => {
                ("FILTER_CLIENT_NOT_READING", H::REQUEST_TIMEOUT, Code::ResourceExhausted, "The client does not read")
            }
            Self::FilterClientSilent => {
                ("FILTER_CLIENT_SILENT", H::REQUEST_TIMEOUT, Code::DeadlineExceeded, "The rest of the list did not come")
            }
            Self::TooManyLists => ("TOO_MANY_LISTS", H::TOO_MANY_REQUESTS, Code::ResourceExhausted, "No room for another list"),
            Self::FeedNotConfigured => {
                ("FEED_NOT_CONFIGURED", H::CONFLICT, Code::FailedPrecondition, "No account at İYS is configured")
            }
            Self::BrandNotFed => ("BRAND_NOT_FED", H::NOT_FOUND, Code::NotFound, "The account at İYS may not read the brand"),
            Self::NoPushReceiver => ("NO_PUSH_RECEIVER", H::CONFLICT, Code::FailedPrecondition, "No push receiver is configured"),
            Self::IysUnavailable => ("IYS_UNAVAILABLE", H::BAD_GATEWAY, Code::Unavailable, "İYS did not answer"),
            Self::IysRefused => ("IYS_REFUSED", H::BAD_GATEWAY, Code::FailedPrecondition, "İYS refused"),
        }
    }
}

impl Problem {
    /// A problem with its public text.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), hint: None, field: None, taken: None }
    }

    /// The same with the field, parameter or header that is wrong.
    #[must_use]
    pub fn of_field(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same with a header that names what would have been taken.
    #[must_use]
    pub fn with_taken(self, name: HeaderName, values: &'static str) -> Self {
        Self { taken: Some(Box::new((name, values))), ..self }
    }

    /// The same with what a program needs to go on.
    #[must_use]
    pub fn with_hint(self, name: &'static str, value: String) -> Self {
        Self { hint: Some((name, value)), ..self }
    }

    /// The same of one question among many: named by its reference, or by its place where it has none.
    #[must_use]
    pub fn of_question(self, reference: &str, place: u64) -> Self {
        let detail = match shown_reference(reference) {
            None => format!("question {place} of the stream: {}", self.detail),
            Some(reference) => format!("question \"{reference}\": {}", self.detail),
        };
        let (name, value) =
            if reference.is_empty() { ("question", place.to_string()) } else { ("reference", reference.to_owned()) };
        Self { detail: detail.into(), ..self }.with_hint(name, value)
    }

    /// A mandatory field is absent.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Self::new(Kind::MissingField, format!("{field} is missing")).of_field(field.to_owned())
    }
}

/// A reference as it stands in a text; the beginning of one that is too long.
fn shown_reference(reference: &str) -> Option<String> {
    let mut letters = reference.chars();
    let shown: String = letters.by_ref().take(LONGEST_SHOWN).flat_map(char::escape_debug).collect();
    let more = if letters.next().is_some() { "…" } else { "" };
    (!reference.is_empty()).then(|| shown + more)
}

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        let (code, _, grpc, _) = problem.kind.row();
        let hint = problem.hint.map(|(name, value)| (name.to_owned(), value));
        let field = problem.field.map(|field| ("field".to_owned(), field.into_owned()));
        let metadata: HashMap<String, String> = hint.into_iter().chain(field).collect();
        let details = ErrorDetails::with_error_info(code, "izingate", metadata);
        Self::with_error_details(grpc, format!("{code}: {}", problem.detail), details)
    }
}

/// How the texts begin that tonic has for a message that it could not take from a request. It has the same code for what fails here, such as
/// an answer that cannot be encoded, and tells the two apart by nothing else.
const UNREADABLE: [&str; 3] = ["protocol error: ", "Unexpected EOF decoding stream", "Missing request message"];

/// Whether a status of tonic's is about the message that came.
fn is_of_a_message(status: &Status) -> bool {
    UNREADABLE.iter().any(|text| status.message().starts_with(text))
}

/// A status that tonic made before any handler was asked, with a code of ours; any other as it is.
#[must_use]
pub fn of_tonic(status: Status) -> Status {
    if !status.details().is_empty() {
        return status;
    }
    let (kind, otherwise) = match status.code() {
        Code::OutOfRange => (Kind::BodyTooLarge, "the message is larger than allowed"),
        Code::Unimplemented => (Kind::Unimplemented, "no such service or method"),
        Code::Internal if is_of_a_message(&status) => (Kind::MalformedProtobuf, "the message cannot be read"),
        _ => return status,
    };
    let said = status.message();
    let problem = Problem::new(kind, if said.is_empty() { otherwise.to_owned() } else { said.to_owned() });
    // Which compression is taken (grpc-accept-encoding), where another one came.
    let metadata = status.metadata().clone();
    let mut ours = Status::from(problem);
    *ours.metadata_mut() = metadata;
    ours
}

impl Problem {
    /// The problem in the form that was asked for. In a line it is a deferral, so that no dialplan takes it for anything
    /// else: `DEFER MISSING_FIELD`.
    #[must_use]
    pub fn response(self, headers: &HeaderMap) -> Response {
        if !prefers_text(headers) {
            return self.into_response();
        }
        let (code, status, _, _) = self.kind.row();
        (status, line(Decision::Defer, code)).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, status, _, title) = self.kind.row();
        let mut body =
            json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": self.detail });
        if let Some(field) = self.field {
            body["field"] = json!(field);
        }
        let mut response = (status, Document(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, values)) = self.taken.map(|taken| *taken) {
            response.headers_mut().insert(name, HeaderValue::from_static(values));
        }
        if self.kind.retry() == Retry::Soon {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_here_is_not_taken_for_a_message_of_the_callers() {
        let of = |text: &str| {
            let status = of_tonic(Status::internal(text));
            (status.code(), status.message().to_owned())
        };
        let own = "Error encoding: buffer too small";
        assert_eq!(of(own), (Code::Internal, own.to_owned()));
        assert_eq!(
            of("Missing request message."),
            (Code::InvalidArgument, "MALFORMED_PROTOBUF: Missing request message.".to_owned())
        );
    }

    #[test]
    fn one_problem_on_both_wires() {
        let problem = Problem::missing("recipient");
        let status = Status::from(problem.clone());
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "MISSING_FIELD: recipient is missing"));
        assert_eq!(status.get_error_details().error_info().map(|info| info.reason.clone()), Some("MISSING_FIELD".to_owned()));
        let response = problem.into_response();
        assert_eq!(
            (response.status(), &response.headers()[header::CONTENT_TYPE]),
            (StatusCode::BAD_REQUEST, &HeaderValue::from_static("application/problem+json"))
        );
    }
}
