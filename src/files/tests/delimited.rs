use super::*;

#[test]
fn a_day_file() {
    let text = format!("{HEADER}\n{PHONE}\n{EMAIL}\n");
    assert_eq!(read("day.csv", text.as_bytes()), two_rows());
    assert_eq!(read("DAY.CSV", text.trim_end().as_bytes()), two_rows(), "the last line may lack its end");
    assert_eq!(read("day.txt", text.replace(',', "\t").as_bytes()), two_rows());
    assert_eq!(read("day.csv.gz", &gzip(text.as_bytes())), two_rows());
    assert_eq!(read("day.txt.GZ", &[gzip(&text.as_bytes()[..100]), gzip(&text.as_bytes()[100..])].concat()), two_rows());
}

#[test]
fn a_day_file_saved_again_by_a_spreadsheet() {
    let text = format!("\u{feff}{HEADER}\n{PHONE}\n{EMAIL}\n,,,,,,,\n\n").replace(',', ";").replace('\n', "\r\n");
    assert_eq!(read("day.csv", text.as_bytes()), two_rows());
}

#[test]
fn columns_in_any_order_beside_others() {
    let text = "Status, RECIPIENT ,not,type,brandCode\nRET,5321234567,x,MESAJ,0601234\n";
    assert_eq!(read("some.csv", text.as_bytes()), rows(&["2: ,,5321234567,,MESAJ,RET,,,0601234"]));
}

#[test]
fn the_fields_of_a_row_are_a_raw_movement() {
    let fields = ["2026-11-01 10:20:30", "ab12", "+905321234567", "BIREYSEL", "MESAJ", "ONAY", "", "HS_WEB", "601234"];
    let row = Row::new(7, &fields);
    let raw = row.raw();
    let back = [
        raw.created,
        raw.transaction,
        raw.recipient,
        raw.recipient_type,
        raw.channel,
        raw.status,
        raw.consented,
        raw.source,
        raw.brand,
    ];
    assert_eq!((row.line(), row.fields(), back), (7, fields, fields));
    assert_eq!(format!("{row:?}"), "Row(line 7, …)", "no address in a log");
}

#[test]
fn quoted_fields() {
    let text = "\"recipient\",\"type\",status,source\n\"a,b\"\"c\"\"\",\"\",\"RET\",\"x\"\n\"\"\"\",p\"q,RET,\n";
    assert_eq!(read("q.csv", text.as_bytes()), rows(&["2: ,,a,b\"c\",,,RET,,x,", "3: ,,\",,p\"q,RET,,,"]));
}

#[test]
fn a_bad_line_costs_itself_only() {
    let text = format!(
        "\n{HEADER}\n2026-11-02 00:00:00,ff,5321234567,BIREYSEL,MESAJ,ONAY\n{PHONE},\n\n\"{PHONE}\n\"x\"y,,,,,,,\nÇ\n{EMAIL}\n"
    );
    let bytes: Vec<u8> = text.into_bytes().into_iter().map(|byte| if byte == 0xc3 { 0xff } else { byte }).collect();
    let expected = [
        "3! 6 fields where the header has 8",
        "4! 9 fields where the header has 8",
        "6! a quote is not closed",
        "7! text follows a closing quote",
        "8! 1 fields where the header has 8",
        &format!("9: {EMAIL},"),
    ];
    assert_eq!(read("day.csv", &bytes), rows(&expected));
}

#[test]
fn a_long_line_is_passed_over_unbuffered() {
    let long = "x".repeat(10 << 20);
    let text = format!("{HEADER}\n{PHONE}\n{long}\n{EMAIL}\n{long}");
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "day.csv", text.as_bytes());
    let expected = [
        &format!("2: {PHONE},"),
        "3! the line is longer than 1 MiB",
        &format!("4: {EMAIL},"),
        "5! the line is longer than 1 MiB",
    ];
    assert_eq!(read_in_batches(&path, 100), rows(&expected));
    let fits = format!("recipient,type,status\n{},,\n", "y".repeat(MAX_LINE - 2));
    assert_eq!(read("edge.csv", fits.as_bytes()).0[0].len(), "2: ,,".len() + MAX_LINE - 2 + ",,,,,,".len());
    assert_eq!(read("edge.csv", fits.replace("\ny", "\nyy").as_bytes()), rows(&["2! the line is longer than 1 MiB"]));
}

#[test]
fn long_lines_make_small_batches() {
    let line = format!("{},MESAJ,RET\n", "y".repeat(MAX_LINE - 100));
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "long.csv", format!("recipient,type,status\n{}", line.repeat(10)).as_bytes());
    let mut reader = FileReader::open(&path).unwrap();
    let mut sizes = vec![];
    while let Some(batch) = reader.next_batch(8192).unwrap() {
        sizes.push(batch.len());
    }
    assert_eq!(sizes, [5, 5]);
}

const RET: &str = "2026-11-09 20:00:00,ab14,+905321234567,BIREYSEL,MESAJ,RET,2026-11-09 19:59:59,IYS_WEB";

#[test]
fn a_refusal_in_a_line_that_is_no_row_counts_and_nothing_else_of_it_does() {
    for broken in [
        format!("{RET},note, with a comma"),
        format!("{RET},\"not closed"),
        format!("{RET},\"x\"y"),
        RET.rsplit_once(",2026").unwrap().0.to_owned(),
    ] {
        let text = format!("{HEADER},note\n{broken}\n{PHONE},\n");
        let (found, code) = read("day.csv", text.as_bytes());
        let starts: Vec<_> = found.iter().map(|row| row.split(",2026-1").next().unwrap()).collect();
        let ret = "2: 2026-11-09 20:00:00,ab14,+905321234567,BIREYSEL,MESAJ,RET";
        assert!(starts[0].starts_with(ret), "{broken}: {found:?}");
        assert_eq!((found.len(), found[1].as_str(), code), (2, format!("3: {PHONE},").as_str(), None), "{broken}");
        let onay = broken.replace(",RET", ",ONAY");
        let (found, _) = read("day.csv", format!("{HEADER},note\n{onay}\n").as_bytes());
        assert!(found.iter().all(|row| row.starts_with("2! ")), "{onay}: {found:?}");
    }
    let shifted = format!("note,{HEADER}\nwith, a comma,{RET}\n");
    assert_eq!(read("day.csv", shifted.as_bytes()), rows(&[&format!("2: {RET},")]), "counted from the right");
}

#[test]
fn a_quoted_note_may_hold_commas_and_line_ends() {
    let text = format!("{HEADER},note\n{RET},\"a, \"\"b\"\"\nc\r\nd\"\n{PHONE},x\n");
    assert_eq!(read("day.csv", text.as_bytes()), rows(&[&format!("2: {RET},"), &format!("5: {PHONE},")]));
}

#[test]
fn where_quotes_make_one_row_of_lines_that_look_like_rows_only_refusals_count() {
    let detail = "quotes make one row of lines that look like rows themselves; only refusals among those are applied";
    let other = PHONE.replace("1234567", "7654321");
    let text = format!("{HEADER},note\n{RET},\"first\n{other},\"\n{PHONE},\n");
    let expected = [&format!("2: {RET},"), &format!("2! {detail}"), &format!("4: {PHONE},")];
    assert_eq!(read("day.csv", text.as_bytes()), rows(&expected.map(String::as_str)), "an approval inside a note");
    let text = format!("{HEADER},note\n{other},\"first\n{RET},\"\n");
    let expected = [&format!("2: {other},"), &format!("2! {detail}"), &format!("3: {RET},")];
    assert_eq!(read("day.csv", text.as_bytes()), rows(&expected.map(String::as_str)), "a refusal inside one");
}

#[test]
fn quotes_that_are_never_closed_cost_their_own_lines() {
    let open = format!("{PHONE},\"x\n").repeat(3);
    let text = format!("{HEADER},note\n{open}{RET},\n{}", format!("{PHONE},\n").repeat(400));
    let (found, code) = read("day.csv", text.as_bytes());
    assert_eq!((found.len(), code), (404, None));
    assert!(found[..3].iter().all(|row| row.ends_with("! a quote is not closed")), "{:?}", &found[..3]);
    assert_eq!(found[3], format!("5: {RET},"));
}

#[test]
fn a_header_in_the_middle_names_the_columns_from_there_on() {
    let text = format!("{HEADER}\n{PHONE}\nstatus,type,recipient\nRET,MESAJ,+905321234567\n{HEADER}\n{PHONE}\n");
    let expected = [format!("2: {PHONE},"), "4: ,,+905321234567,,MESAJ,RET,,,".to_owned(), format!("6: {PHONE},")];
    assert_eq!(read("day.csv", text.as_bytes()), rows(&expected.each_ref().map(String::as_str)));
}

#[test]
fn a_byte_that_is_not_utf8_costs_the_field_that_holds_it() {
    let text = [HEADER.as_bytes(), b",citizenName\n", RET.as_bytes(), b",Ay\xfee\n", PHONE.as_bytes(), b",\xd0\n"].concat();
    assert_eq!(read("day.csv", &text), rows(&[&format!("2: {RET},"), &format!("3: {PHONE},")]));
    let text = [b"recipient,type,status\n+90532\xff1234567,MESAJ,RET\n".as_slice()].concat();
    assert_eq!(read("day.csv", &text), rows(&["2: ,,+90532\u{fffd}1234567,,MESAJ,RET,,,"]));
}

#[test]
fn what_is_to_be_said_of_a_file_is_noted() {
    let notes = |name: &str, content: &str| {
        let folder = TempDir::new().unwrap();
        let mut reader = FileReader::open(&write(&folder, name, content.as_bytes())).unwrap();
        while reader.next_batch(10).unwrap().is_some() {}
        let notes = reader.notes();
        (notes.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(), notes.without_recipient_type)
    };
    let of = |unknown: &[&str], without| (unknown.iter().map(ToString::to_string).collect::<Vec<_>>(), without);
    assert_eq!(notes("a.csv", &format!("{HEADER},brand_code,Şehir,not\n")), of(&["Şehir", "not"], false));
    assert_eq!(notes("a.csv", "recipient,type,status\n"), of(&[], true));
    assert_eq!(notes("a.csv", "line,reason,detail,recipient,type,status,recipient_type,text\n"), of(&[], false));
    let json = r#"{"recipient":"a@b.cc","type":"EPOSTA","status":"RET","citizenName":"A","not":1}"#;
    assert_eq!(notes("a.ndjson", json), of(&["not"], true));
    assert_eq!(notes("a.ndjson", &json.replace("not", "Recipient_Type")), of(&[], false));
}

#[test]
fn a_line_that_is_no_row_is_kept_as_it_stands() {
    let folder = TempDir::new().unwrap();
    let text = [HEADER.as_bytes(), b"\nONAY,\xff\n", "x".repeat(MAX_LINE + 1).as_bytes(), b"\n"].concat();
    let mut reader = FileReader::open(&write(&folder, "day.csv", &text)).unwrap();
    let batch = reader.next_batch(10).unwrap().unwrap();
    let kept: Vec<_> = batch.bad.iter().map(|bad| (bad.line, bad.text.len(), bad.text[0])).collect();
    assert_eq!((kept, &*batch.bad[0].text), (vec![(2, 6, b'O'), (3, KEPT, b'x')], b"ONAY,\xff".as_slice()));
    assert!(!format!("{:?}", batch.bad[0]).contains("ONAY"), "an address may be in it");
}
