//! The answer: question to decision, in memory, without I/O, an await or an error.
//!
//! [`Checker`] gathers the facts of a question, [`policy`] decides on them as one pure function, and a
//! [`Verdict`](crate::model::decision::Verdict) comes out: a decision with its reason and article.

mod batch;
#[cfg(test)]
mod cases_tests;
mod checker;
mod explanation;
pub mod policy;
pub mod table;

pub use checker::{Answer, BatchAnswer, Checker, Circumstances, Counts};
