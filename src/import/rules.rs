//! What rows are read under where this process holds the data directory itself.

use crate::files::Row;
use crate::model::brand::BrandCode;
use crate::model::consent::movement;
use crate::model::consent::movement::{Context, Parsed, Refusal};
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use std::collections::HashSet;

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

impl Rules {
    /// What a row says.
    pub(super) fn read(&self, row: &Row) -> Result<Parsed, Refusal> {
        let Self { pseudonymizer, brand, now, export_as_of, .. } = self;
        let context = Context { pseudonymizer, brand: *brand, now: *now, export_as_of: *export_as_of };
        let parsed = movement::parse(&row.raw(), &context)?;
        if self.brands.contains(&parsed.movement.relation.brand) { Ok(parsed) } else { Err(Refusal::UnknownBrand) }
    }

    /// What two imports of the same files must share to be the same import.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let mut brands: Vec<u32> = self.brands.iter().map(|brand| brand.get()).collect();
        brands.sort_unstable();
        let numbers = [self.brand.map_or(0, BrandCode::get), self.export_as_of.map_or(0, IysTime::unix)];
        let bytes = numbers.into_iter().chain(brands).flat_map(u32::to_be_bytes);
        bytes.chain(self.pseudonymizer.key_check()).collect()
    }
}
