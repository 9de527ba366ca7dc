//! Lists as people keep them in Turkish Excel: workbooks in and out, Windows-1254, several columns of phones, and what is
//! said of them.

use super::{filter, names, piped, text};
use crate::support::known::{APPROVED, Known, REFUSED, STRANGER};
use crate::support::web::post;
use crate::support::{BRAND, izingate};
use calamine::{Data, Reader, Xlsx, open_workbook};
use izingate::model::text::encoding::Encoding;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::fs;
use std::path::Path;
use std::process::Output;

/// The cells of a workbook's only sheet, row by row.
fn cells(path: &Path) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let names = book.sheet_names();
    assert_eq!(names, ["Liste"]);
    book.worksheet_range("Liste").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn words(row: &[Data]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

/// `filter` with more arguments, in a Turkish locale.
fn in_turkish(args: &[&str]) -> Output {
    izingate().env("LC_ALL", "tr_TR.UTF-8").arg("filter").args(args).output().unwrap()
}

fn in_1254(list: &str) -> Vec<u8> {
    Encoding::Windows1254.of_text(list)
}

/// A list with a title, an empty row, numbers, dates, a formula in a column that is not asked about, and totals.
fn write_list(path: &Path) {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("dd.mm.yyyy");
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "KASIM KAMPANYASI").unwrap();
    for (column, name) in (0..).zip(["Ad Soyad", "Telefon", "Tutar", "Tarih", "Şube", "Kod"]) {
        sheet.write(2, column, name).unwrap();
    }
    for (row, (name, phone)) in
        (3..).zip([("Çağrı Şahin", "0532 123 45 61"), ("İpek Işık", "05321234562"), ("Öz, Ünal", "5321234569")])
    {
        sheet.write(row, 0, name).unwrap().write(row, 1, phone).unwrap().write(row, 2, 12.5).unwrap();
        sheet.write_with_format(row, 3, ExcelDateTime::from_ymd(2026, 11, 9).unwrap(), &date).unwrap();
        sheet.write_formula(row, 4, rust_xlsxwriter::Formula::new("=\"İzmir\"").set_result("İzmir")).unwrap();
        sheet.write(row, 5, "007").unwrap();
    }
    sheet.write(7, 0, "TOPLAM").unwrap().write(7, 2, 37.5).unwrap();
    book.save(path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_comes_out_as_a_workbook() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let list = dir.join("liste.xlsx");
    write_list(&list);
    for decider in [["--data", data.to_str().unwrap()], ["--endpoint", &known.gateway.http]] {
        let out = dir.join("sonuç.xlsx");
        let done = filter(&[&decider[..], &["--force", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let rows = cells(&out);
        assert_eq!(words(&rows[0])[0], "KASIM KAMPANYASI");
        let header = ["Ad Soyad", "Telefon", "Tutar", "Tarih", "Şube", "Kod", "decision", "reason"];
        assert_eq!(words(&rows[2]), header);
        let first = &rows[3];
        assert_eq!([words(first)[0].as_str(), &words(first)[4], &words(first)[6]], ["Çağrı Şahin", "İzmir", "ALLOW"]);
        assert_eq!(first[1], Data::String("0532 123 45 61".to_owned()), "phones are texts");
        assert_eq!((&first[2], &first[5]), (&Data::Float(12.5), &Data::String("007".to_owned())));
        assert!(matches!(&first[3], Data::DateTime(day) if day.as_f64().to_string() == "46335"), "{:?}", first[3]);
        assert_eq!([&words(&rows[4])[7], &words(&rows[5])[7]], ["REFUSED", "NO_RECORD"]);
        assert_eq!((words(&rows[7])[0].as_str(), words(&rows[7])[6].as_str()), ("TOPLAM", ""));
        let said = text(&done.stdout);
        assert!(said.contains("totals") && !said.contains("INVALID_RECIPIENT"), "{said}");
    }
    let split = dir.join("ayrı.xlsx");
    let args = ["--endpoint", &known.gateway.http, "--split", "--out", split.to_str().unwrap(), list.to_str().unwrap()];
    assert_eq!(filter(&args).status.code(), Some(0));
    let allowed = cells(&dir.join("ayrı.allowed.xlsx"));
    assert_eq!([words(&allowed[0])[1].as_str(), words(&allowed[1])[0].as_str()], ["Telefon", "Çağrı Şahin"]);
    assert_eq!((allowed.len(), cells(&dir.join("ayrı.blocked.xlsx")).len()), (2, 3));
    assert!(!names(dir).iter().any(|name| name.contains(".partial") || name.contains(".new")), "{:?}", names(dir));
}

/// Below a title of two cells: line breaks, truth values and a brand that is not enforced.
#[tokio::test(flavor = "multi_thread")]
async fn cells_stay_what_they_are_and_what_only_a_mode_lets_through_is_yellow() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list, out) = (dir.join("liste.xlsx"), dir.join("sonuç.xlsx"));
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Rapor").unwrap();
    sheet.write_with_format(0, 2, ExcelDateTime::from_ymd(2026, 11, 30).unwrap(), &day).unwrap();
    for (column, name) in (0..).zip(["Ad Soyad", "Cep\nTelefonu", "Not", "Üye"]) {
        sheet.write(1, column, name).unwrap();
    }
    for (row, phone) in (2..).zip([APPROVED, REFUSED, "0532 123\n45 61"]) {
        sheet
            .write(row, 0, "Ayşe")
            .unwrap()
            .write(row, 1, phone)
            .unwrap()
            .write(row, 2, "bir\niki")
            .unwrap()
            .write(row, 3, row > 2)
            .unwrap();
    }
    sheet.write(6, 0, "Hazırlayan: Can").unwrap().write(6, 2, "İmza").unwrap();
    book.save(&list).unwrap();
    let set = ["brand", "mode", "--endpoint", &known.gateway.http, "--brand", "601234", "--type", "MESAJ", "--mode", "shadow"];
    assert!(crate::support::run(&set).status.success());
    let args = ["--endpoint", &known.gateway.http, list.to_str().unwrap(), "--out"];
    let done = filter(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let rows = cells(&out);
    assert_eq!(words(&rows[1]), ["Ad Soyad", "Cep\nTelefonu", "Not", "Üye", "decision", "reason"]);
    let seen: Vec<_> = rows[2..5].iter().map(|row| (words(row)[2].clone(), row[3].clone(), words(row)[4..].join(" "))).collect();
    let row = |is, answer: &str| ("bir\niki".to_owned(), Data::Bool(is), answer.to_owned());
    let expected = [row(false, "ALLOW APPROVED"), row(true, "ALLOW REFUSED NOT_ENFORCED"), row(true, "ALLOW APPROVED")];
    assert_eq!(seen, expected);
    assert_eq!(words(&rows[6])[4], "", "a signature is nobody's row");
    assert_eq!(["rows in", "titles", "totals"].map(|name| super::count(&done, name)), [3, 1, 1], "{done:?}");
    // The fills of the sheet's styles: of one ALLOW green, of the other yellow.
    let mut styles = String::new();
    let mut archive = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
    std::io::Read::read_to_string(&mut archive.by_name("xl/styles.xml").unwrap(), &mut styles).unwrap();
    assert!(styles.contains("FFC6EFCE") && styles.contains("FFFFFF00"), "{styles}");
    // Text has a line a row.
    let csv = dir.join("sonuç.csv");
    assert_eq!(filter(&[&args[..], &[csv.to_str().unwrap()]].concat()).status.code(), Some(0));
    let text = fs::read_to_string(&csv).unwrap();
    assert!(text.contains("Ad Soyad;Cep Telefonu;Not;Üye;decision;reason\n"), "{text}");
    assert!(text.contains(&format!("Ayşe;{APPROVED};bir iki;false;ALLOW;APPROVED\n")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_of_a_workbook_is_what_turkish_excel_opens_and_csv_becomes_a_workbook() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list, out) = (dir.join("liste.xlsx"), dir.join("out.csv"));
    write_list(&list);
    let args = ["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    assert_eq!(filter(&args).status.code(), Some(0));
    let csv = fs::read_to_string(&out).unwrap();
    assert!(csv.starts_with("\u{feff}KASIM KAMPANYASI;;;;;\n\nAd Soyad;Telefon;"), "{csv}");
    assert!(csv.contains("\nÖz, Ünal;5321234569;12,5;2026-11-09 00:00:00;İzmir;007;DENY;NO_RECORD\n"), "{csv}");
    // Text of Turkish Excel: every cell stays a text, whatever it looks like.
    let list = dir.join("eski.csv");
    fs::write(&list, in_1254(&format!("Ad;Telefon;Not\r\nÇağrı;{APPROVED};=1+1\r\nŞule;{REFUSED};12\r\n"))).unwrap();
    let out = dir.join("eski.xlsx");
    let args = ["--endpoint", &known.gateway.http, "--language", "tr", "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    assert_eq!(filter(&args).status.code(), Some(0));
    let rows = cells(&out);
    assert_eq!(words(&rows[0]), ["Ad", "Telefon", "Not", "decision", "reason", "explanation"]);
    assert_eq!([words(&rows[1])[0].as_str(), &words(&rows[1])[2]], ["Çağrı", "=1+1"]);
    assert_eq!(rows[2][2], Data::String("12".to_owned()));
    assert_eq!(words(&rows[2])[5], "Alıcı bu markanın bu kanaldaki iletilerini reddetti.");
    for name in ["out.xls", "out.xlsm", "OUT.ODS", "out.xlsb"] {
        let out = dir.join(name);
        let done = filter(&["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), list.to_str().unwrap()]);
        assert!(text(&done.stderr).contains("OUTPUT_FORM") && done.status.code() == Some(1), "{done:?}");
        assert!(!out.exists());
    }
}

/// A workbook is made of text that is whole, so work that was cut short goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_is_made_once_its_rows_are_whole() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list, out) = (dir.join("liste.csv"), dir.join("out.xlsx"));
    fs::write(&list, format!("ad;telefon\nA;{APPROVED}\nB;{REFUSED}\n")).unwrap();
    let args = ["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    // A folder in its way: everything is written, and the workbook cannot get its name.
    fs::create_dir(&out).unwrap();
    let failed = filter(&[&args[..], &["--force"]].concat());
    assert!(text(&failed.stdout).contains("OUTPUT_FAILED") && failed.status.code() == Some(1), "{failed:?}");
    fs::remove_dir(&out).unwrap();
    let done = filter(&[&args[..], &["--resume"]].concat());
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(
        cells(&out).iter().map(|row| words(row).join("|")).collect::<Vec<_>>(),
        ["ad|telefon|decision|reason".to_owned(), format!("A|{APPROVED}|ALLOW|APPROVED"), format!("B|{REFUSED}|DENY|REFUSED"),]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_columns_of_phones_in_one_pass_by_every_way() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let list = format!("Ad;Telefon 1;Telefon 2\nA;{APPROVED};{REFUSED}\nB;;{APPROVED}\nC;{STRANGER};\nD;;\n");
    let rows = format!(
        "Ad;Telefon 1;Telefon 2;decision_Telefon 1;reason_Telefon 1;decision_Telefon 2;reason_Telefon 2\n\
         A;{APPROVED};{REFUSED};ALLOW;APPROVED;DENY;REFUSED\nB;;{APPROVED};;;ALLOW;APPROVED\n\
         C;{STRANGER};;DENY;NO_RECORD;;\nD;;;DENY;INVALID_RECIPIENT;;\n"
    );
    let path = dir.join("liste.csv");
    fs::write(&path, &list).unwrap();
    for decider in [["--data", data.to_str().unwrap()], ["--endpoint", &known.gateway.http]] {
        for columns in ["2,3", "Telefon 1,Telefon 2", "telefon 1, 3"] {
            let done = filter(&[&decider[..], &["--column", columns, path.to_str().unwrap()]].concat());
            assert_eq!((text(&done.stdout), done.status.code()), (rows.clone(), Some(0)), "{columns}: {done:?}");
        }
    }
    let said = text(&filter(&["--endpoint", &known.gateway.http, path.to_str().unwrap()]).stderr);
    assert!(said.contains("ADDRESS_COLUMN_UNCLEAR") && said.contains("--column 2,3"), "{said}");
    let query = format!("/v1/filter?brandCode={BRAND}&type=MESAJ&summary=true&column=");
    for columns in ["2,3", "Telefon+1,Telefon%202", "telefon+1,+3"] {
        let reply = post(&known.gateway.http, &format!("{query}{columns}"), "text/csv", list.clone()).await;
        let (answer, summary) = reply.text.split_once("#izingate ").unwrap();
        assert_eq!(answer, rows, "{columns}");
        let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
        assert_eq!(summary["answers"][1]["column"], "Telefon 2");
        assert_eq!(summary["answers"][1]["answers"], serde_json::json!({ "ALLOW APPROVED": 1, "DENY REFUSED": 1 }));
        assert_eq!((&summary["addresses"], &summary["invalid"]), (&serde_json::json!(4), &serde_json::json!({ "empty": 1 })));
    }
    let out = dir.join("ayrı.csv");
    let args =
        ["--endpoint", &known.gateway.http, "--column", "2,3", "--split", "--out", out.to_str().unwrap(), path.to_str().unwrap()];
    assert_eq!(filter(&args).status.code(), Some(0));
    assert_eq!(fs::read_to_string(dir.join("ayrı.allowed.csv")).unwrap(), format!("Ad;Telefon 1;Telefon 2\nB;;{APPROVED}\n"));
    let again = dir.join("again.csv");
    fs::write(&again, rows).unwrap();
    let said = text(&filter(&["--endpoint", &known.gateway.http, "--column", "3", again.to_str().unwrap()]).stderr);
    assert!(said.contains("FILTERED_BEFORE"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations_on_a_list_of_windows_are_in_its_encoding() {
    let known = Known::start().await;
    let list = in_1254(&format!("Ad;Telefon\r\nÇağrı;{REFUSED}\r\n"));
    let rows = in_1254(&format!(
        "Ad;Telefon;decision;reason;explanation\r\nÇağrı;{REFUSED};DENY;REFUSED;\"Alıcı bu markanın bu kanaldaki iletilerini reddetti.\"\r\n"
    ));
    assert_eq!(piped(&["--endpoint", &known.gateway.http, "--language", "tr"], &list).stdout, rows);
    let url = format!("{}/v1/filter?brandCode={BRAND}&type=MESAJ", known.gateway.http);
    let request = crate::support::web::client().post(url).header("content-type", "text/csv").header("accept-language", "tr");
    assert_eq!(request.body(list.clone()).send().await.unwrap().bytes().await.unwrap(), rows);
    // Its names are said, too.
    let said = text(&piped(&["--endpoint", &known.gateway.http, "--column", "gsm"], &in_1254("Şehir;Telefon\nMuş;1\n")).stderr);
    assert!(said.contains("there are \"Şehir\", \"Telefon\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_and_the_summary_say_what_happened() {
    let known = Known::start().await;
    let filtered = |list: &str| piped(&["--endpoint", &known.gateway.http], list.as_bytes());
    let lost = filtered("ad;telefon\nA;5,32E+09\nB;5,32E+09\n");
    let said = text(&lost.stderr);
    assert_eq!(lost.status.code(), Some(4), "{said}");
    assert!(said.contains("NO ADDRESS WAS READ") && said.contains("2 in scientific notation"), "{said}");
    assert!(said.starts_with("filtered 2 rows, 0 unreadable, "), "{said}");
    for (list, code) in [
        (format!("telefon\n{APPROVED}\n5,32\n"), 2),
        (format!("telefon\n{APPROVED}\nyok\n"), 0),
        (format!("telefon\n{REFUSED}\n"), 0),
        ("telefon\n0532 123 45 61 dahili 12\n".to_owned(), 4),
        (format!("telefon\n\"{APPROVED}\n"), 2),
    ] {
        assert_eq!(filtered(&list).status.code(), Some(code), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_speaks_turkish_in_a_turkish_locale() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let list = dir.join("liste.csv");
    let asked = ["--endpoint", &known.gateway.http, "--brand", "601234", "--type", "MESAJ", list.to_str().unwrap()];
    fs::write(&list, format!("Ad;Telefon\nA;{REFUSED}\nB;yok\nC;{APPROVED};fazla\n")).unwrap();
    let done = in_turkish(&asked);
    let said = text(&done.stderr);
    for words in [
        "süzüldü: 3 satır, 1 okunamayan, ",
        "gelen satır ",
        "okunamayan satır ",
        "  DENY REFUSED                                 1  Alıcı bu markanın bu kanaldaki iletilerini reddetti.",
        "1 hücrede geçerli bir adres yok (INVALID_RECIPIENT):\n  1 geçerli bir adres değil (satır 3)\n",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(done.status.code(), Some(2));
    let rejected = fs::read_to_string(dir.join("liste.csv.rejected.csv")).unwrap();
    assert!(rejected.contains("alan sayısı ilk satırınkinden farklı"), "{rejected}");
    for (text_of, args, says) in [
        (
            "Ad;Telefon 1;Telefon 2\nA;05321234561;05321234562\n",
            &[][..],
            "telefon numarası şu sütunlarda olabilir: 2. sütun (\"Telefon 1\"), 3. sütun",
        ),
        ("Ad;Telefon\nA;1\n", &["--column", "cep"], "\"cep\" adlı sütun yok; sütunlar: \"Ad\", \"Telefon\""),
        ("", &[], "EMPTY_LIST: liste boş"),
        ("05321234561\n", &["--brand", "77"], "UNKNOWN_BRAND: 77 numaralı marka kayıtlı değil"),
        ("05321234561\n", &["--nope"], "hata: bilinmeyen seçenek: --nope"),
        ("05321234561\n", &["--retry-for", "x"], "hata: --retry-for <SECONDS> için geçersiz değer: x"),
    ] {
        fs::write(&list, text_of).unwrap();
        let said = text(&in_turkish(&[&asked[..], args].concat()).stderr);
        assert!(said.contains(says), "{says}: {said}");
    }
    let help = text(&in_turkish(&["--help"]).stdout);
    for words in ["Kullanım: izingate filter", "Seçenekler:", "Adres sütunu", "Bu yardımı yazdırır", "Çıkış kodu"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert!(!help.contains("Usage") && !help.contains("[default") && !help.contains("Print help"), "{help}");
}
