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
        "8! the line is not UTF-8",
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
