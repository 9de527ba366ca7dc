//! Proofs: that a decision is in a frame, the frame in a segment, the segment in the tree whose root is signed.

use super::merkle::{Hash, path};
use crate::evidence::record::{Record, RecordError};
use crate::evidence::search::{Sought, by_id};
use crate::evidence::segment::{Body, Seal, Unreadable};
use crate::evidence::start::examine::stretches;
use crate::model::decision::id::DecisionId;
use crate::model::text::hex::to_hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

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
    /// The evidence cannot be read, or is not what was written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nothing is on record under the id.
    #[error("no decision {0} is on record")]
    Unknown(DecisionId),
    /// Nothing is on record under the id, and what may have held it was removed.
    #[error("no decision {0} is on record; {1}, which may have held it, were removed when their retention was over")]
    Removed(DecisionId, String),
    /// Nothing is on record under the id, and what may have held it is missing.
    #[error("no decision {0} is on record, and {1}, which may have held it, are missing: no event says that they were removed")]
    Missing(DecisionId, String),
    /// Its segment is being written, or not in the signed tree yet.
    #[error("the segment of {0} is not sealed yet: that is done with the hour, or when the gateway stops")]
    NotSealed(DecisionId),
}

impl From<Unreadable> for ProveError {
    fn from(error: Unreadable) -> Self {
        Self::Record(error.into())
    }
}

/// Proves that a decision is on record.
pub fn prove(record: &Record, id: DecisionId) -> Result<Proof, ProveError> {
    let Sought { found, removed, missing } = by_id(record, id)?;
    let Some(found) = found else {
        return Err(match (&missing[..], &removed[..]) {
            ([], []) => ProveError::Unknown(id),
            ([], removed) => ProveError::Removed(id, files(removed)),
            (missing, _) => ProveError::Missing(id, files(missing)),
        });
    };
    let place = usize::try_from(found.segment - 1).unwrap_or(usize::MAX);
    let size = usize::try_from(record.signed).unwrap_or(usize::MAX);
    let signed = record.seals.get(..size).filter(|tree| place < tree.len());
    let (Some(tree), Some(seal), Some(checkpoint)) = (signed, record.seals.get(place), &record.checkpoint) else {
        return Err(ProveError::NotSealed(id));
    };
    let (mut leaves, mut shown) = (Vec::new(), None);
    record.read(seal, |_, frame| {
        if let (Body::Decisions(columns, recipients), true) = (&frame.body, frame.at as u64 == found.frame) {
            shown = Some((leaves.len(), columns.clone(), recipients.to_vec()));
        }
        if !matches!(frame.body, Body::Seal(_)) {
            leaves.push(frame.leaf);
        }
        Ok::<_, ProveError>(())
    })?;
    let (frame, columns, recipients) = shown.ok_or(ProveError::Unknown(id))?;
    let hex = |path: Vec<Hash>| path.iter().map(|hash| to_hex(hash)).collect();
    let tree: Vec<Hash> = tree.iter().map(Seal::leaf).collect();
    Ok(Proof {
        format: "izingate evidence proof 1",
        decision_id: id.to_string(),
        segment: found.segment,
        columns: STANDARD.encode(columns),
        recipients: STANDARD.encode(recipients),
        frame: frame as u64,
        frame_path: hex(path(&leaves, frame)),
        seal: STANDARD.encode(seal.to_bytes()),
        leaf: place as u64,
        tree_path: hex(path(&tree, place)),
        checkpoint: checkpoint.clone(),
    })
}

/// The files of segments, in words.
#[must_use]
pub fn files(numbers: &[u64]) -> String {
    let stretch = |(first, last): (u64, u64)| {
        if first == last { format!("{first:012}.seg") } else { format!("{first:012}.seg to {last:012}.seg") }
    };
    stretches(numbers).into_iter().map(stretch).collect::<Vec<_>>().join(", ")
}
