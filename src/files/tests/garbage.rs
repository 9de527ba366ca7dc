use std::sync::LazyLock;

use proptest::prelude::*;

use super::sheet::{XLS, workbook};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for name in ["a.csv", "a.csv.gz", "a.ndjson", "a.xlsx", "a.xls"] {
            let _ = read(name, &bytes);
        }
        let _ = read("a.csv", &[b"recipient,type,status\n", bytes.as_slice()].concat());
    }

    #[test]
    fn no_json_like_text_panics(text in r#"([{}\[\],:"\\ 0-9eE.+-]|"list"|"recipient"|null|true|\n){0,60}"#) {
        let _ = read("a.ndjson", text.as_bytes());
    }

    #[test]
    fn no_damage_to_a_spreadsheet_panics(at: prop::sample::Index, byte: u8, cut: bool) {
        static XLSX: LazyLock<Vec<u8>> = LazyLock::new(workbook);
        for (name, content) in [("a.xlsx", XLSX.as_slice()), ("a.xls", XLS)] {
            let mut damaged = content.to_vec();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            damaged.truncate(if cut { at } else { damaged.len() });
            let _ = read(name, &damaged);
        }
    }

    #[test]
    fn what_is_quoted_is_read_back(fields in prop::collection::vec(r"[ -~ç]{0,12}", FIELDS), quote: bool) {
        let style = if quote { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(vec![]);
        writer.write_record(NAMES).unwrap();
        writer.write_record(&fields).unwrap();
        let expected = if fields.iter().all(|field| field.trim().is_empty()) && !quote { vec![] } else { vec![format!("2: {}", fields.join(","))] };
        prop_assert_eq!(read("a.csv", &writer.into_inner().unwrap()), (expected, None));
    }
}
