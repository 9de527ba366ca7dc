//! Looks for many byte strings in many bytes at once.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// No needle is shorter: the search steps through the first so many bytes.
pub const SHORTEST: usize = 8;
/// Bits of the filter that most places do not pass.
const FILTER: u32 = 22;

/// The strings to look for.
pub struct Needles {
    by_start: HashMap<u64, Vec<Vec<u8>>>,
    filter: Vec<bool>,
    count: usize,
}

fn place(start: u64) -> usize {
    (start.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - FILTER)) as usize
}

impl Needles {
    /// Shorter strings are left out: what is shorter than a phone number names nobody.
    pub fn new(needles: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut made = Self { by_start: HashMap::new(), filter: vec![false; 1 << FILTER], count: 0 };
        for needle in needles {
            let Some(start) = needle.first_chunk::<SHORTEST>() else { continue };
            let start = u64::from_be_bytes(*start);
            let same_start = made.by_start.entry(start).or_default();
            if !same_start.contains(&needle) {
                same_start.push(needle);
                made.filter[place(start)] = true;
                made.count += 1;
            }
        }
        made
    }

    pub const fn count(&self) -> usize {
        self.count
    }

    pub fn iter(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.by_start.values().flatten()
    }

    /// The first needle in `bytes`, and where.
    pub fn find(&self, bytes: &[u8]) -> Option<(usize, &[u8])> {
        let mut window = 0;
        for (at, byte) in bytes.iter().enumerate() {
            window = window << 8 | u64::from(*byte);
            if at + 1 < SHORTEST || !self.filter[place(window)] {
                continue;
            }
            let start = at + 1 - SHORTEST;
            let needles = self.by_start.get(&window).into_iter().flatten();
            if let Some(found) = needles.into_iter().find(|needle| bytes[start..].starts_with(needle)) {
                return Some((start, found));
            }
        }
        None
    }

    /// What is wrong with `bytes` called `name`: which needle is where, with what stands around it.
    pub fn found_in(&self, name: &str, bytes: &[u8]) -> Option<String> {
        let (at, needle) = self.find(bytes)?;
        let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + needle.len() + 20)];
        Some(format!("{name}, byte {at}: {} in {}", needle.escape_ascii(), around.escape_ascii()))
    }

    /// The same for every file under a folder, and their bytes in all.
    pub fn found_under(&self, folder: &Path) -> (Vec<String>, u64) {
        let (mut found, mut size) = (Vec::new(), 0);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let (inner, inner_size) = if path.is_dir() { self.found_under(&path) } else { self.found_in_file(&path) };
            found.extend(inner);
            size += inner_size;
        }
        (found, size)
    }

    fn found_in_file(&self, path: &Path) -> (Vec<String>, u64) {
        // A running gateway may have removed it since.
        let Ok(bytes) = fs::read(path) else { return (Vec::new(), 0) };
        (self.found_in(&path.display().to_string(), &bytes).into_iter().collect(), bytes.len() as u64)
    }
}
