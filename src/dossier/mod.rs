//! The dossier of a complaint: what was decided about a recipient, what was known at that moment and is
//! known now, and the proof that the record was not touched since.
//!
//! ```text
//! Dossier ─┬─► json                          for machines: every field, İYS's words
//!          └─► page (blocks of words) ─┬─► html   one file, prints on A4
//!                                      └─► pdf    the same words, page by page
//! ```
//!
//! Everything here is a pure function of a [`Dossier`], which whoever reads the evidence log and the
//! store fills in: nothing reads a clock, a file or the network. Texts of callers are shown so that
//! nothing in them can act: control and direction characters as `\u{…}`, marks of HTML escaped.

mod escape_controls;
pub mod export;
mod html;
mod json;
mod model;
mod page;
mod pdf;
#[cfg(test)]
mod tests;

use crate::model::language::Language;
pub use model::{
    AbsentChain, AcceptedLoss, Asked, BrandOnRecord, Chain, ChainKind, Company, Complaint, Data, Dossier, EvidenceGap, History,
    Made, MissingSegment, Outside, Proof, RecordEnd, Recorded, RecordedIn, Segment, Subject, Tree, Unrecorded,
};
pub use pdf::PdfError;

impl Dossier {
    /// The dossier as JSON, with a line break at its end.
    ///
    /// # Errors
    /// None that a dossier can cause; serialising is fallible by its type.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        json::render(self)
    }

    /// The dossier as one HTML file: no script, nothing fetched.
    #[must_use]
    pub fn to_html(&self, language: Language) -> String {
        html::render(&page::of(self, language), language)
    }

    /// The dossier as a PDF.
    ///
    /// # Errors
    /// The fonts that are built in cannot be read.
    pub fn to_pdf(&self, language: Language) -> Result<Vec<u8>, PdfError> {
        pdf::render(&page::of(self, language), language)
    }
}
