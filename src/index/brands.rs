//! The brands on file, as a check reads them: an immutable map, swapped whole.

use super::freshness::Freshness;
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::channel::Channel;
use crate::model::time::{IysTime, Moment};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A brand with how fresh its data is.
pub struct BrandEntry {
    /// The brand.
    pub brand: Brand,
    /// What is known of its data's age; stays when the brand changes.
    pub freshness: Arc<Freshness>,
    /// Recipients that were asked about; stays when the brand changes.
    asked: Arc<AtomicU64>,
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
    /// Counts recipients that are asked about.
    pub fn ask(&self, recipients: u64) {
        self.asked.fetch_add(recipients, Ordering::Relaxed);
    }

    /// How many recipients were asked about since the start, for an answer or an explanation.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How old the brand's data may be; none if nothing was ever taken in.
    #[must_use]
    pub fn as_of(&self) -> Option<IysTime> {
        self.freshness.as_of(&self.brand)
    }

    /// Whether nobody can vouch for the data of `channel`.
    #[must_use]
    pub fn is_stale(&self, channel: Channel, at: Moment) -> bool {
        self.freshness.is_stale(&self.brand, channel, at)
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

    /// Brands behind a code, by code, `most` of them at most, and whether there are others behind these.
    #[must_use]
    pub fn page(&self, after: u32, most: usize) -> (Vec<Arc<BrandEntry>>, bool) {
        let mut page = self.all();
        page.drain(..page.partition_point(|entry| entry.brand.code.get() <= after));
        let more = page.len() > most;
        page.truncate(most);
        (page, more)
    }

    /// Adds a brand or replaces the one of its code; how fresh its data is stays. For the writer: two callers at once would lose
    /// one's change. Many at once are for [`Brands::fill`]: each call copies the map.
    pub fn put(&self, brand: Brand) {
        let current = self.0.load();
        let mut next: Map = (**current).clone();
        next.insert(brand.code, entry_of(brand, &current));
        self.set(next);
    }

    /// Sets everything that is on file; how fresh the data of each brand is stays. For boot.
    pub fn fill(&self, brands: Vec<Brand>) {
        let current = self.0.load();
        self.set(brands.into_iter().map(|brand| (brand.code, entry_of(brand, &current))).collect());
    }

    fn set(&self, next: Map) {
        #[cfg(test)]
        COPIED.set(COPIED.get() + next.len());
        self.0.store(Arc::new(next));
    }

    /// Has what is known of a brand's age noted. For the writer and for boot.
    pub fn note(&self, code: BrandCode, note: impl FnOnce(&Freshness)) {
        if let Some(entry) = self.0.load().get(&code) {
            note(&entry.freshness);
        }
    }
}

/// The entry of a brand: the one of the map if the brand is as it was.
fn entry_of(brand: Brand, current: &Map) -> Arc<BrandEntry> {
    let Some(entry) = current.get(&brand.code) else {
        return Arc::new(BrandEntry { brand, freshness: Arc::default(), asked: Arc::default() });
    };
    if entry.brand == brand {
        return Arc::clone(entry);
    }
    Arc::new(BrandEntry { brand, freshness: Arc::clone(&entry.freshness), asked: Arc::clone(&entry.asked) })
}

#[cfg(test)]
thread_local! {
    /// Entries that this thread has put into maps of brands.
    pub(crate) static COPIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::IysCode;

    fn brand(code: u32, active: bool) -> Brand {
        let brand = Brand::imported(BrandCode::new(code).unwrap(), IysCode::new(7).unwrap(), "Örnek".to_owned());
        Brand { active, ..brand }
    }

    #[test]
    fn a_change_keeps_how_fresh_the_data_is_and_how_often_it_was_asked() {
        let brands = Brands::default();
        brands.put(brand(2, true));
        brands.put(brand(1, true));
        let code = BrandCode::new(2).unwrap();
        assert_eq!(brands.get(code).unwrap().as_of(), None);
        brands.note(code, |freshness| freshness.imported(IysTime::from_unix(1_700_000_000)));
        brands.note(code, |freshness| freshness.imported(IysTime::from_unix(1_600_000_000)));
        brands.get(code).unwrap().ask(3);
        brands.put(brand(2, false));
        let entry = brands.get(code).unwrap();
        let found = (entry.brand.clone(), entry.as_of(), entry.asked());
        assert_eq!(found, (brand(2, false), Some(IysTime::from_unix(1_700_000_000)), 3));
        assert_eq!(brands.all().iter().map(|entry| entry.brand.code.get()).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn what_is_on_file_is_set_at_once_and_keeps_the_same() {
        let brands = Brands::default();
        brands.put(brand(1, true));
        brands.put(brand(3, true));
        let code = BrandCode::new(1).unwrap();
        brands.get(code).unwrap().ask(3);
        brands.note(code, |freshness| freshness.imported(IysTime::from_unix(1_700_000_000)));
        let before = COPIED.get();
        brands.fill(vec![brand(2, true), brand(1, false)]);
        assert_eq!(COPIED.get() - before, 2);
        let all: Vec<_> = brands.all().iter().map(|entry| (entry.brand.clone(), entry.as_of(), entry.asked())).collect();
        let imported = Some(IysTime::from_unix(1_700_000_000));
        assert_eq!(all, [(brand(1, false), imported, 3), (brand(2, true), None, 0)]);
    }

    #[test]
    fn brands_come_a_page_at_a_time() {
        let brands = Brands::default();
        for code in [7, 3, 9, 5] {
            brands.put(brand(code, true));
        }
        for (after, most, expected) in [
            (0, 2, (vec![3, 5], true)),
            (5, 2, (vec![7, 9], false)),
            (4, 9, (vec![5, 7, 9], false)),
            (9, 2, (vec![], false)),
            (u32::MAX, 2, (vec![], false)),
        ] {
            let (page, more) = brands.page(after, most);
            let codes: Vec<u32> = page.iter().map(|entry| entry.brand.code.get()).collect();
            assert_eq!((codes, more), expected, "{most} behind {after}");
        }
    }
}
