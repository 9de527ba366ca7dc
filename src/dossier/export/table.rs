//! The table of an export: a row a decision, a column a word of its JSON.

use crate::check::policy;
use crate::evidence::entry::Entry;
use crate::evidence::segment::codec::Decisions;
use crate::model::brand::mode::Mode;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::Verdict;
use crate::model::decision::id::DecisionId;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use parquet::basic::{Compression, Encoding};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};
use std::io::Write;
use std::sync::Arc;

/// A question of a frame with all its outcomes, read to the end: what a table cannot hold is found before it is begun.
pub(super) struct Question {
    segment: i64,
    written: i64,
    declaration: Option<i64>,
    mode: Mode,
    revision: i64,
    entry: Entry,
    outcomes: Vec<Verdict>,
}

/// A decision.
#[derive(Clone, Copy)]
struct Row<'a> {
    question: &'a Question,
    place: usize,
}

/// How a column is filled.
enum Fill {
    /// 128 bits as 32 hexadecimal digits: as answers, proofs and searches spell them.
    Digits(fn(Row<'_>) -> [u8; 16]),
    /// Words that come again and again.
    Word(for<'a> fn(Row<'a>) -> &'a str),
    Number(fn(Row<'_>) -> i64),
    NumberIfAny(fn(Row<'_>) -> Option<i64>),
    Flag(fn(Row<'_>) -> bool),
}

/// Every column, in the order of the file. Times are milliseconds, UTC. Numbers have a sign, since not all that reads
/// Parquet knows others.
const COLUMNS: &[(&str, Fill)] = &[
    ("REQUIRED BYTE_ARRAY decision_id (STRING)", Fill::Digits(|row| row.id().get().to_be_bytes())),
    ("REQUIRED INT64 time (TIMESTAMP(MILLIS,true))", Fill::Number(|row| milliseconds(row.entry().asked))),
    ("REQUIRED BYTE_ARRAY caller (STRING)", Fill::Word(|row| &row.question.entry.caller)),
    ("REQUIRED INT64 brand_code", Fill::Number(|row| row.entry().scope.brand.get().into())),
    ("REQUIRED INT64 retailer_code", Fill::Number(|row| row.entry().scope.retailer.get().into())),
    ("REQUIRED BYTE_ARRAY type (STRING)", Fill::Word(|row| row.entry().scope.cell.channel.name())),
    ("REQUIRED BYTE_ARRAY recipient_type (STRING)", Fill::Word(|row| row.entry().scope.cell.recipient_type.name())),
    ("REQUIRED BYTE_ARRAY recipient (STRING)", Fill::Digits(|row| row.recipient().0)),
    ("REQUIRED BYTE_ARRAY purpose (STRING)", Fill::Word(|row| row.entry().scope.purpose.name())),
    ("OPTIONAL INT64 declaration_id", Fill::NumberIfAny(|row| row.question.declaration)),
    ("REQUIRED BYTE_ARRAY decision (STRING)", Fill::Word(|row| row.outcome().decision.name())),
    ("REQUIRED BYTE_ARRAY reason (STRING)", Fill::Word(|row| row.outcome().reason.name())),
    ("REQUIRED BOOLEAN enforced", Fill::Flag(|row| row.outcome().enforced)),
    ("REQUIRED BOOLEAN refusal_on_record", Fill::Flag(|row| row.outcome().refusal_on_record)),
    ("REQUIRED BYTE_ARRAY mode (STRING)", Fill::Word(|row| row.question.mode.name())),
    ("REQUIRED INT64 revision", Fill::Number(|row| row.question.revision)),
    ("OPTIONAL INT64 as_of (TIMESTAMP(MILLIS,true))", Fill::NumberIfAny(|row| row.entry().as_of.map(milliseconds))),
    ("REQUIRED BYTE_ARRAY reference (STRING)", Fill::Word(|row| &row.question.entry.reference)),
    ("REQUIRED INT64 batch", Fill::Number(|row| row.question.outcomes.len().cast_signed() as i64)),
    ("REQUIRED INT64 segment", Fill::Number(|row| row.question.segment)),
    ("REQUIRED INT64 written_at (TIMESTAMP(MILLIS,true))", Fill::Number(|row| row.question.written)),
];

impl Question {
    /// The questions of a frame; none if an outcome or a mode is unknown, or a number beyond 63 bits.
    pub(super) fn all(decisions: Decisions, segment: u64) -> Option<Vec<Self>> {
        let (segment, written) = (i64::try_from(segment).ok()?, i64::try_from(decisions.written).ok()?);
        decisions.entries.into_iter().map(|entry| Self::of(entry, segment, written)).collect()
    }

    fn of(entry: Entry, segment: i64, written: i64) -> Option<Self> {
        let declaration = i64::try_from(entry.declaration).ok()?;
        Some(Self {
            segment,
            written,
            declaration: Some(declaration).filter(|declaration| *declaration != 0),
            mode: Mode::from_code(entry.mode)?,
            revision: entry.revision.try_into().ok()?,
            outcomes: entry
                .outcomes
                .parts()
                .0
                .iter()
                .map(|byte| policy::recorded(*byte, entry.scope.cell))
                .collect::<Option<_>>()?,
            entry,
        })
    }

    /// Rows that it makes.
    pub(super) const fn len(&self) -> usize {
        self.outcomes.len()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|place| Row { question: self, place })
    }
}

impl<'a> Row<'a> {
    const fn entry(self) -> &'a Entry {
        &self.question.entry
    }

    fn id(self) -> DecisionId {
        self.entry().first.plus(self.place as u64)
    }

    fn outcome(self) -> Verdict {
        self.question.outcomes[self.place]
    }

    fn recipient(self) -> Pseudonym {
        self.entry().outcomes.parts().1[self.place]
    }
}

fn milliseconds(time: IysTime) -> i64 {
    i64::from(time.unix()) * 1_000
}

/// The schema of every file.
pub(super) fn schema() -> Result<TypePtr> {
    let columns: Vec<&str> = COLUMNS.iter().map(|(column, _)| *column).collect();
    parse_message_type(&format!("message decision {{ {}; }}", columns.join("; "))).map(Arc::new)
}

/// How a file is written, and what its footer says of where it comes from.
pub(super) fn properties(notes: Vec<KeyValue>) -> WriterPropertiesPtr {
    let builder = WriterProperties::builder()
        .set_created_by(concat!("izingate ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(notes))
        .set_compression(Compression::SNAPPY);
    // No two ids are alike, but each is much like the one before; pseudonyms are like nothing.
    let (id, recipient) = (ColumnPath::from("decision_id"), ColumnPath::from("recipient"));
    let builder = builder
        .set_column_dictionary_enabled(id.clone(), false)
        .set_column_encoding(id, Encoding::DELTA_BYTE_ARRAY)
        .set_column_dictionary_enabled(recipient.clone(), false)
        .set_column_encoding(recipient, Encoding::DELTA_LENGTH_BYTE_ARRAY);
    Arc::new(builder.build())
}

/// Writes questions as one row group.
pub(super) fn write_group<W: Write + Send>(file: &mut SerializedFileWriter<W>, questions: &[Question]) -> Result<()> {
    let mut group = file.next_row_group()?;
    for (_, fill) in COLUMNS {
        let Some(mut column) = group.next_column()? else { break };
        // Piece by piece: only what is encoded of a column is kept until it is whole.
        for rows in questions.chunks(AT_ONCE) {
            write(&mut column, fill, rows.iter().flat_map(Question::rows))?;
        }
        column.close()?;
    }
    group.close()?;
    Ok(())
}

/// Questions whose values are made at once.
const AT_ONCE: usize = 64;

fn write<'a>(column: &mut SerializedColumnWriter<'_>, fill: &Fill, rows: impl Iterator<Item = Row<'a>>) -> Result<()> {
    match fill {
        Fill::Digits(of) => {
            let values: Vec<_> = rows.map(|row| ByteArray::from(to_hex(&of(row)).into_bytes())).collect();
            column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Fill::Word(of) => {
            let values: Vec<_> = rows.map(|row| ByteArray::from(of(row))).collect();
            column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Fill::Number(of) => {
            let values: Vec<_> = rows.map(of).collect();
            column.typed::<Int64Type>().write_batch(&values, None, None)?;
        }
        Fill::NumberIfAny(of) => {
            let cells: Vec<_> = rows.map(of).collect();
            let levels: Vec<_> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
            let values: Vec<_> = cells.into_iter().flatten().collect();
            column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        }
        Fill::Flag(of) => {
            let values: Vec<_> = rows.map(of).collect();
            column.typed::<BoolType>().write_batch(&values, None, None)?;
        }
    }
    Ok(())
}
