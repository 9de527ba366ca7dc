//! JSON's shapes, with İYS's field names: the only files that turn JSON into the words inside and back.

mod filter;
mod request;
mod response;
mod state;

pub use filter::{FilterAsked, FilterQuery};
pub use request::{Batch, BatchBody, CheckBody, Code, brand, json_error, movements};
pub use response::{AnswerBody, BatchAnswerBody, ExplanationBody, ReportBody};
pub use state::StateBody;
