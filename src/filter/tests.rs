//! Laws of the core: whatever the text and however it is cut.

use super::block::Bounds;
use super::layout::Named;
use super::output::{Before, Part, split};
use super::*;
use crate::filter::duplicates::Seen;
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::language::Language;
use crate::model::text::encoding::{Declared, Encoding};
use proptest::prelude::*;

const SMALL: Bounds = Bounds { bytes: 50, rows: 3 };
const LARGE: Bounds = Bounds { bytes: 1 << 20, rows: 10_000 };

fn pairs(count: usize) -> Vec<Pair> {
    let brand = |code| BrandCode::new(code).unwrap();
    [Pair { brand: brand(7), channel: Channel::Mesaj }, Pair { brand: brand(8), channel: Channel::Arama }][..count].to_vec()
}

fn invalid() -> u8 {
    Verdict::of(Reason::InvalidRecipient, "").byte()
}

fn approved() -> u8 {
    Verdict::of(Reason::Approved, "").byte()
}

fn refused() -> u8 {
    Verdict::of(Reason::Refused, "").byte()
}

/// An answer for every row, by its phone.
fn answers(block: &Block) -> Vec<u8> {
    let answer = |phone: &u64| match phone {
        0 => invalid(),
        odd if odd % 2 == 1 => approved(),
        _ => refused(),
    };
    block.phones().iter().map(answer).collect()
}

/// What came out of a list.
#[derive(Debug, PartialEq, Eq)]
struct Out {
    bytes: Vec<u8>,
    tally: Tally,
    refused: Vec<(u64, &'static str, Vec<u8>)>,
}

fn filtered(chunks: &[&[u8]], wanted: &Wanted, bounds: Bounds, pairs: &[Pair]) -> Result<Out, ListError> {
    let mut intake = Intake::new(wanted.clone(), bounds);
    let mut out = Out { bytes: Vec::new(), tally: Tally::default(), refused: Vec::new() };
    let mut seen = Seen::default();
    let mut take = |intake: &mut Intake, out: &mut Out| -> Result<(), ListError> {
        while let Some(block) = intake.block()? {
            let columns = Columns::new(intake.layout().unwrap(), intake.encoding(), pairs, None, true);
            let (results, before) = (vec![answers(&block); pairs.len()], seen.note(&block));
            columns.write(&block, &results, &before, &mut out.bytes);
            out.tally.add(&block, &results, &before, pairs, &columns);
            out.refused.extend(block.refused().map(|refused| (refused.line, refused.why.code(), refused.text.to_vec())));
        }
        Ok(())
    };
    for chunk in chunks {
        intake.push(chunk);
        take(&mut intake, &mut out)?;
    }
    intake.end()?;
    take(&mut intake, &mut out)?;
    assert_eq!(intake.held(), 0, "everything is in a block");
    assert_eq!(out.tally.rows_in(), out.tally.rows + out.refused.len() as u64);
    assert_eq!(
        out.tally.answers.iter().map(|answers| answers.values().sum()).collect::<Vec<u64>>(),
        vec![out.tally.rows; out.tally.answers.len()]
    );
    Ok(out)
}

fn phones() -> Wanted {
    Wanted { phones: Some(Named::Found), ..Wanted::default() }
}

fn text(list: &str) -> Result<String, ListError> {
    filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).map(|out| String::from_utf8(out.bytes).unwrap())
}

/// Whoever reads lines would find the first one's number under the answer of the second one's.
#[test]
fn quotes_over_lines_that_look_like_rows_are_refused() {
    let list = "ad;telefon\n\"Ali;05320001002\nVeli\";05320001001\nCan;05320001003\n";
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
    let rows = "ad;telefon;decision;reason;duplicate\nVeli\";05320001001;ALLOW;APPROVED;\nCan;05320001003;ALLOW;APPROVED;\n";
    assert_eq!(String::from_utf8(out.bytes).unwrap(), rows);
    assert_eq!(out.refused, [(2, "QUOTES_OVER_ROWS", b"\"Ali;05320001002".to_vec())]);
    let note = "ad;telefon;not\nAli;05320001001;\"sabah\nara\"\n";
    let kept = "ad;telefon;not;decision;reason;duplicate\nAli;05320001001;\"sabah\nara\";ALLOW;APPROVED;\n";
    assert_eq!(text(note).unwrap(), kept, "a note of two lines is one");
}

#[test]
fn rows_come_out_as_they_were_with_their_columns() {
    let list = "\u{feff}ad;telefon\r\n\"Ay;şe\";0532 123 45 67\r\n\r\nCan;0532 123 45 68\r\nNil;yok\r\n\"A\nB\";+905321234567";
    let out = "\u{feff}ad;telefon;decision;reason;duplicate\r\n\"Ay;şe\";0532 123 45 67;ALLOW;APPROVED;\r\n\r\n\
               Can;0532 123 45 68;DENY;REFUSED;\r\nNil;yok;DENY;INVALID_RECIPIENT;\r\n\
               \"A\nB\";+905321234567;ALLOW;APPROVED;DUPLICATE";
    assert_eq!(text(list).unwrap(), out);
}

#[test]
fn one_address_a_line() {
    let out = "05321234567,ALLOW,APPROVED,\n\"05321234568\",DENY,REFUSED,\n";
    assert_eq!(text("05321234567\n\"05321234568\"\n").unwrap(), out);
    assert_eq!(text("telefon\n05321234567").unwrap(), "telefon,decision,reason,duplicate\n05321234567,ALLOW,APPROVED,");
}

#[test]
fn several_pairs_have_columns_of_their_own() {
    let out = filtered(&[b"telefon\n05321234567\n"], &phones(), LARGE, &pairs(2)).unwrap();
    let expected = "telefon,decision_7_MESAJ,reason_7_MESAJ,decision_8_ARAMA,reason_8_ARAMA,duplicate\n\
                    05321234567,ALLOW,APPROVED,ALLOW,APPROVED,\n";
    assert_eq!(String::from_utf8(out.bytes).unwrap(), expected);
}

#[test]
fn what_cannot_be_read_is_refused_and_counted() {
    let list = "ad,gsm\nA,05321234567\nB,05321234567,x\n\"C,0532\nD,0532\0\nE\"F,05321234568\n\"G\"H,1\n";
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).map_err(|error| error.code());
    assert_eq!(out.err(), Some("BINARY_LIST"), "a NUL where the layout is looked for");
    let list = list.replace('\0', "");
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
    let refused = [
        (3, "WRONG_FIELD_COUNT", b"B,05321234567,x".to_vec()),
        (4, "TEXT_AFTER_QUOTE", b"\"C,0532".to_vec()),
        (7, "TEXT_AFTER_QUOTE", b"\"G\"H,1".to_vec()),
    ];
    assert_eq!(out.refused, refused);
    assert_eq!((out.tally.lines, out.tally.rows, out.tally.rows_in()), (7, 3, 6));
}

#[test]
fn a_line_of_gigabytes_takes_no_memory() {
    let mut intake = Intake::new(phones(), LARGE);
    intake.push(b"telefon\n05321234567\n");
    let (chunk, mut most, mut refused, mut rows) = (vec![b'5'; 1 << 20], 0, 0, 0);
    for _ in 0..512 {
        intake.push(&chunk);
        most = most.max(intake.held());
        while let Some(block) = intake.block().unwrap() {
            (refused, rows) = (refused + block.refused().count(), rows + block.rows());
        }
    }
    intake.push(b"\n05321234568\n");
    intake.end().unwrap();
    while let Some(block) = intake.block().unwrap() {
        (refused, rows) = (refused + block.refused().count(), rows + block.rows());
    }
    assert_eq!((refused, rows, intake.lines()), (1, 2, 4));
    assert!(most < 4 * MAX_ROW, "{most} bytes were held");
    let mut intake = Intake::new(phones(), LARGE);
    intake.push(&chunk);
    assert!(intake.block().unwrap().is_none());
    intake.push(&chunk);
    assert_eq!(intake.block().err(), Some(ListError::FirstLineTooLong));
}

#[test]
fn bad_lists_are_told() {
    let code = |list: &[u8]| filtered(&[list], &phones(), LARGE, &pairs(1)).err().map(|error| error.code());
    assert_eq!(code(b""), Some("EMPTY_LIST"));
    assert_eq!(code(b" \n\n"), Some("EMPTY_LIST"));
    assert_eq!(code(b"PK\x03\x04rest"), Some("BINARY_LIST"));
    assert_eq!(code(b"\x1f\x8b\x08"), Some("BINARY_LIST"));
    assert_eq!(code(b"t\0e\0l\0"), Some("BINARY_LIST"));
    assert_eq!(code(b"telefon\r05321234567\r"), Some("LONE_RETURN"));
    assert_eq!(code(b"a;telefon\n1;05321234567\n2,05321234568\n3;05321234568\n"), Some("MIXED_DELIMITERS"));
    assert_eq!(code(b"ad,soyad\nAli,Can\n"), Some("NO_ADDRESS_COLUMN"));
    assert_eq!(code(b"gsm,telefon\n05321234567,05321234568\n"), Some("ADDRESS_COLUMN_UNCLEAR"));
    assert_eq!(code(b"\xFF\xFEt\0e"), Some("HALF_CHARACTER"));
}

#[test]
fn utf16_and_latin5_come_out_in_their_own_encoding() {
    let list = "ad\ttelefon\r\nÇiğdem\t05321234567\r\n";
    let expected = "ad\ttelefon\tdecision\treason\tduplicate\r\nÇiğdem\t05321234567\tALLOW\tAPPROVED\t\r\n";
    for big in [false, true] {
        let encode = |text: &str| -> Vec<u8> {
            let units = format!("\u{feff}{text}");
            units.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        assert_eq!(filtered(&[&encode(list)], &phones(), LARGE, &pairs(1)).unwrap().bytes, encode(expected));
    }
    let wanted = Wanted { encoding: Some(Declared::Windows1254), ..phones() };
    let latin = filtered(&[b"ad,cep telefonu\n\xC7i\xF0dem,0532\xA0123 45 67\n"], &wanted, LARGE, &pairs(1)).unwrap();
    assert_eq!(latin.bytes, b"ad,cep telefonu,decision,reason,duplicate\n\xC7i\xF0dem,0532\xA0123 45 67,ALLOW,APPROVED,\n");
}

#[test]
fn titles_totals_and_empty_rows_pass_through() {
    let list =
        "Kasım;;\nad;gsm;tutar\nA;05321234567;1\n;;\nad;gsm;tutar\nB;yok;2\nTOPLAM;;1.234.567.890,00\nToplam: 2 kişi\n\"\";;\n";
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
    let rows = "Kasım;;\nad;gsm;tutar;decision;reason;duplicate\nA;05321234567;1;ALLOW;APPROVED;\n;;\n\
                ad;gsm;tutar;decision;reason;duplicate\nB;yok;2;DENY;INVALID_RECIPIENT;\nTOPLAM;;1.234.567.890,00\nToplam: 2 kişi\n\"\";;\n";
    assert_eq!(String::from_utf8(out.bytes).unwrap(), rows);
    let Tally { rows, titles, headers, blank, totals, .. } = out.tally;
    assert_eq!((rows, titles, headers, blank, totals), (2, 1, 2, 2, 2));
    // What may be somebody's row is one.
    for row in ["Toplam;0532 123 45 6x;1", "Toplam Ltd;yok;1", "TOPLAM;05321234567;1", ";yok;", "x;;"] {
        let out = filtered(&[format!("ad;gsm;tutar\n{row}\n").as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
        assert_eq!(out.tally.rows, 1, "{row}");
    }
    let short = filtered(&[b"ad;gsm;tutar\nA;05321234567;1\nB;05321234567;1\nToplam;05321234568\n"], &phones(), LARGE, &pairs(1))
        .unwrap();
    assert_eq!((short.tally.rows, short.tally.unreadable()), (2, 1), "an address in a row that is too short");
}

#[test]
fn several_columns_of_addresses_have_answers_of_their_own() {
    let list =
        "ad;Telefon 1;\"Telefon; 2\"\nA;05321234567;05321234568\nB;;05321234569\nC;yok;\nD; ;\nE;05321234569;05321234569\n";
    let both = Wanted { phones: Some(Named::of("2,3")), ..Wanted::default() };
    let mut intake = Intake::new(both, LARGE);
    intake.push(list.as_bytes());
    intake.end().unwrap();
    let block = intake.block().unwrap().unwrap();
    let answer = |phone: &u64| {
        if *phone == 0 {
            invalid()
        } else if phone % 2 == 1 {
            approved()
        } else {
            refused()
        }
    };
    let asked = block.asked(Kind::Phone);
    assert_eq!(
        asked.iter().map(AskedColumn::len).collect::<Vec<_>>(),
        [4, 3],
        "an empty cell beside another address is not asked about"
    );
    let results: Vec<Vec<u8>> = asked.iter().map(|column| column.spread(column.phones.iter().map(answer).collect())).collect();
    let columns = Columns::new(intake.layout().unwrap(), intake.encoding(), &pairs(1), None, true);
    let (before, mut out, mut tally) = (Seen::default().note(&block), Vec::new(), Tally::default());
    columns.write(&block, &results, &before, &mut out);
    let rows = "ad;Telefon 1;\"Telefon; 2\";decision_Telefon 1;reason_Telefon 1;\"decision_Telefon; 2\";\"reason_Telefon; 2\";duplicate\n\
                A;05321234567;05321234568;ALLOW;APPROVED;DENY;REFUSED;\n\
                B;;05321234569;;;ALLOW;APPROVED;\n\
                C;yok;;DENY;INVALID_RECIPIENT;;;\n\
                D; ;;DENY;INVALID_RECIPIENT;;;\n\
                E;05321234569;05321234569;ALLOW;APPROVED;ALLOW;APPROVED;DUPLICATE\n";
    assert_eq!(String::from_utf8(out).unwrap(), rows);
    tally.add(&block, &results, &before, &pairs(1), &columns);
    let invalid: Vec<_> = tally.invalid.iter().map(|(looks, count)| (looks.as_str(), *count)).collect();
    assert_eq!((tally.addresses, invalid), (5, vec![("empty", 1), ("other", 1)]));
    let mut parts: [Vec<u8>; Part::ALL.len()] = Default::default();
    split(&block, &results, &mut parts);
    let allowed = String::from_utf8(parts[0].clone()).unwrap();
    assert_eq!(
        allowed, "ad;Telefon 1;\"Telefon; 2\"\nB;;05321234569\nE;05321234569;05321234569\n",
        "all of a row must be allowed"
    );
    assert_eq!(filtered(&[rows.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap_err().code(), "FILTERED_BEFORE");
}

#[test]
fn a_summary_says_what_happened_and_what_to_do() {
    let of = |list: &str| filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap().tally;
    let lost = of("ad;gsm\nA;5,32E+09\nB;5.320001001e9\nC;0532 123 45 67 / 0532 123 45 68\nD;0532 123 45 67 dahili 12\n");
    assert_eq!(lost.outcome(), ListOutcome::NoAddress);
    let (english, turkish) = (lost.text(&pairs(1), Language::English), lost.text(&pairs(1), Language::Turkish));
    for said in [
        "NO ADDRESS WAS READ",
        "  2 in scientific notation (5,32E+09)",
        "copy the numbers anew from where they came (rows 2, 3)\n",
        "Is it the right column?",
        "  1 several addresses in one cell",
        "  1 an address with words",
    ] {
        assert!(english.contains(said), "{said}: {english}");
    }
    for said in [
        "HİÇBİR ADRES OKUNAMADI",
        "  2 bilimsel gösterimde",
        "okunamayan satır",
        "Telefon ya da e-posta okunamadı ya da bu kanala uygun değil.",
    ] {
        assert!(turkish.contains(said), "{said}: {turkish}");
    }
    let some = of("ad;gsm\nA;05321234567\nB;5,32E+09\nC;05321234568;x\n");
    assert_eq!(some.outcome(), ListOutcome::Unreadable);
    let text = some.text(&pairs(1), Language::English);
    assert!(text.contains("rows unreadable                                1") && !text.contains("refused "), "{text}");
    assert!(text.contains("\n1 cells are no address (INVALID_RECIPIENT):\n  1 in scientific notation"), "{text}");
    assert_eq!(of("ad;gsm\nA;05321234568\n").outcome(), ListOutcome::Answered);
    assert_eq!(of("ad;gsm\n").outcome(), ListOutcome::Answered);
    let deferred = Tally { rows: 1, addresses: 1, deferred: 1, ..Tally::default() };
    assert_eq!(deferred.outcome(), ListOutcome::Deferred);
}

#[test]
fn a_summary_says_what_a_mode_alone_let_through_and_how_to_end_it() {
    let of = |answers: &[(&str, u64)]| Tally {
        rows: answers.iter().map(|(_, count)| count).sum(),
        answers: vec![answers.iter().map(|(answer, count)| ((*answer).to_owned(), *count)).collect()],
        ..Tally::default()
    };
    let enforced = of(&[("ALLOW APPROVED", 5), ("DENY REFUSED", 2), ("ALLOW EXEMPT", 1)]);
    assert_eq!(enforced.let_through(), 0);
    let text = enforced.text(&pairs(1), Language::English);
    let line = |name: &str, count: u64| format!("\n{name:<34}{count:>14}\n");
    assert!(text.contains(&line("let through by a mode alone", 0)) && !text.contains("NOT ENFORCED"), "{text}");
    let lax = of(&[("ALLOW APPROVED", 5), ("ALLOW REFUSED", 2), ("ALLOW NO_RECORD", 7), ("ALLOW STALE", 1)]);
    assert_eq!(lax.let_through(), 10);
    let (english, turkish) = (lax.text(&pairs(1), Language::English), lax.text(&pairs(1), Language::Turkish));
    for (text, line, heading) in [
        (&english, line("let through by a mode alone", 10), "\nNOT ENFORCED: "),
        (&turkish, line("yalnız marka modu nedeniyle ALLOW", 10), "\nUYGULANMIYOR: "),
    ] {
        let brand = pairs(1)[0].brand;
        let ended = format!("\n  10 {brand} MESAJ: izingate brand mode --brand {brand} --type MESAJ --mode enforce\n");
        assert!([line.as_str(), heading, ended.as_str()].iter().all(|part| text.contains(*part)), "{text}");
    }
}

/// The list as it comes out, explained in Turkish.
fn explained(list: &[u8], wanted: Wanted) -> Result<Vec<u8>, ListError> {
    let mut intake = Intake::new(Wanted { appends_letters: true, ..wanted }, SMALL);
    intake.push(list);
    intake.end()?;
    let mut out = Vec::new();
    while let Some(block) = intake.block()? {
        let columns = Columns::new(intake.layout().unwrap(), intake.encoding(), &pairs(1), Some(Language::Turkish), false);
        columns.write(&block, &[answers(&block)], &[], &mut out);
    }
    Ok(out)
}

#[test]
fn explanations_are_in_the_encoding_of_the_list() {
    let in_1254 = |text: &str| Encoding::Windows1254.of_text(text);
    let list = "ad;gsm\nÇağrı;05321234568\n";
    let rows = "ad;gsm;decision;reason;explanation\nÇağrı;05321234568;DENY;REFUSED;\"Alıcı bu markanın bu kanaldaki iletilerini reddetti.\"\n";
    assert_eq!(explained(list.as_bytes(), phones()).unwrap(), rows.as_bytes());
    assert_eq!(explained(&in_1254(list), phones()).unwrap(), in_1254(rows), "found by its letters");
    let declared = Wanted { encoding: Some(Declared::Windows1254), ..phones() };
    assert_eq!(explained(&in_1254(list), declared.clone()).unwrap(), in_1254(rows));
    // Letters that come behind the sample are not guessed: rows before them are out already.
    let late = format!("ad;gsm\n{}Çağrı;05321234568\n", "Ali;05321234568\n".repeat(SAMPLE / 16 + 1));
    let line = SAMPLE as u64 / 16 + 3;
    assert_eq!(explained(&in_1254(&late), phones()), Err(ListError::EncodingUnclear { line }));
    assert!(explained(&in_1254(&late), declared).is_ok() && explained(late.as_bytes(), phones()).is_ok());
}

#[test]
fn a_list_is_read_in_its_encoding() {
    let in_1254 = Encoding::Windows1254.of_text("ad;İletişim No\nÇağrı;0532–123\u{a0}45 67\n");
    let out = filtered(&[&in_1254], &phones(), LARGE, &pairs(1)).unwrap();
    assert!(out.bytes.ends_with(b";ALLOW;APPROVED;\n"), "dashes and blanks of Windows, and a heading in its letters");
    let named = Wanted { phones: Some(Named::Name("İLETİŞİM no".to_owned())), ..Wanted::default() };
    assert_eq!(filtered(&[&in_1254], &named, LARGE, &pairs(1)).unwrap(), out);
    let bare: Vec<u8> = "ad;gsm\nAli;05321234567\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let told = filtered(&[&bare], &phones(), LARGE, &pairs(1)).unwrap_err();
    assert!(told.code() == "BINARY_LIST" && told.to_string().contains("--encoding utf-16"), "{told}");
    let utf16 = Wanted { encoding: Some(Declared::Utf16), ..phones() };
    let rows: Vec<u8> =
        "ad;gsm;decision;reason;duplicate\nAli;05321234567;ALLOW;APPROVED;\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(filtered(&[&bare], &utf16, LARGE, &pairs(1)).unwrap().bytes, rows);
}

#[test]
fn a_formula_of_text_is_the_text() {
    let list = "Telefon;x\n\"=\"\"05321234568\"\"\";1\n=\"05321234567\";1\n";
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
    let rows =
        "Telefon;x;decision;reason;duplicate\n\"=\"\"05321234568\"\"\";1;DENY;REFUSED;\n=\"05321234567\";1;ALLOW;APPROVED;\n";
    assert_eq!(String::from_utf8(out.bytes).unwrap(), rows);
}

#[test]
fn rows_go_to_the_stream_of_their_decision() {
    let mut intake = Intake::new(phones(), LARGE);
    intake.push(b"ad,gsm\r\nA,05321234567\r\nB,05321234568\r\nC,05321234569");
    intake.end().unwrap();
    let block = intake.block().unwrap().unwrap();
    let mut out: [Vec<u8>; Part::ALL.len()] = Default::default();
    split(&block, &[answers(&block)], &mut out);
    let header = "ad,gsm\r\n";
    let [allowed, blocked, deferred, not_enforced] = out.map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(allowed, "ad,gsm\r\nA,05321234567\r\nC,05321234569\n");
    assert_eq!((blocked.as_str(), deferred.as_str(), not_enforced.as_str()), ("ad,gsm\r\nB,05321234568\r\n", header, header));
    // Let through by a mode alone, rows are not among those that are allowed.
    let through = Verdict { decision: Decision::Allow, ..Verdict::of(Reason::Refused, "") }.byte();
    let deferred = Verdict::of(Reason::NotReady, "").byte();
    let mut out: [Vec<u8>; Part::ALL.len()] = Default::default();
    let second = vec![approved(), through, deferred];
    split(&block, &[vec![through, approved(), approved()], second], &mut out);
    let [allowed, blocked, deferred, not_enforced] = out.map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!((allowed.as_str(), blocked.as_str(), deferred.as_str()), (header, header, "ad,gsm\r\nC,05321234569\n"));
    assert_eq!(not_enforced, "ad,gsm\r\nA,05321234567\r\nB,05321234568\r\n");
    let columns = Columns::new(intake.layout().unwrap(), intake.encoding(), &pairs(1), None, false);
    let mut rows = Vec::new();
    columns.write(&block, &[vec![through, refused(), approved()]], &[], &mut rows);
    let rows = String::from_utf8(rows).unwrap();
    assert!(rows.contains("A,05321234567,ALLOW,REFUSED NOT_ENFORCED\r\nB,05321234568,DENY,REFUSED\r\n"), "{rows}");
}

/// Lists of a header and rows with odd fields, some of them broken.
fn lists() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        "[a-zğş ]{0,6}",
        "\"[a-z;\n\r]{0,5}(\"\")?[a-z]{0,3}\"",
        Just("5\" boru".to_owned()),
        Just("\"open".to_owned()),
        Just("\"a\"b".to_owned()),
        Just("a;b".to_owned()),
    ];
    let phone = prop_oneof!["0532[0-9]{7}", "\\+90 532 [0-9]{3} [0-9]{2} [0-9]{2}", "[0-9]{3}", "\"532[0-9]{7}\""];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n"), Just("\r\n \r\n")];
    let row = (field, phone, end).prop_map(|(field, phone, end)| format!("{field};{phone}{end}"));
    (prop::collection::vec(row, 0..20), any::<bool>()).prop_map(|(rows, cut)| {
        let list = format!("ad;telefon\r\n{}", rows.concat());
        if cut { list.trim_end().to_owned() } else { list }
    })
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(list in lists(), cuts in prop::collection::vec(0..400_usize, 0..6)) {
        let wanted = Wanted { delimiter: Some(b';'), phones: Some(Named::Position(2)), ..Wanted::default() };
        let bytes = list.as_bytes();
        let mut places: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        let chunks: Vec<&[u8]> = places.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let whole = filtered(&[bytes], &wanted, LARGE, &pairs(1)).unwrap();
        prop_assert_eq!(filtered(&chunks, &wanted, SMALL, &pairs(1)).unwrap(), whole);
    }

    #[test]
    fn without_the_columns_it_is_what_went_in(list in lists()) {
        let wanted = Wanted { delimiter: Some(b';'), phones: Some(Named::Position(2)), ..Wanted::default() };
        let out = filtered(&[list.as_bytes()], &wanted, SMALL, &pairs(1)).unwrap();
        let mut stripped = String::from_utf8(out.bytes.clone()).unwrap();
        for columns in [
            ";decision;reason;duplicate", ";ALLOW;APPROVED;DUPLICATE", ";DENY;REFUSED;DUPLICATE", ";ALLOW;APPROVED;",
            ";DENY;REFUSED;", ";DENY;INVALID_RECIPIENT;",
        ] {
            stripped = stripped.replace(columns, "");
        }
        let mut kept = String::new();
        let mut lines = (1..).zip(list.split_inclusive('\n'));
        for (number, line) in &mut lines {
            if !out.refused.iter().any(|(refused, ..)| *refused == number) {
                kept.push_str(line);
            }
        }
        prop_assert_eq!(stripped, kept);
        prop_assert_eq!(out.tally.rows_in(), out.tally.rows + out.tally.unreadable());
    }

    #[test]
    fn any_bytes_are_a_list_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let wanted = Wanted { phones: Some(Named::Position(1)), ..Wanted::default() };
        let whole = filtered(&[&bytes], &wanted, LARGE, &pairs(1));
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(filtered(&single, &wanted, SMALL, &pairs(1)), whole);
    }
}

#[test]
fn no_row_has_been_seen_before_it_came() {
    let out = filtered(&[b"05321234567\n05321234567\n5321234567\n"], &phones(), SMALL, &pairs(1)).unwrap();
    assert_eq!((out.tally.duplicates, out.tally.unknown), (2, 0));
    assert_eq!(Before::No as usize, 0);
}

#[test]
fn a_summary_names_rows_by_number_and_no_address() {
    let list = "Rapor;Kasım\n;\nad;gsm\nA;O5321234567\n\nB;0532 123\nC;05321234567\nD;\"0532\n12\"\nE;05x321234567\nF;053212\nG;1\nH;12\n";
    for bounds in [LARGE, SMALL] {
        let tally = filtered(&[list.as_bytes()], &phones(), bounds, &pairs(1)).unwrap().tally;
        let text = tally.text(&pairs(1), Language::Turkish);
        assert!(text.contains("  2 rakamların arasında harf var (0 yerine O gibi) (satır 4, 9)\n"), "{text}");
        assert!(text.contains("  5 rakam eksik ya da fazla (satır 6, 8, 10 …)\n"), "{text}");
        assert!(!text.contains("0532") && tally.titles == 2, "{text}");
    }
}

#[test]
fn columns_of_a_list_without_a_header_are_named_in_the_summary() {
    let of = |list: &str, count| {
        let tally = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(count)).unwrap().tally;
        tally.text(&pairs(count), Language::English)
    };
    let said = "the columns behind its rows are decision_7_MESAJ, reason_7_MESAJ, decision_8_ARAMA, reason_8_ARAMA, duplicate\n";
    assert!(of("05321234567\n", 2).contains(said));
    assert!(!of("telefon\n05321234567\n", 2).contains("has no header") && !of("05321234567\n", 1).contains("has no header"));
}

/// As people sign lists.
#[test]
fn signatures_below_the_rows_pass_through() {
    let below = [
        "Hazırlayan: Ayşe;;Onaylayan: Can",
        "İmza;;",
        ";;Tarih: 30.11.2026",
        "Adet: 8;;",
        "Toplam kayıt sayısı: 8;;",
        "Toplam Müşteri;;8",
        "Hazırlayan;Onaylayan;İmza",
        "İmza",
    ];
    let list = format!("ad;gsm;il\nA;05321234567;x\n{}\n", below.join("\n"));
    let out = filtered(&[list.as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
    assert_eq!((out.tally.rows, out.tally.totals, out.refused), (1, below.len() as u64, Vec::new()));
    for row in [
        "Tarih;05321234568;x",
        "Tarih;;0532 123 45 68",
        "Onay;;",
        "Hazırlayan;yok;x",
        "İmza;0532 123 45 6;x",
        "Hazırlayan Ltd;;x",
        "A;;Hazırlayan",
    ] {
        let out = filtered(&[format!("ad;gsm;il\nA;05321234567;x\n{row}\n").as_bytes()], &phones(), LARGE, &pairs(1)).unwrap();
        assert_eq!((out.tally.rows, out.tally.totals), (2, 0), "{row}");
    }
}

/// A title of two cells, as offices have it.
#[test]
fn a_header_is_found_below_titles_of_several_cells() {
    let list =
        "Rapor;;Kasım\nHazırlayan: Ayşe;;2026-11-30 00:00:00\nAd Soyad;Cep Telefonu;Vergi No\nA;05321234567;1234567890\nB;;\n";
    let rows = "Rapor;;Kasım\nHazırlayan: Ayşe;;2026-11-30 00:00:00\nAd Soyad;Cep Telefonu;Vergi No;decision;reason;duplicate\n\
                A;05321234567;1234567890;ALLOW;APPROVED;\nB;;;DENY;INVALID_RECIPIENT;\n";
    assert_eq!(text(list).unwrap(), rows);
    let said = filtered(&[list.as_bytes()], &Wanted { header: Some(true), ..phones() }, LARGE, &pairs(1)).unwrap();
    assert_eq!(String::from_utf8(said.bytes).unwrap(), rows);
}
