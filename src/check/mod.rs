//! The answer: question to decision, in memory, without I/O, an await or an error.
//!
//! [`Checker`] gathers the facts of a question, [`policy`] decides on them as one pure function, and
//! [`decision`] is what comes out: a value with its reason and article.

mod batch;
mod checker;
pub mod decision;
mod decision_id;
pub mod policy;
pub mod question;

pub use checker::{Answer, BatchAnswer, Checker, Circumstances, Counts};
pub use decision_id::{DecisionId, DecisionIds};
