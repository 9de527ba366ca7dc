//! The declarations on file, as a check reads them: an immutable map, swapped whole.

use crate::model::brand::BrandCode;
use crate::model::brand::declaration::{Declaration, Exemption};
use crate::model::time::Moment;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;

/// By brand, the newest first: it is the one that is most often valid.
type Map = HashMap<BrandCode, Arc<[Declaration]>>;

/// Every declaration on file, revoked ones too.
#[derive(Default)]
pub struct Declarations(ArcSwap<Map>);

impl Declarations {
    /// The declaration that stands behind an exempt message of a brand at a moment: of several the newest. A
    /// brand has a bounded number of them, and a batch asks once.
    #[must_use]
    pub fn valid(&self, brand: BrandCode, exemption: Exemption, at: Moment) -> Option<u64> {
        let map = self.0.load();
        let valid = |declaration: &&Declaration| declaration.declared.exemption == exemption && declaration.is_valid(at);
        map.get(&brand)?.iter().find(valid).map(|declaration| declaration.id)
    }

    /// The declaration of a number.
    #[must_use]
    pub fn get(&self, brand: BrandCode, id: u64) -> Option<Declaration> {
        self.0.load().get(&brand)?.iter().find(|declaration| declaration.id == id).cloned()
    }

    /// Declarations of a brand or of all, oldest first, `most` at most, from behind `after` on.
    #[must_use]
    pub fn list(&self, brand: Option<BrandCode>, after: u64, most: usize) -> Vec<Declaration> {
        let map = self.0.load();
        let wanted = map.iter().filter(|(code, _)| brand.is_none_or(|brand| brand == **code)).flat_map(|(_, of)| of.iter());
        let mut wanted: Vec<&Declaration> = wanted.filter(|declaration| declaration.id > after).collect();
        wanted.sort_unstable_by_key(|declaration| declaration.id);
        wanted.into_iter().take(most).cloned().collect()
    }

    /// Adds a declaration, or replaces the one of its number. For the writer: two callers at once would lose
    /// one's change.
    pub fn put(&self, declaration: Declaration) {
        let current = self.0.load();
        let mut next: Map = (**current).clone();
        let (brand, id) = (declaration.declared.brand, declaration.id);
        let others = current.get(&brand).into_iter().flat_map(|of| of.iter());
        let others = others.filter(|other| other.id != id).cloned();
        next.insert(brand, newest_first(others.chain([declaration]).collect()));
        self.0.store(Arc::new(next));
    }

    /// Sets everything that is on file. For boot.
    pub fn fill(&self, declarations: Vec<Declaration>) {
        let mut by_brand: HashMap<BrandCode, Vec<Declaration>> = HashMap::new();
        for declaration in declarations {
            by_brand.entry(declaration.declared.brand).or_default().push(declaration);
        }
        let map = by_brand.into_iter().map(|(brand, declarations)| (brand, newest_first(declarations)));
        self.0.store(Arc::new(map.collect()));
    }
}

fn newest_first(mut declarations: Vec<Declaration>) -> Arc<[Declaration]> {
    declarations.sort_unstable_by_key(|declaration| std::cmp::Reverse(declaration.id));
    declarations.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::declaration::{Declared, DocumentHash};

    use crate::model::time::IysTime;

    const NOW: IysTime = IysTime::from_unix(1_800_000_000);

    fn brand(code: u32) -> BrandCode {
        BrandCode::new(code).unwrap()
    }

    fn declaration(id: u64, code: u32, exemption: Exemption) -> Declaration {
        let (by, document) = ("Ad".to_owned(), DocumentHash([7; 32]));
        let declared = Declared { brand: brand(code), exemption, by, at: NOW, document, valid_until: None };
        Declaration { id, declared, revoked: None }
    }

    #[test]
    fn the_newest_that_is_valid_stands_behind_a_message() {
        let declarations = Declarations::default();
        declarations.fill([3, 1, 2].map(|id| declaration(id, 7, Exemption::Article62)).into());
        declarations.put(declaration(4, 7, Exemption::Article61));
        declarations.put(declaration(5, 8, Exemption::Article62));
        let valid = |now| declarations.valid(brand(7), Exemption::Article62, Moment::of(now));
        assert_eq!((valid(NOW), valid(NOW.minus(1))), (Some(3), None));
        let revoked = Declaration { revoked: Some(NOW.plus(5)), ..declaration(3, 7, Exemption::Article62) };
        declarations.put(revoked.clone());
        assert_eq!((valid(NOW.plus(4)), valid(NOW.plus(5))), (Some(3), Some(2)));
        assert_eq!(declarations.get(brand(7), 3), Some(revoked), "it stays on file");
        assert_eq!(declarations.valid(brand(9), Exemption::Article62, Moment::of(NOW)), None);
        assert_eq!(declarations.valid(brand(8), Exemption::Article64, Moment::of(NOW)), None);
    }

    #[test]
    fn a_list_goes_on_where_it_ended() {
        let declarations = Declarations::default();
        for (id, code) in [(2, 8), (1, 7), (4, 7), (3, 8)] {
            declarations.put(declaration(id, code, Exemption::Article61));
        }
        let ids = |brand, after, most| -> Vec<u64> {
            declarations.list(brand, after, most).into_iter().map(|declaration| declaration.id).collect()
        };
        assert_eq!(ids(None, 0, 3), [1, 2, 3]);
        assert_eq!(ids(None, 3, 3), [4]);
        assert_eq!(ids(Some(brand(7)), 0, 9), [1, 4]);
    }
}
