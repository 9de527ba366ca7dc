//! The answer: question to decision, in memory, without I/O, an await or an error.
//!
//! [`Checker`] gathers the facts of a question, [`policy`] decides on them as one pure function, and
//! [`decision`] is what comes out: a value with its reason and article.

mod batch;
#[cfg(test)]
mod cases_tests;
mod checker;
pub mod decision;
mod decision_id;
mod explanation;
pub mod policy;
pub mod question;
pub mod table;

pub use checker::{Answer, BatchAnswer, Checker, Circumstances, Counts};
pub use decision_id::{DecisionId, DecisionIds};
pub use explanation::Language;
