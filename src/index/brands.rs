//! The brands on file, as a check reads them: an immutable map, swapped whole.

use crate::model::brand::{Brand, BrandCode};
use crate::model::time::IysTime;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A brand with how fresh its data is.
pub struct BrandEntry {
    /// The brand.
    pub brand: Brand,
    /// Unix seconds of the last data taken in; 0 if there was none.
    as_of: AtomicU32,
}

type Map = HashMap<BrandCode, Arc<BrandEntry>, BuildHasherDefault<ByCode>>;

/// Brands are put on file by an operator, so their codes need no hash that withstands an enemy.
#[derive(Default)]
struct ByCode(u64);

impl Hasher for ByCode {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32((*byte).into());
        }
    }

    fn write_u32(&mut self, code: u32) {
        self.0 = (self.0 ^ u64::from(code)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

/// Every brand on file.
#[derive(Default)]
pub struct Brands(ArcSwap<Map>);

impl BrandEntry {
    /// How old the brand's data may be; none if nothing was ever taken in.
    #[must_use]
    pub fn as_of(&self) -> Option<IysTime> {
        match self.as_of.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(IysTime::from_unix(seconds)),
        }
    }
}

impl Brands {
    /// The brand of a code.
    #[must_use]
    pub fn get(&self, code: BrandCode) -> Option<Arc<BrandEntry>> {
        self.0.load().get(&code).cloned()
    }

    /// Every brand, by code.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<BrandEntry>> {
        let mut all: Vec<_> = self.0.load().values().cloned().collect();
        all.sort_by_key(|entry| entry.brand.code);
        all
    }

    /// Adds a brand or replaces the one of its code; how fresh its data is stays. For the writer and
    /// for boot: two callers at once would lose one's change.
    pub fn put(&self, brand: Brand, as_of: Option<IysTime>) {
        let current = self.0.load();
        let kept = current.get(&brand.code).and_then(|entry| entry.as_of());
        let seconds = as_of.or(kept).map_or(0, IysTime::unix);
        let mut next: Map = (**current).clone();
        next.insert(brand.code, Arc::new(BrandEntry { brand, as_of: AtomicU32::new(seconds) }));
        self.0.store(Arc::new(next));
    }

    /// The brand's data was taken in at `as_of`. For the writer.
    pub fn touch(&self, code: BrandCode, as_of: IysTime) {
        if let Some(entry) = self.0.load().get(&code) {
            entry.as_of.fetch_max(as_of.unix(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::IysCode;

    fn brand(code: u32, active: bool) -> Brand {
        Brand { code: BrandCode::new(code).unwrap(), iys_code: IysCode::new(7).unwrap(), title: "Örnek".to_owned(), active }
    }

    #[test]
    fn a_change_keeps_how_fresh_the_data_is() {
        let brands = Brands::default();
        brands.put(brand(2, true), None);
        brands.put(brand(1, true), None);
        let code = BrandCode::new(2).unwrap();
        assert_eq!(brands.get(code).unwrap().as_of(), None);
        brands.touch(code, IysTime::from_unix(1_700_000_000));
        brands.touch(code, IysTime::from_unix(1_600_000_000));
        brands.put(brand(2, false), None);
        let entry = brands.get(code).unwrap();
        assert_eq!((entry.brand.clone(), entry.as_of()), (brand(2, false), Some(IysTime::from_unix(1_700_000_000))));
        assert_eq!(brands.all().iter().map(|entry| entry.brand.code.get()).collect::<Vec<_>>(), [1, 2]);
    }
}
