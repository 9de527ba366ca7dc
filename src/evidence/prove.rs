//! Proofs: that a decision is in a frame, the frame in a segment, the segment in the tree whose root is signed.

use super::archive::{read_checkpoint, read_seals};
use super::merkle::{Hash, path};
use super::search::by_id;
use super::segment::{Body, Frames, Seal, sealed_path};
use crate::check::DecisionId;
use crate::model::hex::to_hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::Path;

/// A proof, as `deploy/verify_evidence.py` takes it. Hashes are hexadecimal, bytes Base64.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// What it is.
    pub format: &'static str,
    /// The decision's id.
    pub decision_id: String,
    /// The segment.
    pub segment: u64,
    /// The frame's columns, without zstd.
    pub columns: String,
    /// The frame's recipients, 16 bytes each.
    pub recipients: String,
    /// The frame's place among the frames of the segment.
    pub frame: u64,
    /// The path from the frame's leaf to the root in the seal.
    pub frame_path: Vec<String>,
    /// The segment's seal: the leaf of the tree.
    pub seal: String,
    /// The segment's place in the tree.
    pub leaf: u64,
    /// The path from the seal's leaf to the root of the tree.
    pub tree_path: Vec<String>,
    /// The signed root.
    pub checkpoint: String,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Nothing is on record under the id.
    #[error("no decision {0} is on record")]
    Unknown(DecisionId),
    /// Its segment is being written, or not in the tree yet.
    #[error("the segment of {0} is not sealed yet: that is done with the hour, or when the gateway stops")]
    NotSealed(DecisionId),
    /// The segment is not what was written.
    #[error("segment {0} is not what was written; see izingate evidence verify")]
    Broken(u64),
}

/// Proves that a decision is on record.
pub fn prove(folder: &Path, id: DecisionId) -> Result<Proof, ProveError> {
    let found = by_id(folder, id)?.ok_or(ProveError::Unknown(id))?;
    let number = found.segment;
    // The checkpoint first: the tree may grow meanwhile, and has every segment of it.
    let checkpoint = read_checkpoint(folder)?.ok_or(ProveError::NotSealed(id))?;
    let size: usize = checkpoint.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
    let seals = read_seals(folder)?;
    let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
    let (Some(seal), Some(tree)) = (seals.get(place), seals.get(..size).filter(|tree| place < tree.len())) else {
        return Err(ProveError::NotSealed(id));
    };
    let bytes = fs::read(sealed_path(folder, number))?;
    let mut leaves = Vec::new();
    let mut shown = None;
    for frame in Frames::of(&bytes).map_err(|_| ProveError::Broken(number))? {
        let frame = frame.map_err(|_| ProveError::Broken(number))?;
        if let (Body::Decisions(columns, recipients), true) = (&frame.body, frame.at as u64 == found.frame) {
            shown = Some((leaves.len(), columns.clone(), recipients.to_vec()));
        }
        if !matches!(frame.body, Body::Seal(_)) {
            leaves.push(frame.leaf);
        }
    }
    let (frame, columns, recipients) = shown.ok_or(ProveError::Broken(number))?;
    let hex = |path: Vec<Hash>| path.iter().map(|hash| to_hex(hash)).collect();
    let tree: Vec<Hash> = tree.iter().map(Seal::leaf).collect();
    Ok(Proof {
        format: "izingate evidence proof 1",
        decision_id: id.to_string(),
        segment: number,
        columns: STANDARD.encode(columns),
        recipients: STANDARD.encode(recipients),
        frame: frame as u64,
        frame_path: hex(path(&leaves, frame)),
        seal: STANDARD.encode(seal.to_bytes()),
        leaf: place as u64,
        tree_path: hex(path(&tree, place)),
        checkpoint,
    })
}
