//! Some of many brands: those that matter most, so that no number of brands makes more series.
//!
//! Who is shown stays until another is clearly ahead, so that a near tie does not make new series with every look.

use std::collections::HashMap;

/// Brands that are shown by their code at once; the others are shown together.
pub(super) const SHOWN: usize = 20;

/// Those that are shown.
#[derive(Debug, Default)]
pub(super) struct Top(Vec<u32>);

impl Top {
    /// Chooses anew: whoever is gone makes room, and one who is not shown takes the place of the least if it `beats` it.
    pub(super) fn choose(&mut self, values: &HashMap<u32, f64>, beats: impl Fn(f64, f64) -> bool) -> &[u32] {
        self.0.retain(|brand| values.contains_key(brand));
        let mut others: Vec<(u32, f64)> = values.iter().map(|(brand, value)| (*brand, *value)).collect();
        others.retain(|(brand, _)| !self.0.contains(brand));
        // By code where they are equal: the choice never depends on the order of a map.
        others.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        for (brand, value) in others.into_iter().take(SHOWN) {
            if self.0.len() < SHOWN {
                self.0.push(brand);
                continue;
            }
            let least = self.0.iter_mut().min_by(|a, b| values[*a].total_cmp(&values[*b]));
            match least {
                Some(least) if beats(value, values[&*least]) => *least = brand,
                _ => break,
            }
        }
        &self.0
    }
}

/// The busiest brands. Every row only ever grows: what a brand was asked while it was not shown counts as the others'.
#[derive(Debug, Default)]
pub(super) struct Busiest {
    brands: HashMap<u32, Tally>,
    /// What each was asked lately.
    recent: HashMap<u32, f64>,
    top: Top,
    other: u64,
}

#[derive(Debug, Default)]
struct Tally {
    total: u64,
    shown: u64,
}

/// What is left of a look after the next: at one a second minutes count, an hour ago does not.
const FADE: f64 = 0.995;

impl Busiest {
    /// Notes every brand's total so far; tells what is shown of each, and last of all others together.
    pub(super) fn note(&mut self, totals: &[(u32, u64)]) -> Vec<(String, f64)> {
        self.recent.values_mut().for_each(|recent| *recent *= FADE);
        let mut news = Vec::new();
        for (brand, total) in totals {
            let tally = self.brands.entry(*brand).or_default();
            let new = total.saturating_sub(tally.total);
            if new > 0 {
                tally.total = *total;
                *self.recent.entry(*brand).or_default() += new as f64;
                news.push((*brand, new));
            }
        }
        let shown = self.top.choose(&self.recent, |new, old| new > 2.0 * old + 1.0);
        for (brand, new) in news {
            match self.brands.get_mut(&brand).filter(|_| shown.contains(&brand)) {
                Some(tally) => tally.shown += new,
                None => self.other += new,
            }
        }
        let of = |brand: &u32| (brand.to_string(), self.brands.get(brand).map_or(0, |tally| tally.shown) as f64);
        shown.iter().map(of).chain([("other".to_owned(), self.other as f64)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_are_shown_and_nothing_is_lost_or_goes_back() {
        let mut busiest = Busiest::default();
        let mut totals: Vec<(u32, u64)> = (1..=10_000).map(|brand| (brand, 0)).collect();
        let mut before: HashMap<String, f64> = HashMap::new();
        for look in 0..400_u64 {
            for (brand, total) in &mut totals {
                // Thirty busy ones, whose turn moves on by ten every hundred looks.
                let busy = (u64::from(*brand)).wrapping_sub(look / 100 * 10) <= 30;
                *total += if busy { 1_000 + u64::from(*brand) } else { u64::from(look % 50 == 0) };
            }
            let rows = busiest.note(&totals);
            assert!(rows.len() <= SHOWN + 1);
            let shown: f64 = rows.iter().map(|(_, value)| *value).sum();
            let asked = totals.iter().map(|(_, total)| *total).sum::<u64>() - hidden(&busiest);
            assert!((shown - asked as f64).abs() < 0.5, "{shown} of {asked}");
            for (brand, value) in rows {
                assert!(before.insert(brand, value).is_none_or(|before| before <= value));
            }
        }
        assert!(before.len() < 100, "few ever had a row: {}", before.len());
    }

    /// What a brand had while it was shown, and is not any more.
    fn hidden(busiest: &Busiest) -> u64 {
        let gone = busiest.brands.iter().filter(|(brand, _)| !busiest.top.0.contains(brand));
        gone.map(|(_, tally)| tally.shown).sum()
    }

    #[test]
    fn a_near_tie_changes_nothing() {
        let mut top = Top::default();
        let even: HashMap<u32, f64> = (1..=100).map(|brand| (brand, 3_600.0)).collect();
        let beats = |new: f64, old: f64| new > 1.25 * old + 60.0;
        let first = top.choose(&even, beats).to_vec();
        assert_eq!(first, (1..=20).collect::<Vec<_>>());
        let near = (1..=100).map(|brand| (brand, 3_600.0 + f64::from(brand))).collect();
        assert_eq!(top.choose(&near, beats), first);
        let old = near.into_iter().map(|(brand, age)| (brand, if brand == 77 { 9_000.0 } else { age })).collect();
        assert!(top.choose(&old, beats).contains(&77));
    }
}
