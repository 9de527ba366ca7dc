//! How many sheets a dossier has, and what stands on them: a paper is read, not searched.

use super::pdf;
use super::sample::{dossier, many, mixed, time};
use super::*;
use crate::model::language::Language;

const LANGUAGES: [Language; 2] = [Language::English, Language::Turkish];

fn sheets(dossier: &Dossier, language: Language) -> usize {
    pdf::sheets(&dossier.to_pdf(language).unwrap())
}

#[test]
fn a_few_decisions_are_two_sheets_and_hundreds_are_twenty_five() {
    for language in LANGUAGES {
        for (count, most) in [(1, 2), (7, 2), (190, 12), (600, 25)] {
            for (what, dossier) in [("alike", many(count)), ("mixed", mixed(count))] {
                let found = sheets(&dossier, language);
                assert!(found <= most, "{count} {what} decisions are {found} sheets in {language:?}");
            }
        }
    }
}

#[test]
fn a_period_before_the_record_begins_is_the_first_thing_that_is_said() {
    let mut dossier = many(0);
    (dossier.asked.from, dossier.asked.to) = (Some(time("2026-03-03 00:00:00")), Some(time("2026-03-04 00:00:00")));
    let turkish = dossier.to_html(Language::Turkish);
    let said = "Kaydın başlangıcı: 01.11.2026 08:00:00, sonu: 24.11.2026 14:04:58. Sorulan dönemin tamamı kaydın dışındadır: karar \
                bulunmaması, karar verilmediğini GÖSTERMEZ.";
    assert!(turkish.contains(&format!("<h1>Şikâyet dosyası</h1>\n<p class=\"warning\">{said}</p>")), "{turkish}");
    assert!(!turkish.contains("bilinen bir boşluk yok"), "nothing reassures");
    assert!(dossier.to_html(Language::English).contains("does NOT mean that none was made"));
    let json: serde_json::Value = serde_json::from_str(&dossier.to_json().unwrap()).unwrap();
    assert_eq!(json["records"][0]["outside"]["whole"], true);
    // Partly before: said, too. Inside: not.
    dossier.asked.to = None;
    assert!(dossier.to_html(Language::Turkish).contains("sorulan dönem bundan önce başlıyor"));
    dossier.asked.from = Some(time("2026-11-02 00:00:00"));
    let inside = dossier.to_html(Language::Turkish);
    assert!(!inside.contains("warning\">") && inside.contains("Kaydın kapsadığı sürede bilinen bir boşluk yok."));
}

#[test]
fn the_reach_of_a_record_is_said_by_node_and_brand() {
    let html = many(7).to_html(Language::Turkish);
    let reach = "ağ geçidi 0a1b2c3d (data): 01.11.2026 08:00:00 – 24.11.2026 14:04:58; 700001 Çağdaş Işık Mağazacılık A.Ş. markasının \
                 kararları: 02.11.2026 09:00:00 – 24.11.2026 14:00:00";
    assert!(html.contains(reach), "{html}");
    let mut none = many(0);
    none.chains[0].brands[0].decided = None;
    assert!(
        none.to_html(Language::English)
            .contains("it has no decision of brand 700001 Çağdaş Işık Mağazacılık A.Ş., about anybody")
    );
    none.chains[0].reach = None;
    assert!(none.to_html(Language::English).contains("Nothing was ever recorded here"));
}

#[test]
fn what_a_kill_can_have_cost_is_a_time_and_a_rate() {
    let mut dossier = many(1);
    let gap = |at_most, busiest_second| EvidenceGap {
        from: time("2026-11-08 03:00:00"),
        to: time("2026-11-08 03:00:01"),
        at_most,
        busiest_second,
    };
    dossier.chains[0].proof.gaps = vec![gap(1_041_021, Some(7_639))];
    let html = dossier.to_html(Language::English);
    assert!(
        html.contains(
            "may be missing. In its busiest second before that, the gateway recorded 7639 decisions, of all recipients."
        ),
        "{html}"
    );
    assert!(!html.contains("1041021"));
    dossier.chains[0].proof.gaps = vec![gap(40, Some(7_639))];
    assert!(dossier.to_html(Language::English).contains("That is 40 decisions at most"), "the lease bounds it where it is less");
    dossier.chains[0].proof.gaps = vec![gap(1_041_021, None)];
    let alone = dossier.to_html(Language::Turkish);
    assert!(alone.contains("verdiği yanıtlar kayıtta eksik olabilir.</p>") && !alone.contains("1041021"), "the time alone");
    assert!(dossier.to_json().unwrap().contains("\"atMost\": 1041021"));
}

#[test]
fn what_only_a_mode_let_through_is_marked_in_the_list_and_on_the_first_page() {
    let html = dossier().to_html(Language::Turkish);
    assert!(html.contains("YALNIZCA gölge modu: ret var"), "{html}");
    assert!(html.contains(
        "1 kararda gönderime yalnızca markanın gölge modunda olması nedeniyle izin verilmiştir; kurallara göre: gönderilemez. Her biri \
         listede işaretlidir: 3."
    ));
}

#[test]
fn a_turkish_paper_has_no_code_of_the_wire_and_no_english() {
    for dossier in [dossier(), many(7)] {
        let html = dossier.to_html(Language::Turkish);
        let body = html.split_once("<body>").unwrap().1;
        let codes = [
            "ALLOW",
            "DENY",
            "DEFER",
            "APPROVED",
            "REFUSED",
            "NO_RECORD",
            "enforce",
            "shadow",
            "TICARI",
            "MUAF",
            "2026-11-",
            "UTC+03",
        ];
        for code in codes {
            assert!(!body.contains(code), "{code}");
        }
    }
}

#[test]
fn a_dossier_of_a_part_says_that_it_is_one() {
    let mut dossier = many(7);
    dossier.left_out = 12;
    (dossier.asked.only_allowed, dossier.asked.channels) = (true, vec![crate::model::consent::channel::Channel::Mesaj]);
    let html = dossier.to_html(Language::English);
    assert!(
        html.contains("12 more decisions about this recipient in the period are left out")
            && html.contains("only SMS; only what was allowed")
    );
}

#[test]
fn each_of_several_records_is_named_and_one_that_is_gone_is_missed() {
    let mut dossier = many(7);
    let list = Chain {
        kind: ChainKind::List,
        node: "99887766".to_owned(),
        folder: "/listeler/kasım.csv.evidence".to_owned(),
        ..dossier.chains[0].clone()
    };
    dossier.chains.push(list);
    dossier.decisions[6].chain = 1;
    dossier.absent = vec![AbsentChain { node: "0000002a".to_owned(), folder: "/listeler/eski.csv.evidence".to_owned() }];
    let html = dossier.to_html(Language::Turkish);
    assert!(html.contains("A: ağ geçidi 0a1b2c3d (data)") && html.contains("B: liste 99887766 (kasım.csv.evidence)"));
    assert!(html.contains("<p class=\"warning\">Bir listenin kaydı (düğüm 0000002a) artık eski.csv.evidence klasöründe değil"));
    assert!(html.contains("<td>7 B</td>"), "the list says in which record a decision is");
}

#[test]
fn the_company_and_the_key_stand_on_the_first_page() {
    let mut dossier = many(7);
    let blank = dossier.to_html(Language::Turkish);
    assert!(blank.contains("Ad soyad, tarih, imza") && blank.contains("izingate-0a1b2c3d+"));
    dossier.company =
        Company {
            title: "Işık A.Ş.".to_owned(), mersis: "0123456789012345".to_owned(), contact: "kvkk@isik.example".to_owned()
        };
    let given = dossier.to_html(Language::Turkish);
    assert!(given.contains("Işık A.Ş.") && given.contains("0123456789012345") && given.contains("kvkk@isik.example"));
}

#[test]
fn a_record_that_nobody_closed_is_called_so() {
    let mut dossier = many(1);
    dossier.asked.to = None;
    dossier.chains[0].end = RecordEnd::CutOff;
    let said = "Kayıt 24.11.2026 14:04:58 itibarıyla kapatılmadan sona eriyor";
    let html = dossier.to_html(Language::Turkish);
    assert!(html.contains(said) && !html.contains("bilinen bir boşluk yok"), "{html}");
    dossier.asked.to = Some(time("2026-11-24 14:00:00"));
    assert!(!dossier.to_html(Language::Turkish).contains(said), "the period ends before the record does");
    (dossier.asked.to, dossier.chains[0].end) = (None, RecordEnd::BeingWritten);
    assert!(!dossier.to_html(Language::Turkish).contains(said));
}

#[test]
fn what_of_a_complaint_cannot_be_is_said() {
    let complaint = |day: &str| Complaint { asked: crate::model::time::date::Date::parse(day).unwrap(), number: String::new() };
    let warned = |complaint: Complaint, message: Option<&str>| {
        let mut dossier = many(1);
        (dossier.asked.from, dossier.complaint, dossier.asked.message_at) = (None, Some(complaint), message.map(time));
        let html = dossier.to_html(Language::English);
        let warnings = html.split("<p class=\"warning\">").skip(1);
        warnings.map(|text| text.split("</p>").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(warned(complaint("2026-11-23"), Some("2026-11-20 10:00:00")), [""; 0]);
    assert_eq!(warned(complaint("2026-12-23"), None), ["The day on which İYS asked, 2026-12-23, is in the future."]);
    assert_eq!(
        warned(complaint("2026-10-01"), Some("2026-09-28 10:00:00")),
        [
            "Of 2026-09-28 10:00:00, the moment of the message complained of, the record says nothing.",
            "İYS asked on 2026-10-01, before the record begins: the message complained of is older than the record.",
            "The last day to answer the complaint, 2026-10-16, has passed.",
        ]
    );
}

#[test]
fn a_question_without_a_name_is_credited_to_nobody() {
    let mut dossier = many(3);
    dossier.decisions.iter_mut().for_each(|decision| decision.verdict = dossier_verdict());
    dossier.decisions[0].caller = String::new();
    let html = dossier.to_html(Language::English);
    assert!(html.contains("crm/istanbul, kampanya-sunucusu and, once, a system that gave no name asked 3 times"), "{html}");
    dossier.decisions.iter_mut().for_each(|decision| decision.caller = String::new());
    assert!(dossier.to_html(Language::Turkish).contains("Sorgulayan: adını bildirmeyen bir sistem"));
}

fn dossier_verdict() -> crate::model::decision::Verdict {
    crate::model::decision::Verdict::of(crate::model::decision::Reason::Approved, "")
}

#[test]
fn what_is_known_since_stands_beside_what_was_known_then() {
    let html = many(1).to_html(Language::English);
    let since =
        "Known now: refusal registered at İYS on 2026-11-09 21:15:30 (İYS: IYS_KISAMESAJ), known here since 2026-11-09 21:15:34.";
    assert!(html.contains(since), "{html}");
    let mut dossier = many(1);
    dossier.decisions[0].verdict = crate::model::decision::Verdict::of(crate::model::decision::Reason::NoRecord, "5/3");
    dossier.decisions[0].as_of = None;
    let html = dossier.to_html(Language::English);
    assert!(
        html.contains("Reason: no data of this brand had been taken in from İYS, and so no approval was known (article 5/3)."),
        "{html}"
    );
}

#[test]
fn a_damaged_segment_is_no_missing_one() {
    let mut dossier = many(1);
    let at = time("2026-11-08 02:00:00");
    let missing = MissingSegment { number: 4, from: at, to: at, decisions: 9, accepted: false, damaged: true };
    dossier.chains[0].proof.missing = vec![missing];
    let html = dossier.to_html(Language::English);
    assert!(html.contains("Segment 4 is damaged: it is not what was written.") && !html.contains("is missing"), "{html}");
}

#[test]
fn a_deadline_on_a_weekend_says_so() {
    let mut dossier = many(1);
    let on = |day: &str| Some(Complaint { asked: crate::model::time::date::Date::parse(day).unwrap(), number: String::new() });
    for (asked, said) in [
        ("2026-11-27", "12.12.2026, cumartesi (15 gün"),
        ("2026-11-28", "13.12.2026, pazar (15 gün"),
        ("2026-11-26", "11.12.2026 (15 gün"),
    ] {
        dossier.complaint = on(asked);
        assert!(dossier.to_html(Language::Turkish).contains(said), "{said}");
    }
}

/// Writes the sample dossiers for the eye: `DOSSIER_SAMPLES=FOLDER`.
#[test]
fn samples_for_the_eye() {
    let Some(folder) = std::env::var_os("DOSSIER_SAMPLES") else { return };
    let folder = std::path::Path::new(&folder);
    let write = |name: &str, dossier: &Dossier| {
        for language in LANGUAGES {
            let name = format!("{name}-{}", language.code());
            std::fs::write(folder.join(format!("{name}.pdf")), dossier.to_pdf(language).unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}.html")), dossier.to_html(language)).unwrap();
        }
    };
    for count in [1, 7, 600] {
        write(&count.to_string(), &many(count));
        write(&format!("mixed-{count}"), &mixed(count));
    }
    write("faults", &dossier());
}
