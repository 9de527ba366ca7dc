//! The largest answers of each call, encoded: a client with its defaults takes messages of up to 4 MiB, and every answer
//! stays below that with the longest of everything that it may hold.

use super::convert::MOST_RECIPIENTS;
use super::gateway::MOST_HISTORY;
use super::{proto, state};
use crate::api::admin_service::MOST_CLOSURES;
use crate::api::consent_service::MOST_MOVEMENTS;
use crate::api::registry_service::{MOST_BRANDS, MOST_DECLARATIONS};
use crate::model::brand::Brand;
use crate::model::brand::declaration::Declared;
use crate::model::brand::sender_profile::Standing;
use crate::model::consent::channel::Channel;
use crate::model::consent::movement::Refusal;
use crate::model::decision::question::LONGEST_REFERENCE;
use crate::ports::ChangePart;
use prost::Message;

/// What a client takes by default, in every language that gRPC's own libraries are for.
const TAKEN: usize = 4 << 20;
/// A moment far in the future has five bytes.
const LATE: i64 = u32::MAX as i64;
/// A source's name and a transaction's id, at their longest.
const SOURCE: usize = 32;
const TRANSACTION: usize = 64;

fn fits(name: &str, message: &impl Message) {
    let size = message.encoded_len();
    // One that is nowhere near was not filled.
    assert!((TAKEN / 64..TAKEN).contains(&size), "{name}: {size} bytes");
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

fn brand() -> proto::Brand {
    let mode = |channel: Channel| proto::ChannelMode { channel: channel as i32 + 1, mode: 3, effective_from: LATE };
    proto::Brand {
        brand_code: u32::MAX,
        iys_code: u32::MAX,
        title: text(Brand::LONGEST_TITLE),
        active: true,
        max_age_minutes: vec![64_800; 3],
        modes: Channel::ALL.into_iter().flat_map(|channel| [mode(channel), mode(channel)]).collect(),
        out_of_scope: Some("2/2-b".to_owned()),
        declaration: Some(text(Standing::LONGEST_DECLARATION)),
        exempt_only: Some(true),
        keeper: Some(proto::DataKeeper {
            partner: text(Brand::LONGEST_TITLE),
            declaration: text(Standing::LONGEST_DECLARATION),
            declared_at: LATE,
        }),
        require_declaration: Some(true),
    }
}

fn brand_state() -> proto::BrandState {
    let stream = || proto::StreamState { stream: "IYS".to_owned(), complete_to: LATE, newest: LATE, asked: LATE };
    proto::BrandState {
        brand_code: u32::MAX,
        active: true,
        as_of: LATE,
        age_seconds: LATE,
        fed: true,
        streams: vec![stream(), stream()],
        last_push: LATE,
        gap: Some(proto::GapState { from: LATE, to: LATE }),
        stale: vec![1, 2, 3],
    }
}

fn declaration() -> proto::Declaration {
    proto::Declaration {
        id: u64::MAX,
        brand_code: u32::MAX,
        purpose: 4,
        declared_by: text(Declared::LONGEST_NAME),
        declared_at: LATE,
        document_sha256: text(64),
        valid_until: LATE,
        revoked_at: LATE,
    }
}

fn cell() -> proto::CellRecord {
    let entry = proto::HistoryEntry {
        status: 2,
        creation_date: LATE,
        consent_date: LATE,
        source: text(SOURCE),
        transaction_id: text(TRANSACTION),
        revision: u64::MAX,
        known_since: LATE,
    };
    proto::CellRecord { channel: 3, recipient_type: 2, status: 3, history: vec![entry; MOST_HISTORY], more: true }
}

#[test]
fn lists_stay_below_what_a_client_takes() {
    fits("ListBrands", &proto::ListBrandsResponse { brands: vec![brand(); MOST_BRANDS], more: true });
    let tasks = vec![proto::FeedTask { name: text(64), state: text(8), detail: text(4_000), restarts: u64::MAX }; 64];
    let state = proto::GetStateResponse {
        ready: true,
        revision: u64::MAX,
        earliest_revision: u64::MAX,
        relations: u64::MAX,
        brands: vec![brand_state(); state::MOST_BRANDS],
        feeds: tasks,
        more_brands: true,
    };
    fits("GetState", &state);
    let declarations = vec![declaration(); MOST_DECLARATIONS];
    fits("ListDeclarations", &proto::ListDeclarationsResponse { declarations });
    let closure = proto::PendingClosure { id: u64::MAX, recipient: text(16), closed_at: LATE, noted_at: LATE };
    fits("ListClosures", &proto::ListClosuresResponse { closures: vec![closure; MOST_CLOSURES] });
}

#[test]
fn answers_to_questions_stay_below_what_a_client_takes() {
    let batch = proto::CheckBatchResponse {
        results: vec![0xFF; MOST_RECIPIENTS].into(),
        counts: Some(proto::Counts { allow: u32::MAX, deny: u32::MAX, defer: u32::MAX }),
        revision: u64::MAX,
        as_of: LATE,
        decision_id: text(32),
        reference: text(LONGEST_REFERENCE),
    };
    fits("CheckBatch", &batch);
    let explained = proto::ExplainResponse {
        check: Some(proto::CheckResponse { reference: text(LONGEST_REFERENCE), ..proto::CheckResponse::default() }),
        explanation_en: text(1_000),
        explanation_tr: text(1_000),
        // A phone has four cells, an e-mail two.
        cells: vec![cell(); 4],
        mode: 3,
        declaration: Some(declaration()),
        sender_declaration: text(Standing::LONGEST_DECLARATION),
    };
    fits("Explain", &explained);
}

#[test]
fn what_became_of_movements_stays_below_what_a_client_takes() {
    let longest = Refusal::ALL.into_iter().max_by_key(|refusal| refusal.code().len() + refusal.to_string().len()).unwrap();
    let refused = proto::RefusedMovement { index: u32::MAX, code: longest.code().to_owned(), detail: longest.to_string() };
    let refused = vec![refused; MOST_MOVEMENTS];
    fits("Apply", &proto::ApplyResponse { revision: u64::MAX, applied: u32::MAX, unchanged: 0, as_of_now: 0, refused });
    let change = proto::RelationChange { recipient: vec![0xFF; 16], brand_code: u32::MAX, retailer_code: u32::MAX, state: 0xFF };
    let changes = vec![change; ChangePart::MOST_CHANGES];
    let batch = proto::ChangeBatch { revision: u64::MAX, committed_at: LATE, changes, more: true };
    fits("Watch", &proto::WatchEvent { event: Some(proto::watch_event::Event::Batch(batch)) });
}
