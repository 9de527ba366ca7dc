//! Reading everything: for boot and for counting.

use super::codec;
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::channel::{Cell, Channel};
use crate::model::consent::key::RelationKey;
use crate::model::consent::record::Record;
use crate::model::consent::source::SourceCode;
use crate::model::consent::state::Status;
use crate::model::time::IysTime;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow::{Break, Continue};

/// What a store holds, counted.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Census {
    /// Relations on record.
    pub relations: u64,
    /// Cells that hold ONAY.
    pub onay: u64,
    /// Cells that hold RET.
    pub ret: u64,
    /// Relations that hold a retailer's access to consents, among those on record.
    pub retailers: u64,
    /// Relations of addresses in the wrong form `+900…`, which no question finds.
    pub misformed: u64,
    /// By brand.
    pub by_brand: BTreeMap<u32, BrandCensus>,
}

/// What a store holds of one brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BrandCensus {
    /// Relations on record.
    pub relations: u64,
    /// Cells that hold ONAY, by [`Channel`].
    pub onay: [u64; Channel::ALL.len()],
    /// Cells that hold RET, by [`Channel`].
    pub ret: [u64; Channel::ALL.len()],
}

impl Store {
    /// Every relation with its record.
    pub fn each_record(&self, mut each: impl FnMut(RelationKey, Record)) -> Result<(), StoreError> {
        self.scan(Family::Consent, &[], |key, value| {
            let (relation, record) = self.read_record(key, value)?;
            each(relation, record);
            Ok(())
        })
    }

    /// Every relation of a brand with its record, as long as `go_on` says so. Walks over those of all brands,
    /// which lie together by recipient.
    pub fn each_record_of(
        &self,
        brand: BrandCode,
        go_on: impl Fn() -> bool,
        mut each: impl FnMut(RelationKey, Record),
    ) -> Result<(), StoreError> {
        self.walk_up(Family::Consent, &[], |key, value| {
            let corrupt = |source| StoreError::Corrupt { family: "consent", source };
            let relation = RelationKey::from_bytes(key).map_err(|_| corrupt(codec::InvalidBytes::Length))?;
            if relation.brand == brand {
                each(relation, self.read_record(key, value)?.1);
            }
            Ok(if go_on() { Continue(()) } else { Break(()) })
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
            let brand = census.by_brand.entry(relation.brand.get()).or_default();
            brand.relations += 1;
            if !relation.is_of_brand() {
                census.retailers += 1;
                return;
            }
            let held = |cell| record.status(cell).map(|status| (cell, status));
            for (cell, status) in Cell::ALL.into_iter().filter_map(held) {
                let (all, by_channel) = match status {
                    Status::Onay => (&mut census.onay, &mut brand.onay),
                    Status::Ret => (&mut census.ret, &mut brand.ret),
                    Status::Yok => continue,
                };
                *all += 1;
                by_channel[cell.channel as usize] += 1;
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
