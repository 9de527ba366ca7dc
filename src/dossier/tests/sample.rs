//! A dossier with one decision of every kind that is set differently.

use crate::dossier::*;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash, Exemption};
use crate::model::brand::mode::Mode;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::key::Pseudonym;
use crate::model::consent::state::Status;
use crate::model::decision::id::{DecisionId, DecisionIds};
use crate::model::decision::question::Purpose;
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::time::IysTime;
use crate::model::time::business_days::Eves;
use crate::model::time::date::Date;
use crate::ports::HistoryEntry;

pub(super) fn time(text: &str) -> IysTime {
    IysTime::parse(text).unwrap()
}

fn brand() -> BrandCode {
    BrandCode::new(700_001).unwrap()
}

fn id(at: IysTime, number: u64) -> DecisionId {
    DecisionIds::new(7, number).take(at, 1)
}

const MESAJ: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
const EPOSTA: Cell = Cell::new(Channel::Eposta, RecipientType::Bireysel);

/// An approval that the provider recorded late, and the citizen's refusal by SMS.
pub(super) fn consents() -> Vec<HistoryEntry> {
    let approval = HistoryEntry {
        status: Status::Onay,
        created: time("2026-10-30 09:12:00"),
        consented: Some(time("2026-10-23 18:40:11")),
        source: "HS_WEB".to_owned(),
        transaction: "632cc1f0b1c44b2f8f60c1a1be0e7a11b1d7f8c2a9d34e5f60718293a4b5c6d7".to_owned(),
        revision: 11,
        known_since: time("2026-11-02 08:00:03"),
    };
    let refusal = HistoryEntry {
        status: Status::Ret,
        created: time("2026-11-09 21:15:30"),
        consented: Some(time("2026-11-09 21:15:30")),
        source: "IYS_KISAMESAJ".to_owned(),
        transaction: "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d".to_owned(),
        revision: 58,
        known_since: time("2026-11-09 21:15:34"),
    };
    vec![refusal, approval]
}

fn approved() -> Recorded {
    let at = time("2026-11-05 10:30:00");
    Recorded {
        id: id(at, 1),
        at,
        caller: "kampanya-sunucusu".to_owned(),
        brand: brand(),
        brand_title: "Çağdaş Işık Mağazacılık A.Ş.".to_owned(),
        retailer: RetailerCode::BRAND,
        cell: MESAJ,
        purpose: Purpose::Commercial,
        declaration: None,
        verdict: Verdict::of(Reason::Approved, ""),
        mode: Mode::Enforce,
        revision: 57,
        as_of: Some(time("2026-11-05 09:29:12")),
        reference: "kampanya-7/güz".to_owned(),
        recorded_in: RecordedIn::Segment(3),
        chain: 0,
    }
}

fn exempt() -> Recorded {
    let at = time("2026-11-10 08:00:00");
    Recorded {
        id: id(at, 2),
        at,
        purpose: Purpose::Exempt62,
        declaration: Some(4),
        verdict: Verdict { refusal_on_record: true, ..Verdict::of(Reason::Exempt, "6/5, 11/8") },
        revision: 61,
        as_of: None,
        reference: String::new(),
        ..approved()
    }
}

fn shadowed() -> Recorded {
    let at = time("2026-11-11 12:00:00");
    Recorded {
        id: id(at, 3),
        at,
        retailer: RetailerCode::new(12_345_678),
        verdict: Verdict { decision: Decision::Allow, enforced: false, ..Verdict::of(Reason::Refused, "9, 11/7") },
        mode: Mode::Shadow,
        revision: 64,
        as_of: Some(time("2026-11-11 11:00:00")),
        ..approved()
    }
}

fn by_email() -> Recorded {
    let at = time("2026-11-12 16:45:09");
    Recorded {
        id: id(at, 4),
        at,
        caller: String::new(),
        cell: EPOSTA,
        verdict: Verdict::of(Reason::NoRecord, "5/3, 7/12"),
        revision: 70,
        recorded_in: RecordedIn::Open(4),
        ..approved()
    }
}

/// The sample.
pub(super) fn dossier() -> Dossier {
    Dossier {
        recipient: Subject {
            pseudonym: Pseudonym(*b"\x9f\x02\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee"),
            shown: None,
        },
        asked: Asked {
            brand: Some(brand()),
            from: Some(time("2026-11-01 09:00:00")),
            to: Some(time("2026-12-01 00:00:00")),
            ..Asked::default()
        },
        complaint: Some(Complaint { asked: Date::parse("2026-11-23").unwrap(), number: "ŞKY-2026/1187".to_owned() }),
        company: Company::default(),
        made: Made { at: time("2026-11-24 14:05:00"), node: "0a1b2c3d".to_owned(), version: "0.1.0".to_owned() },
        eves: Eves::Work,
        decisions: vec![approved(), exempt(), shadowed(), by_email()],
        left_out: 0,
        absent: Vec::new(),
        stores: vec![data()],
        chains: vec![Chain { proof: proof(), ..chain() }],
    }
}

fn chain() -> Chain {
    let decided = (time("2026-11-02 09:00:00"), time("2026-11-24 14:00:00"));
    Chain {
        kind: ChainKind::Gateway,
        end: RecordEnd::Closed,
        node: "0a1b2c3d".to_owned(),
        folder: "data".to_owned(),
        store: 0,
        key: Some("izingate-0a1b2c3d+6c1c2a77+ATtqJ88DkuN7xWn0pKQbYJv1cKx2l8bZ0D9z4qk0XQ9i".to_owned()),
        reach: Some((time("2026-11-01 08:00:00"), time("2026-11-24 14:04:58"))),
        brands: vec![BrandOnRecord {
            brand: brand(), title: "Çağdaş Işık Mağazacılık A.Ş.".to_owned(), decided: Some(decided)
        }],
        proof: Proof::default(),
    }
}

/// A dossier of so many decisions without a fault: of two channels, with a refusal among them, 20 to a segment.
pub(super) fn many(count: usize) -> Dossier {
    let first = time("2026-11-05 10:30:00");
    let decision = |place: usize| {
        let number = u32::try_from(place).unwrap();
        let at = first.plus(number * 2_400);
        let is_later = at >= time("2026-11-09 21:15:34");
        let reason = if is_later { Reason::Refused } else { Reason::Approved };
        Recorded {
            id: id(at, u64::from(number)),
            at,
            caller: ["kampanya-sunucusu", "crm/istanbul"][place % 2].to_owned(),
            reference: format!("kampanya-{}/güz-{:05}", place % 9, number * 7),
            verdict: Verdict::of(reason, if is_later { "9, 11/7" } else { "5/1, 11/7" }),
            revision: if is_later { 58 + u64::from(number) } else { 20 },
            as_of: Some(at.minus(3_000)),
            recorded_in: RecordedIn::Segment(3 + place as u64 / 20),
            ..approved()
        }
    };
    let decisions: Vec<Recorded> = (0..count).map(decision).collect();
    let segment = |number: u64| Segment {
        number,
        sealed: first.plus(u32::try_from(number).unwrap() * 48_000),
        hash: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned(),
        path: Vec::new(),
    };
    let segments = (0..count.div_ceil(20) as u64).map(|place| segment(3 + place)).collect();
    let tree = proof().tree;
    Dossier {
        asked: Asked { from: Some(time("2026-11-02 00:00:00")), to: Some(time("2026-11-24 14:00:00")), ..Asked::default() },
        stores: vec![Data { declarations: Vec::new(), histories: data().histories.into_iter().take(1).collect(), ..data() }],
        chains: vec![Chain { proof: Proof { segments, tree, ..Proof::default() }, ..chain() }],
        decisions,
        ..dossier()
    }
}

/// A dossier of so many decisions of all kinds: five brands, modes, a retailer, exemptions, a second record, callers without a name.
pub(super) fn mixed(count: usize) -> Dossier {
    let mut dossier = many(count);
    let by_mode =
        |reason, mode| (Verdict { decision: Decision::Allow, enforced: false, ..Verdict::of(reason, "5/3, 7/12, 11/7") }, mode);
    let kinds = [
        (Verdict::of(Reason::Approved, ""), Mode::Enforce),
        (Verdict::of(Reason::NoRecord, "5/3, 7/12, 11/7"), Mode::Enforce),
        by_mode(Reason::NoRecord, Mode::Shadow),
        by_mode(Reason::Stale, Mode::Advise),
        (Verdict::of(Reason::SenderNotRegistered, "11/6"), Mode::Enforce),
        (Verdict::of(Reason::Stale, ""), Mode::Enforce),
    ];
    for (place, decision) in dossier.decisions.iter_mut().enumerate() {
        (decision.verdict, decision.mode) = kinds[place % kinds.len()];
        decision.brand = BrandCode::new(700_001 + u32::try_from(place % 5).unwrap()).unwrap();
        decision.brand_title =
            ["Çağdaş Işık Mağazacılık A.Ş.", "Güneş Mağazacılık İĞŞ", "", "Kış Ltd.", "Demo"][place % 5].to_owned();
        decision.cell = if place % 3 == 0 { Cell::new(Channel::Arama, RecipientType::Tacir) } else { MESAJ };
        decision.caller = ["crm-ankara", "dialer-1", "", "toplu-gonderim"][place % 4].to_owned();
        decision.retailer = if place % 50 == 9 { RetailerCode::new(54_856_321) } else { RetailerCode::BRAND };
        decision.purpose = if place % 40 == 7 { Purpose::Exempt62 } else { Purpose::Commercial };
        decision.chain = usize::from(place % 100 == 50);
    }
    dossier.chains.push(Chain {
        kind: ChainKind::List,
        node: "99887766".to_owned(),
        folder: "/a/temiz.csv.evidence".to_owned(),
        ..chain()
    });
    dossier
}

fn data() -> Data {
    Data {
        node: "0a1b2c3d".to_owned(),
        revision: 92,
        histories: vec![
            History { brand: brand(), cell: MESAJ, movements: consents(), erased: None },
            History { brand: brand(), cell: EPOSTA, movements: Vec::new(), erased: Some(time("2026-11-20 10:00:00")) },
        ],
        declarations: vec![Declaration {
            id: 4,
            declared: Declared {
                brand: brand(),
                exemption: Exemption::Article62,
                by: "İğdır Şubesi, Gülşah Öztürk".to_owned(),
                at: time("2026-09-01 09:00:00"),
                document: DocumentHash([0xE3; 32]),
                valid_until: Some(time("2027-09-01 00:00:00")),
            },
            revoked: None,
        }],
    }
}

fn proof() -> Proof {
    Proof {
        segments: vec![Segment {
            number: 3,
            sealed: time("2026-11-11 13:00:00"),
            hash: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned(),
            path: vec!["d0a1".repeat(16), "0b7e".repeat(16)],
        }],
        tree: Some(Tree {
            size: 4,
            root: "6e34".repeat(16),
            checkpoint: "izingate/istanbul-1\n4\nbjRuNG40bjRuNG40bjRuNG40bjRuNG40bjRuNG40bjQ=\n\n— izingate/istanbul-1 \
                             Kx0tVQ3m8cXkq0m5bWJx1cQm1J9x6o0m2bq1nX2n0a8=\n"
                .to_owned(),
        }),
        gaps: vec![EvidenceGap {
            from: time("2026-11-08 03:00:00"),
            to: time("2026-11-08 03:00:01"),
            at_most: 1_041_021,
            busiest_second: Some(7_639),
        }],
        unrecorded: vec![Unrecorded { from: time("2026-11-07 01:00:00"), to: time("2026-11-07 01:00:09"), decisions: 311 }],
        missing: [(1, true), (2, false)].map(|(number, accepted)| missing(number, accepted)).into(),
        losses: vec![AcceptedLoss {
            from: Some(time("2026-11-09 03:00:00")),
            at: time("2026-11-10 09:30:00"),
            lost: vec!["000000000001.seg: is missing, and no event says that it was removed with its retention over".to_owned()],
            reason: "disk of gateway 1 replaced".to_owned(),
        }],
        removed_until: Some(time("2023-10-31 23:59:59")),
    }
}

fn missing(number: u64, accepted: bool) -> MissingSegment {
    let (from, to) = (time("2026-11-08 02:00:00"), time("2026-11-08 02:59:59"));
    MissingSegment { number, from, to, decisions: 1_204, accepted, damaged: false }
}

/// The sample with everything that others may write made as bad as it gets.
pub(super) fn hostile() -> Dossier {
    let mut dossier = dossier();
    let controls: String = (1_u8..32).cycle().take(128).map(char::from).collect();
    dossier.decisions[0].reference = "<script>alert('1')</script>".to_owned();
    dossier.decisions[1].reference = "\u{1}\u{2}\u{3}".repeat(42) + "\u{1}\u{2}";
    dossier.decisions[2].reference = controls;
    dossier.decisions[3].reference = "\"><img src=x onerror=alert(1)>\u{202e}中\u{0}".to_owned();
    dossier.decisions[0].caller = "</td></table><style>*{display:none}</style>".to_owned();
    dossier.decisions[1].brand_title = "<!-- \u{feff}&lt; %PDF-1.7 (\\) ET endstream".to_owned();
    dossier.stores[0].declarations[0].declared.by = "]]></title><a href=\"javascript:alert(1)\">".to_owned();
    dossier.stores[0].histories[0].movements[0].source = "IYS_<b>".to_owned();
    dossier.made.node = "</footer>".to_owned();
    dossier.chains[0].folder = "<folder>\u{7}".to_owned();
    dossier.chains[0].brands[0].title = "<title>".to_owned();
    dossier.company = Company { title: "<b>".to_owned(), mersis: "<i>".to_owned(), contact: "<u>\u{202e}".to_owned() };
    dossier.absent = vec![AbsentChain { node: "<node>".to_owned(), folder: "<a>".to_owned() }];
    dossier.chains[0].proof.losses[0].reason = "<script>\u{202e}".to_owned();
    dossier.chains[0].proof.losses[0].lost = vec!["<img src=x onerror=alert(1)>\u{1b}[2J".to_owned()];
    if let Some(tree) = &mut dossier.chains[0].proof.tree {
        tree.checkpoint = "</pre><script src=//x>\r\n\u{1b}[2J".to_owned();
    }
    dossier
}
