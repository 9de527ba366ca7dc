use super::sheet::workbook;
use super::*;

#[test]
fn a_file_without_a_usable_header_is_refused_as_a_whole() {
    for (content, code) in [
        ("", "EMPTY_FILE"),
        ("\n\r\n", "EMPTY_FILE"),
        (PHONE, "HEADER_MISSING"),
        ("recipient,type,source\n", "HEADER_INCOMPLETE"),
        ("recipient,type,status,recipient\n", "HEADER_REPEATS"),
        ("recipient,type,status\r5321234567,MESAJ,RET\r", "HEADER_MISSING"),
    ] {
        assert_eq!(read("day.csv", content.as_bytes()), (vec![], Some(code)), "{content:?}");
    }
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("day.txt", &[&b"\xff\xfe"[..], &utf16].concat()), rows(&[]), "UTF-16 with its mark");
    assert_eq!(read("day.txt", &utf16), (vec![], Some("OTHER_ENCODING")));
    assert_eq!(read("day.ndjson", &utf16), (vec![], Some("OTHER_ENCODING")));
    assert_eq!(read("day.tsv", b"al\xFDc\xFD\ttype\tstatus\n"), (vec![], Some("OTHER_ENCODING")));
    assert_eq!(read("day.csv", "z".repeat(MAX_LINE + 1).as_bytes()), (vec![], Some("HEADER_MISSING")));
    assert_eq!(read("day.csv", HEADER.as_bytes()), rows(&[]), "a day without movements is no error");
}

#[test]
fn errors_name_the_file_on_one_line() {
    let error = |name: &str, content: &[u8]| {
        let folder = TempDir::new().unwrap();
        let text = FileReader::open(&write(&folder, name, content)).err().unwrap().to_string();
        text.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(error("a\nb.csv", b"recipient\n"), "DIR/a\u{fffd}b.csv: the header lacks type, status");
    assert_eq!(
        error("a.pdf", b"x"),
        "DIR/a.pdf: not a .csv, .txt, .tsv, .ndjson (each also with .gz), .xlsx, .xlsm or .xls file"
    );
    assert_eq!(
        error("a.xlsx", b"x"),
        "DIR/a.xlsx: no workbook: it holds text or something else; if it is delimited text, name it .csv"
    );
}

#[test]
fn the_name_states_the_form() {
    for name in ["a", "a.pdf", "a.gz", "a.xlsx.gz", "a.json", ".csv"] {
        assert_eq!(read(name, HEADER.as_bytes()), (vec![], Some("UNKNOWN_FILE_TYPE")), "{name}");
    }
    let folder = TempDir::new().unwrap();
    assert_eq!(read_in_batches(&folder.path().join("none.csv"), 1), (vec![], Some("UNREADABLE")));
    fs::create_dir(folder.path().join("dir.csv")).unwrap();
    assert_eq!(read_in_batches(&folder.path().join("dir.csv"), 1), (vec![], Some("UNREADABLE")));
}

#[test]
fn rows_before_a_break_in_the_gzip_data_are_delivered() {
    let text = format!("{HEADER}\n{}", format!("{PHONE}\n").repeat(100_000));
    let packed = gzip(text.as_bytes());
    let folder = TempDir::new().unwrap();
    let (found, code) = read_in_batches(&write(&folder, "day.csv.gz", &packed[..packed.len() / 2]), 1000);
    assert!((10_000..99_000).contains(&found.len()), "{}", found.len());
    assert_eq!((found[0].as_str(), code), (format!("2: {PHONE},").as_str(), Some("BAD_GZIP")));
    let behind = [gzip(text.as_bytes()), b"garbage".to_vec()].concat();
    let (found, code) = read_in_batches(&write(&folder, "more.csv.gz", &behind), 1000);
    assert_eq!((found.len(), code), (100_000, Some("BAD_GZIP")));
    assert_eq!(read("not.csv.gz", text.as_bytes()), (vec![], Some("BAD_GZIP")));
}

#[test]
fn progress_is_in_bytes_of_the_file() {
    let folder = TempDir::new().unwrap();
    let packed = gzip(format!("{HEADER}\n{PHONE}\n{EMAIL}\n").as_bytes());
    for (name, content) in [("day.csv.gz", packed), ("day.xlsx", workbook())] {
        let mut reader = FileReader::open(&write(&folder, name, &content)).unwrap();
        while reader.next_batch(1).unwrap().is_some() {}
        assert_eq!((reader.position(), reader.total()), (content.len() as u64, content.len() as u64), "{name}");
    }
}
