//! The dossier for machines. Field names are stable; a change that is not an addition raises
//! [`FORMAT`]. İYS's dates are as İYS writes them, all other times RFC 3339 with Türkiye's offset.

use super::model::{
    AcceptedLoss, BrandOnRecord, Chain, ChainKind, Complaint, Data, Dossier, EvidenceGap, History, MissingSegment, Outside,
    Proof, RecordEnd, Recorded, RecordedIn, Recording, Segment, Tree, Unrecorded, recording,
};
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::Declaration;
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::model::time::business_days::Eves;
use crate::ports::HistoryEntry;
use serde::Serialize;

/// The form of the file.
const FORMAT: u32 = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    format: u32,
    made: MadeBody<'a>,
    recipient: SubjectBody<'a>,
    asked: AskedBody,
    complaint: Option<ComplaintBody<'a>>,
    company: CompanyBody<'a>,
    decisions: Vec<DecisionBody<'a>>,
    left_out: u64,
    stores: Vec<StoreBody<'a>>,
    records: Vec<ChainBody<'a>>,
    absent_records: Vec<AbsentBody<'a>>,
}

#[derive(Serialize)]
struct CompanyBody<'a> {
    title: &'a str,
    mersis: &'a str,
    contact: &'a str,
}

/// The data that decisions rest on.
#[derive(Serialize)]
struct StoreBody<'a> {
    node: &'a str,
    revision: u64,
    declarations: Vec<DeclarationBody<'a>>,
}

/// A record, by its place in `records`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChainBody<'a> {
    kind: &'static str,
    node: &'a str,
    folder: &'a str,
    end: &'static str,
    store: usize,
    public_key: Option<&'a str>,
    begins: Option<String>,
    ends: Option<String>,
    outside: Option<OutsideBody>,
    brands: Vec<BrandBody<'a>>,
    evidence: ProofBody<'a>,
}

/// Parts of the period asked for of which the record says nothing.
#[derive(Serialize)]
struct OutsideBody {
    before: Option<String>,
    after: Option<String>,
    whole: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BrandBody<'a> {
    brand_code: u32,
    brand_title: &'a str,
    first_decision: Option<String>,
    last_decision: Option<String>,
}

#[derive(Serialize)]
struct AbsentBody<'a> {
    node: &'a str,
    folder: &'a str,
}

#[derive(Serialize)]
struct MadeBody<'a> {
    at: String,
    node: &'a str,
    version: &'a str,
    eves: &'static str,
}

#[derive(Serialize)]
struct SubjectBody<'a> {
    pseudonym: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AskedBody {
    brand_code: Option<u32>,
    from: Option<String>,
    to: Option<String>,
    types: Vec<&'static str>,
    decision_ids: Vec<String>,
    only_allowed: bool,
    message_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComplaintBody<'a> {
    number: &'a str,
    asked: String,
    answer_by: Option<String>,
    article: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionBody<'a> {
    decision_id: String,
    at: String,
    caller: &'a str,
    brand_code: u32,
    brand_title: &'a str,
    retailer_code: u32,
    r#type: &'static str,
    recipient_type: &'static str,
    purpose: &'static str,
    declaration_id: Option<u64>,
    decision: &'static str,
    policy_decision: &'static str,
    enforced: bool,
    mode: &'static str,
    reason: &'static str,
    explanation: Explanation,
    article: &'static str,
    refusal_on_record: bool,
    revision: u64,
    as_of: Option<String>,
    reference: &'a str,
    record: usize,
    segment: u64,
    sealed: bool,
    known_then: Vec<MovementBody<'a>>,
    known_now: Vec<MovementBody<'a>>,
    erased_at: Option<String>,
}

#[derive(Serialize)]
struct Explanation {
    en: String,
    tr: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovementBody<'a> {
    status: &'static str,
    creation_date: String,
    consent_date: Option<String>,
    source: &'a str,
    transaction_id: &'a str,
    revision: u64,
    known_since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<RecordingBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordingBody {
    by: String,
    in_time: bool,
    article: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeclarationBody<'a> {
    declaration_id: u64,
    brand_code: u32,
    purpose: &'static str,
    declared_by: &'a str,
    declared_at: String,
    document_sha256: String,
    valid_until: Option<String>,
    revoked_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProofBody<'a> {
    segments: Vec<SegmentBody<'a>>,
    tree: Option<TreeBody<'a>>,
    gaps: Vec<GapBody>,
    unrecorded: Vec<UnrecordedBody>,
    removed_until: Option<String>,
    missing_segments: Vec<MissingBody>,
    accepted_losses: Vec<LossBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MissingBody {
    segment: u64,
    from: String,
    to: String,
    decisions: u64,
    accepted: bool,
    damaged: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LossBody<'a> {
    from: Option<String>,
    accepted_at: String,
    lost: &'a [String],
    reason: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentBody<'a> {
    segment: u64,
    sealed_at: String,
    hash: &'a str,
    path: &'a [String],
}

#[derive(Serialize)]
struct TreeBody<'a> {
    size: u64,
    root: &'a str,
    checkpoint: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GapBody {
    from: String,
    to: String,
    at_most: u64,
    busiest_second: Option<u64>,
}

#[derive(Serialize)]
struct UnrecordedBody {
    from: String,
    to: String,
    decisions: u64,
}

/// The file.
pub(super) fn render(dossier: &Dossier) -> Result<String, serde_json::Error> {
    let asked = &dossier.asked;
    let body = Body {
        format: FORMAT,
        made: MadeBody {
            at: dossier.made.at.rfc3339(),
            node: &dossier.made.node,
            version: &dossier.made.version,
            eves: dossier.eves.name(),
        },
        recipient: SubjectBody {
            pseudonym: to_hex(&dossier.recipient.pseudonym.0),
            recipient: dossier.recipient.shown.as_deref(),
        },
        asked: AskedBody {
            brand_code: asked.brand.map(BrandCode::get),
            from: asked.from.map(IysTime::rfc3339),
            to: asked.to.map(IysTime::rfc3339),
            types: asked.channels.iter().map(|channel| channel.name()).collect(),
            decision_ids: asked.ids.iter().map(ToString::to_string).collect(),
            only_allowed: asked.only_allowed,
            message_at: asked.message_at.map(IysTime::rfc3339),
        },
        complaint: dossier.complaint.as_ref().map(|complaint| ComplaintBody::new(complaint, dossier)),
        decisions: dossier.decisions.iter().map(|decision| DecisionBody::new(decision, dossier)).collect(),
        left_out: dossier.left_out,
        company: CompanyBody {
            title: &dossier.company.title,
            mersis: &dossier.company.mersis,
            contact: &dossier.company.contact,
        },
        stores: dossier.stores.iter().map(StoreBody::new).collect(),
        records: (0..).zip(&dossier.chains).map(|(place, chain)| ChainBody::new(place, chain, dossier)).collect(),
        absent_records: dossier.absent.iter().map(|absent| AbsentBody { node: &absent.node, folder: &absent.folder }).collect(),
    };
    let mut text = serde_json::to_string_pretty(&body)?;
    text.push('\n');
    Ok(text)
}

impl<'a> StoreBody<'a> {
    fn new(data: &'a Data) -> Self {
        let declarations = data.declarations.iter().map(DeclarationBody::new).collect();
        Self { node: &data.node, revision: data.revision, declarations }
    }
}

impl<'a> ChainBody<'a> {
    fn new(place: usize, chain: &'a Chain, dossier: &Dossier) -> Self {
        let outside = dossier.outside().find(|(of, outside)| *of == place && *outside != Outside::default());
        let brand = |brand: &'a BrandOnRecord| BrandBody {
            brand_code: brand.brand.get(),
            brand_title: &brand.title,
            first_decision: brand.decided.map(|(first, _)| first.rfc3339()),
            last_decision: brand.decided.map(|(_, last)| last.rfc3339()),
        };
        Self {
            kind: match chain.kind {
                ChainKind::Gateway => "gateway",
                ChainKind::List => "list",
            },
            node: &chain.node,
            folder: &chain.folder,
            end: match chain.end {
                RecordEnd::Closed => "closed",
                RecordEnd::BeingWritten => "beingWritten",
                RecordEnd::CutOff => "cutOff",
            },
            store: chain.store,
            public_key: chain.key.as_deref(),
            begins: chain.reach.map(|(from, _)| from.rfc3339()),
            ends: chain.reach.map(|(_, to)| to.rfc3339()),
            outside: outside.map(|(_, outside)| OutsideBody {
                before: outside.before.map(IysTime::rfc3339),
                after: outside.after.map(IysTime::rfc3339),
                whole: outside.whole,
            }),
            brands: chain.brands.iter().map(brand).collect(),
            evidence: ProofBody::new(&chain.proof),
        }
    }
}

impl UnrecordedBody {
    fn new(answers: &Unrecorded) -> Self {
        Self { from: answers.from.rfc3339(), to: answers.to.rfc3339(), decisions: answers.decisions }
    }
}

impl<'a> ComplaintBody<'a> {
    fn new(complaint: &'a Complaint, dossier: &Dossier) -> Self {
        Self {
            number: &complaint.number,
            asked: complaint.asked.to_string(),
            answer_by: dossier.answer_by().map(|date| date.to_string()),
            article: if dossier.is_of_email_only() { "17/A" } else { "15/5" },
        }
    }
}

impl<'a> DecisionBody<'a> {
    fn new(decision: &'a Recorded, dossier: &'a Dossier) -> Self {
        let (history, verdict) = (dossier.history(decision), decision.verdict);
        let explanation = |language| verdict.explanation(decision.declaration, language);
        let then = history.into_iter().flat_map(|history| history.known_at(decision.revision));
        let now = history.into_iter().flat_map(|history| &history.movements);
        let movement = |movement| MovementBody::new(movement, dossier.eves);
        let (segment, sealed) = match decision.recorded_in {
            RecordedIn::Segment(number) => (number, true),
            RecordedIn::Open(number) => (number, false),
        };
        Self {
            decision_id: decision.id.to_string(),
            at: decision.at.rfc3339(),
            caller: &decision.caller,
            brand_code: decision.brand.get(),
            brand_title: &decision.brand_title,
            retailer_code: decision.retailer.get(),
            r#type: decision.cell.channel.name(),
            recipient_type: decision.cell.recipient_type.name(),
            purpose: decision.purpose.name(),
            declaration_id: decision.declaration,
            decision: verdict.decision.name(),
            policy_decision: decision.policy().name(),
            enforced: verdict.enforced,
            mode: decision.mode.name(),
            reason: verdict.reason.name(),
            explanation: Explanation { en: explanation(Language::English), tr: explanation(Language::Turkish) },
            article: verdict.article,
            refusal_on_record: verdict.refusal_on_record,
            revision: decision.revision,
            as_of: decision.as_of.map(IysTime::rfc3339),
            reference: &decision.reference,
            record: decision.chain,
            segment,
            sealed,
            known_then: then.map(movement).collect(),
            known_now: now.map(movement).collect(),
            erased_at: history.and_then(erased_at),
        }
    }
}

fn erased_at(history: &History) -> Option<String> {
    history.erased.map(IysTime::rfc3339)
}

impl<'a> MovementBody<'a> {
    fn new(movement: &'a HistoryEntry, eves: Eves) -> Self {
        let known = recording(movement, eves).and_then(Result::ok);
        Self {
            status: movement.status.name(),
            creation_date: movement.created.to_string(),
            consent_date: movement.consented.map(|time| time.to_string()),
            source: &movement.source,
            transaction_id: &movement.transaction,
            revision: movement.revision,
            known_since: movement.known_since.rfc3339(),
            recording: known.map(RecordingBody::new),
        }
    }
}

impl RecordingBody {
    fn new(recording: Recording) -> Self {
        Self { by: recording.by.to_string(), in_time: recording.in_time, article: recording.article }
    }
}

impl<'a> DeclarationBody<'a> {
    fn new(declaration: &'a Declaration) -> Self {
        let declared = &declaration.declared;
        Self {
            declaration_id: declaration.id,
            brand_code: declared.brand.get(),
            purpose: Purpose::claiming(declared.exemption).name(),
            declared_by: &declared.by,
            declared_at: declared.at.rfc3339(),
            document_sha256: declared.document.to_string(),
            valid_until: declared.valid_until.map(IysTime::rfc3339),
            revoked_at: declaration.revoked.map(IysTime::rfc3339),
        }
    }
}

impl<'a> ProofBody<'a> {
    fn new(proof: &'a Proof) -> Self {
        Self {
            segments: proof.segments.iter().map(SegmentBody::new).collect(),
            tree: proof.tree.as_ref().map(TreeBody::new),
            gaps: proof.gaps.iter().map(GapBody::new).collect(),
            unrecorded: proof.unrecorded.iter().map(UnrecordedBody::new).collect(),
            removed_until: proof.removed_until.map(IysTime::rfc3339),
            missing_segments: proof.missing.iter().map(MissingBody::new).collect(),
            accepted_losses: proof.losses.iter().map(LossBody::new).collect(),
        }
    }
}

impl MissingBody {
    fn new(missing: &MissingSegment) -> Self {
        let MissingSegment { number, from, to, decisions, accepted, damaged } = *missing;
        Self { segment: number, from: from.rfc3339(), to: to.rfc3339(), decisions, accepted, damaged }
    }
}

impl<'a> LossBody<'a> {
    fn new(loss: &'a AcceptedLoss) -> Self {
        Self { from: loss.from.map(IysTime::rfc3339), accepted_at: loss.at.rfc3339(), lost: &loss.lost, reason: &loss.reason }
    }
}

impl<'a> SegmentBody<'a> {
    fn new(segment: &'a Segment) -> Self {
        Self { segment: segment.number, sealed_at: segment.sealed.rfc3339(), hash: &segment.hash, path: &segment.path }
    }
}

impl<'a> TreeBody<'a> {
    fn new(tree: &'a Tree) -> Self {
        Self { size: tree.size, root: &tree.root, checkpoint: &tree.checkpoint }
    }
}

impl GapBody {
    fn new(gap: &EvidenceGap) -> Self {
        Self { from: gap.from.rfc3339(), to: gap.to.rfc3339(), at_most: gap.at_most, busiest_second: gap.busiest_second }
    }
}
