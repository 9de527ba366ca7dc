//! Merkle trees, hashed as RFC 6962 does: SHA-256, `00` before a leaf, `01` before a node.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf whose bytes lie in pieces.
#[must_use]
pub fn leaf(pieces: &[&[u8]]) -> Hash {
    hash(0, pieces)
}

/// The hash of pieces in a row behind a byte that says what they are.
pub(in crate::evidence) fn hash(domain: u8, pieces: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([domain]);
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hash(1, &[left, right])
}

/// A tree that grows leaf by leaf: the roots of its whole subtrees, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree of leaves.
    #[must_use]
    pub fn of<'a>(leaves: impl IntoIterator<Item = &'a Hash>) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    /// Leaves in it.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut merged = leaf;
        // Every trailing one of the size is a whole subtree as large as what has been merged.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            merged = node(&left, &merged);
        }
        self.peaks.push(merged);
        self.size += 1;
    }

    /// The root; of no leaves the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

/// The path that proves leaf `place` to be in the tree of `leaves`, from the bottom up; empty for a place that is
/// not in it.
#[must_use]
pub fn path(leaves: &[Hash], place: usize) -> Vec<Hash> {
    if leaves.len() < 2 || place >= leaves.len() {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut path, other) = if place < split { (path(left, place), right) } else { (path(right, place - split), left) };
    path.push(Tree::of(other).root());
    path
}

/// The root that a path leads to from leaf `place` of a tree of `size`; none if the path does not fit.
#[must_use]
pub fn root_of(leaf: Hash, place: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if place >= size {
        return None;
    }
    let (mut place, mut last, mut root) = (place, size - 1, leaf);
    for other in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            root = node(other, &root);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            root = node(&root, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::hex::to_hex;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|place| leaf(&[&place.to_be_bytes()])).collect()
    }

    /// The vectors that implementations of RFC 6962 share.
    #[test]
    fn roots_are_those_of_rfc_6962() {
        let data: [&[u8]; 4] = [b"", b"\x00", b"\x10", b"\x20\x21"];
        let leaves = data.map(|data| leaf(&[data]));
        let roots = [0, 1, 2, 3, 4].map(|size| to_hex(&Tree::of(&leaves[..size]).root()));
        assert_eq!(
            roots,
            [
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn every_leaf_is_proved_and_no_other() {
        for size in 1..40 {
            let leaves = leaves(size);
            let root = Tree::of(&leaves).root();
            for (place, leaf) in leaves.iter().enumerate() {
                let path = path(&leaves, place);
                assert_eq!(root_of(*leaf, place as u64, size as u64, &path), Some(root), "{place} of {size}");
                let elsewhere = (place + 1) % size;
                if elsewhere != place {
                    assert_ne!(root_of(*leaf, elsewhere as u64, size as u64, &path), Some(root));
                }
                let mut longer = path.clone();
                longer.push(root);
                assert_ne!(root_of(*leaf, place as u64, size as u64, &longer), Some(root));
            }
        }
        assert_eq!(root_of(leaf(&[]), 1, 1, &[]), None);
    }
}
