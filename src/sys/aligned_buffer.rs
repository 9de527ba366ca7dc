//! Bytes that begin at a block's boundary in memory, as a write past the page cache wants them.

/// What direct I/O is aligned to: in memory, in the file and in length. Every file system in use takes it.
pub const BLOCK: usize = 4_096;

/// Bytes that begin at a boundary of [`BLOCK`] in memory.
#[derive(Debug, Default)]
pub struct Blocks {
    /// Begins with as many bytes of nothing as it takes to the boundary.
    bytes: Vec<u8>,
    start: usize,
}

impl Blocks {
    /// None, with room for so many.
    #[must_use]
    pub fn with_room(room: usize) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(room + BLOCK);
        let start = bytes.as_ptr().addr().next_multiple_of(BLOCK) - bytes.as_ptr().addr();
        bytes.resize(start, 0);
        Self { bytes, start }
    }

    /// What is there.
    #[must_use]
    pub fn get(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds some.
    pub fn extend(&mut self, more: &[u8]) {
        self.reserve(more.len());
        self.bytes.extend_from_slice(more);
    }

    /// Adds so many zeros, and lends them to be written over.
    pub fn extend_with(&mut self, more: usize) -> &mut [u8] {
        self.reserve(more);
        let from = self.bytes.len();
        self.bytes.resize(from + more, 0);
        &mut self.bytes[from..]
    }

    /// Keeps the first of them alone.
    pub fn truncate(&mut self, length: usize) {
        self.bytes.truncate(self.start + length);
    }

    /// Forgets the first of them: what is behind moves to the boundary.
    pub fn forget(&mut self, first: usize) {
        self.bytes.copy_within(self.start + first.., self.start);
        self.bytes.truncate(self.bytes.len() - first);
    }

    /// Room for more, without leaving the boundary.
    fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            let mut larger = Self::with_room((self.len() + more).next_power_of_two());
            larger.bytes.extend_from_slice(self.get());
            *self = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_bytes_at_a_boundary(steps in prop::collection::vec((0..4_u8, 0..9_000_usize), 0..40)) {
            let (mut blocks, mut plain) = (Blocks::default(), Vec::new());
            for (kind, size) in steps {
                match kind {
                    0 => {
                        let more: Vec<u8> = (0..size).map(|place| place as u8).collect();
                        blocks.extend(&more);
                        plain.extend(more);
                    }
                    1 => {
                        blocks.extend_with(size).fill(7);
                        plain.resize(plain.len() + size, 7);
                    }
                    2 => {
                        blocks.truncate(size);
                        plain.truncate(size);
                    }
                    _ => {
                        let first = size.min(plain.len());
                        blocks.forget(first);
                        plain.drain(..first);
                    }
                }
                prop_assert_eq!((blocks.get(), blocks.len(), blocks.is_empty()), (&plain[..], plain.len(), plain.is_empty()));
                prop_assert!(plain.is_empty() || blocks.get().as_ptr().addr().is_multiple_of(BLOCK));
            }
        }
    }
}
