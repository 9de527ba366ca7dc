//! Reading everything: for boot and for counting.

use super::codec;
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::{Brand, BrandCode};
use crate::model::key::RelationKey;
use crate::model::record::Record;
use crate::model::source::SourceCode;
use crate::model::state::Status;
use crate::model::time::IysTime;
use std::collections::{BTreeMap, HashMap};

/// What a store holds, counted.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Census {
    /// Relations on record.
    pub relations: u64,
    /// Cells that hold ONAY.
    pub onay: u64,
    /// Cells that hold RET.
    pub ret: u64,
    /// Relations of addresses in the wrong form `+900…`, which no question finds.
    pub misformed: u64,
    /// Relations by brand.
    pub by_brand: BTreeMap<u32, u64>,
}

impl Store {
    /// Every relation with its record.
    pub fn each_record(&self, mut each: impl FnMut(RelationKey, Record)) -> Result<(), StoreError> {
        self.scan(Family::Consent, &[], |key, value| {
            let corrupt = |source| StoreError::Corrupt { family: "consent", source };
            let relation = RelationKey::from_bytes(key).map_err(|_| corrupt(codec::InvalidBytes::Length))?;
            each(relation, codec::decode_record(value).map_err(corrupt)?);
            Ok(())
        })
    }

    /// Every brand on file.
    pub fn brands(&self) -> Result<Vec<Brand>, StoreError> {
        let mut brands = Vec::new();
        self.scan(Family::Registry, b"brand/", |key, value| {
            brands.push(codec::decode_brand(key, value).map_err(|source| StoreError::Corrupt { family: "registry", source })?);
            Ok(())
        })?;
        Ok(brands)
    }

    /// The names of the sources outside the table.
    pub fn sources(&self) -> Result<HashMap<SourceCode, String>, StoreError> {
        let mut names = HashMap::new();
        self.scan(Family::Registry, b"source/", |key, value| {
            let code = codec::decode_source_key(key).map_err(|source| StoreError::Corrupt { family: "registry", source })?;
            names.insert(code, String::from_utf8_lossy(value).into_owned());
            Ok(())
        })?;
        Ok(names)
    }

    /// When data was last taken in for a brand; none if it never was.
    pub fn import_cursor(&self, brand: BrandCode) -> Result<Option<IysTime>, StoreError> {
        let stored = self.get(Family::Cursors, &codec::import_cursor_key(brand))?;
        let read = |bytes: Vec<u8>| codec::decode_cursor(&bytes);
        stored.map(read).transpose().map_err(|source| StoreError::Corrupt { family: "cursors", source })
    }

    /// Counts what is held.
    pub fn census(&self) -> Result<Census, StoreError> {
        let mut census = Census::default();
        self.each_record(|relation, record| {
            census.relations += 1;
            census.misformed += u64::from(record.misformed);
            *census.by_brand.entry(relation.brand.get()).or_default() += 1;
            for (_, current) in record.cells() {
                match current.status {
                    Status::Onay => census.onay += 1,
                    Status::Ret => census.ret += 1,
                }
            }
        })?;
        Ok(census)
    }

    /// Every key and value of every family: for tests that look for what must not be there.
    pub fn each_entry(&self, mut each: impl FnMut(&'static str, &[u8], &[u8])) -> Result<(), StoreError> {
        for family in Family::ALL {
            self.scan(family, &[], |key, value| {
                each(family.name(), key, value);
                Ok(())
            })?;
        }
        Ok(())
    }
}
