//! A data directory that no gateway has open as a target.

use super::{Outcome, Refused, Target, TargetError};
use crate::feed::file::Row;
use crate::model::brand::BrandCode;
use crate::model::movement::{self, Context, Movement, Refusal};
use crate::model::secret::Pseudonymizer;
use crate::model::time::IysTime;
use crate::ports::MovementSink;
use std::collections::HashSet;
use tokio::runtime::{Builder, Runtime};

/// Reads rows into movements and hands them to a writer of this process.
pub struct Local<S> {
    /// The writer.
    sink: S,
    runtime: Runtime,
    rules: Rules,
}

/// What rows are read under.
pub struct Rules {
    /// Replaces addresses.
    pub pseudonymizer: Pseudonymizer,
    /// The brands on file.
    pub brands: HashSet<BrandCode>,
    /// The brand of rows that name none.
    pub brand: Option<BrandCode>,
    /// The moment of the import.
    pub now: IysTime,
    /// The moment of the panel export that the files are, if they are one.
    pub export_as_of: Option<IysTime>,
}

impl<S: MovementSink> Local<S> {
    /// A target over `sink`. [`Target::apply`] must not be called from within an async runtime.
    pub fn new(sink: S, rules: Rules) -> Result<Self, TargetError> {
        let runtime = Builder::new_current_thread().build().map_err(|error| TargetError::new("INTERNAL", error.to_string()))?;
        Ok(Self { sink, runtime, rules })
    }
}

impl Rules {
    fn read(&self, row: &Row) -> Result<(Movement, bool), Refusal> {
        let Self { pseudonymizer, brand, now, export_as_of, .. } = self;
        let context = Context { pseudonymizer, brand: *brand, now: *now, export_as_of: *export_as_of };
        let taken = movement::parse(&row.raw(), &context)?;
        if !self.brands.contains(&taken.movement.relation.brand) {
            return Err(Refusal::UnknownBrand);
        }
        Ok((taken.movement, taken.as_of_now))
    }
}

impl<S: MovementSink> Target for Local<S> {
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError> {
        let mut outcome = Outcome::default();
        let mut movements = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            match self.rules.read(row) {
                Ok((movement, as_of_now)) => {
                    outcome.as_of_now += u64::from(as_of_now);
                    movements.push(movement);
                }
                Err(refusal) => {
                    outcome.refused.push(Refused { index, code: refusal.code().into(), detail: refusal.to_string().into() });
                }
            }
        }
        if movements.is_empty() {
            return Ok(outcome);
        }
        let applied = self.runtime.block_on(self.sink.apply(movements));
        let applied = applied.map_err(|error| TargetError::new(error.code(), error.to_string()))?;
        Ok(Outcome { revision: applied.revision, applied: applied.applied, unchanged: applied.unchanged, ..outcome })
    }
}
