//! JSON's shapes, with İYS's field names: the only files that turn JSON into the words inside and back.

mod document;
mod filter;
mod malformed;
mod request;
mod response;
mod state;

pub use document::Document;
pub use filter::{FilterAsked, FilterQuery};
pub use malformed::read;
pub use request::{Addresses, Batch, BatchBody, CheckBody, Code, Whole, brand, movements, unknown_parameter};
pub use response::{AnswerBody, BatchAnswerBody, ExplanationBody, ReportBody};
pub use state::{STATE_PARAMETERS, StateBody, state_page};
