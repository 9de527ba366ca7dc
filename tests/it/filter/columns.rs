//! The header of a list and the column of its addresses: known, or an error that says what to say. Every way in.

use super::{count, filter, piped, text};
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, apply, movement};
use crate::support::web::post;
use crate::support::{BRAND, izingate};
use izingate::api::proto::Movement;
use std::fs;

/// What comes of a list by every way in: through a file, beside the gateway and through it, standard input, HTTP.
async fn every_way(known: &Known, channel: &str, list: &[u8], args: &[&str], query: &str) -> Vec<Result<String, String>> {
    let (file, data) = (known.dir.path().join("liste.csv"), known.data());
    fs::write(&file, list).unwrap();
    let evidence = known.dir.path().join("kanit");
    let offline = ["--data", data.to_str().unwrap(), "--evidence", evidence.to_str().unwrap()];
    let online = ["--endpoint", known.gateway.http.as_str()];
    let run = |decider: &[&str], through_pipe: bool| {
        let mut command = izingate();
        command.args(["filter", "--brand", "601234", "--type", channel]).args(decider).args(args);
        command.args((!through_pipe).then_some(&file)).stdin(fs::File::open(&file).unwrap());
        let done = command.output().unwrap();
        if done.status.code() == Some(0) { Ok(text(&done.stdout)) } else { Err(code(&text(&done.stderr))) }
    };
    let path = format!("/v1/filter?brandCode={BRAND}&type={channel}{query}");
    let reply = post(&known.gateway.http, &path, "text/csv", list).await;
    let over_http = if reply.status == 200 { Ok(reply.text) } else { Err(reply.problem().1) };
    vec![run(&offline, false), run(&online, false), run(&offline, true), run(&online, true), over_http]
}

/// The first code that stands in what was said.
fn code(said: &str) -> String {
    let is_code = |word: &&str| word.len() > 4 && word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(is_code).unwrap_or("none").to_owned()
}

/// `list` gives `rows`, by every way in.
async fn gives(known: &Known, list: &str, rows: &str) {
    for (way, out) in every_way(known, "MESAJ", list.as_bytes(), &[], "").await.into_iter().enumerate() {
        assert_eq!(out.as_deref(), Ok(rows), "way {way} of {list:?}");
    }
}

/// `list` is refused, by every way in.
async fn refuses(known: &Known, list: &str, code: &str) {
    for (way, out) in every_way(known, "MESAJ", list.as_bytes(), &[], "").await.into_iter().enumerate() {
        assert_eq!(out, Err(code.to_owned()), "way {way} of {list:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_answer_never_stands_beside_a_new_one() {
    let known = Known::start().await;
    for header in [
        "Ad;Telefon 1;decision;reason",
        "Ad;Telefon 1;DECISION;Reason",
        "Ad;Tel1;\"decision\";\"reason\"",
        "\u{feff}Ad;Cep Telefonu (1);decision_601234_MESAJ;reason_601234_MESAJ",
        "\u{feff}\"Ad\";\"x9\";\"Decision_601234_mesaj\";reason_601234_MESAJ",
        "x;y;dec\u{200b}ision ;reason",
    ] {
        refuses(&known, &format!("{header}\nAyşe;{REFUSED};ALLOW;APPROVED\n"), "FILTERED_BEFORE").await;
        refuses(&known, &format!("Liste;;;\n\n{header}\nAyşe;{REFUSED};ALLOW;APPROVED\n"), "FILTERED_BEFORE").await;
    }
    // Without a header the answers themselves say it.
    refuses(&known, &format!("Ayşe;{REFUSED};ALLOW;APPROVED\nCan;{APPROVED};DENY;REFUSED\n"), "FILTERED_BEFORE").await;
    for args in [["--header", "false"], ["--header", "true"]] {
        let list = format!("Ad;Telefon 1;decision;reason\nAyşe;{REFUSED};ALLOW;APPROVED\n");
        let args = [&args[..], &["--column", "2"]].concat();
        let query = format!("&header={}&column=2", args[1]);
        for out in every_way(&known, "MESAJ", list.as_bytes(), &args, &query).await {
            assert_eq!(out, Err("FILTERED_BEFORE".to_owned()), "{args:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headings_with_digits_are_headings() {
    let known = Known::start().await;
    for heading in ["Telefon 1", "Tel1", "Cep Telefonu (1)", "1. Telefon", "GSM-2", "Müşteri Cep Tel. No 1", "telefonNo2"] {
        let list = format!("Ad;{heading}\nAyşe;{APPROVED}\nCan;yok\n");
        let rows = format!("Ad;{heading};decision;reason\nAyşe;{APPROVED};ALLOW;APPROVED\nCan;yok;DENY;INVALID_RECIPIENT\n");
        gives(&known, &list, &rows).await;
    }
}

/// Half of the phones cannot be read, and every tax number looks like one.
#[tokio::test(flavor = "multi_thread")]
async fn a_tax_number_is_never_taken_for_the_phone() {
    let known = Known::start().await;
    apply(&known.gateway, vec![movement("+901234567890", "ONAY", "2026-11-02 10:00:00")]).await;
    let rows = |name: &str| {
        format!("{name}\nA AŞ;1234567890;{REFUSED}\nB AŞ;1234567890;dahili 12\nC AŞ;1234567890;\nD AŞ;1234567890;0532 x\n")
    };
    let name = "unvan;vkn;iletişim numarası";
    let refused = format!(
        "{name};decision;reason\nA AŞ;1234567890;{REFUSED};DENY;REFUSED\nB AŞ;1234567890;dahili 12;DENY;INVALID_RECIPIENT\n\
         C AŞ;1234567890;;DENY;INVALID_RECIPIENT\nD AŞ;1234567890;0532 x;DENY;INVALID_RECIPIENT\n"
    );
    gives(&known, &rows(name), &refused).await;
    for name in ["unvan;kayıt;hat", "unvan;sicil x;numarası", "a;b;c"] {
        refuses(&known, &rows(name), "ADDRESS_COLUMN_UNCLEAR").await;
    }
    refuses(&known, &rows("unvan;vkn;hat").replace(REFUSED, "0532 y"), "NO_ADDRESS_COLUMN").await;
    let bare = rows("").trim_start().to_owned();
    refuses(&known, &bare, "ADDRESS_COLUMN_UNCLEAR").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_columns_that_could_be_meant_are_an_error_always() {
    let known = Known::start().await;
    for list in [
        format!("ad;Telefon 1;Telefon 2\nA;{APPROVED};{REFUSED}\n"),
        format!("ad;Telefon 1;Telefon 2\nA;{APPROVED};\n"),
        format!("ad;Telefon;İş Telefonu\nA;;{APPROVED}\n"),
        format!("ad;telefon;hat\nA;{APPROVED};{REFUSED}\n"),
        format!("ad;telefon;;ad;telefon\nA;{APPROVED};;B;{REFUSED}\n"),
        format!("ad;hat;yedek\nA;{APPROVED};x\nB;{APPROVED};x\nC;{APPROVED};{REFUSED}\n"),
        format!("A;{APPROVED};{REFUSED}\nB;{APPROVED};x\nC;{APPROVED};x\n"),
        format!("ad;telefon;hat\nA;yok;{REFUSED}\nB;yok;yok\n"),
    ] {
        refuses(&known, &list, "ADDRESS_COLUMN_UNCLEAR").await;
    }
    let list = format!("ad;telefon;cep\nA;{APPROVED};{REFUSED}\nB;;{APPROVED}\nC;yok;{APPROVED}\n");
    let rows = format!(
        "ad;telefon;cep;decision;reason;duplicate\nA;{APPROVED};{REFUSED};ALLOW;APPROVED;\n\
         B;;{APPROVED};DENY;INVALID_RECIPIENT;\nC;yok;{APPROVED};DENY;INVALID_RECIPIENT;\n"
    );
    for out in
        every_way(&known, "MESAJ", list.as_bytes(), &["--column", "telefon", "--duplicates"], "&column=telefon&duplicates=true")
            .await
    {
        assert_eq!(out.as_deref(), Ok(rows.as_str()), "a row without the chosen address is never ALLOW");
    }
}

/// Phones and e-mails of one list: each kind has its own column, and a row that lacks one has no answer of it.
#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_address_has_its_column() {
    let known = Known::start().await;
    let list = format!("ad;telefon;e-posta\nA;{APPROVED};\nB;;{EMAIL}\nC;{EMAIL};{APPROVED}\n");
    let rows = format!(
        "ad;telefon;e-posta;decision_601234_MESAJ;reason_601234_MESAJ;decision_601234_EPOSTA;reason_601234_EPOSTA\n\
         A;{APPROVED};;ALLOW;APPROVED;DENY;INVALID_RECIPIENT\nB;;{EMAIL};DENY;INVALID_RECIPIENT;ALLOW;APPROVED\n\
         C;{EMAIL};{APPROVED};DENY;INVALID_RECIPIENT;DENY;INVALID_RECIPIENT\n"
    );
    let path = known.dir.path().join("liste.csv");
    fs::write(&path, &list).unwrap();
    let done = filter(&["--endpoint", &known.gateway.http, "--type", "EPOSTA", path.to_str().unwrap()]);
    assert_eq!(text(&done.stdout), rows, "{done:?}");
    let query = format!("/v1/filter?brandCode={BRAND}&type=MESAJ,EPOSTA");
    assert_eq!(post(&known.gateway.http, &query, "text/csv", list).await.text, rows);
}

/// Another reader of the file may find an address in the first row, about which nothing was asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_row_without_a_readable_address_is_a_row() {
    let known = Known::start().await;
    let refused = Movement { r#type: "EPOSTA".to_owned(), ..movement("ayse@ornek.com", "RET", "2026-11-03 10:00:00") };
    apply(&known.gateway, vec![refused]).await;
    for first in ["Ayse;Ayse <ayse@ornek.com>", "Ayşe;çağrı@örnek.com", "Ad;Ayse <ayse@ornek.com>"] {
        let list = format!("{first}\nAli;{EMAIL}\n");
        let rows = format!("{first};DENY;INVALID_RECIPIENT\nAli;{EMAIL};ALLOW;APPROVED\n");
        for (way, out) in every_way(&known, "EPOSTA", list.as_bytes(), &[], "").await.into_iter().enumerate() {
            assert_eq!(out.as_deref(), Ok(rows.as_str()), "way {way} of {first}");
        }
    }
    gives(&known, &format!("Ayşe\n{APPROVED}\n"), &format!("Ayşe,DENY,INVALID_RECIPIENT\n{APPROVED},ALLOW,APPROVED\n")).await;
    gives(
        &known,
        &format!("Ayşe;yok\nAli;{APPROVED}\n"),
        &format!("Ayşe;yok;DENY;INVALID_RECIPIENT\nAli;{APPROVED};ALLOW;APPROVED\n"),
    )
    .await;
    let named = format!("Ad Soyad;x\nAli;{APPROVED}\n");
    gives(&known, &named, &format!("Ad Soyad;x;decision;reason\nAli;{APPROVED};ALLOW;APPROVED\n")).await;
    refuses(&known, &format!("Ad Soyad;Durum\nAli;{APPROVED}\n"), "NO_ADDRESS_COLUMN").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_unasked_goes_to_those_who_are_allowed() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let trial = "Ayse;Ayse <ayse@ornek.com>\nAli;ayse@ornek.com.tr\nVeli;kisi11@ornek.com.tr\n";
    let titled = format!("Kampanya;\n\nAd;E-posta\nAli;{EMAIL}\nVeli;\nCan;{APPROVED}\n");
    for (list, allowed, blocked) in [
        (
            trial.to_owned(),
            "Ali;ayse@ornek.com.tr\n".to_owned(),
            "Ayse;Ayse <ayse@ornek.com>\nVeli;kisi11@ornek.com.tr\n".to_owned(),
        ),
        (titled, format!("Ad;E-posta\nAli;{EMAIL}\n"), format!("Ad;E-posta\nVeli;\nCan;{APPROVED}\n")),
        (
            format!("sep=;\nAd;E-posta\nAli;{EMAIL}\n"),
            format!("sep=;\nAd;E-posta\nAli;{EMAIL}\n"),
            "sep=;\nAd;E-posta\n".to_owned(),
        ),
    ] {
        let path = dir.join("hl.csv");
        fs::write(&path, list).unwrap();
        let out = dir.join("hl.csv.out");
        let mut command = izingate();
        command.args(["filter", "--brand", "601234", "--type", "EPOSTA", "--split", "--force"]);
        let done = command.args(["--endpoint", &known.gateway.http, "--out"]).arg(&out).arg(&path).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let part = |name: &str| fs::read_to_string(dir.join(format!("hl.csv.{name}.out"))).unwrap();
        assert_eq!((part("allowed"), part("blocked")), (allowed, blocked));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_and_blank_rows_above_the_header_pass_through() {
    let known = Known::start().await;
    let rows = |answer: &str| format!("{APPROVED};A{answer}\n");
    for (above, header) in [
        ("Kasım kampanyası;\n\n", "telefon;ad"),
        ("Kasım kampanyası\n", "telefon;ad"),
        ("\"Kasım; \"\"özel\"\"\"\r\n;\r\n", "telefon;ad"),
        ("\n;\n", "TELEFON;ad"),
        ("sep=;\n", "telefon;ad"),
        ("\u{feff}sep=;\r\n", "telefon;ad"),
        ("sep=;\nKasım, Aralık, Ocak\n", "telefon;ad"),
        ("Firma:;\n", "telefon;ad"),
        ("Hazırlayan: Ayşe;30.11.2026 14:25\nRapor;Kasım\n", "telefon;ad"),
    ] {
        let list = format!("{above}{header}\n{}", rows(""));
        gives(&known, &list, &format!("{above}{header};decision;reason\n{}", rows(";ALLOW;APPROVED"))).await;
    }
    let done = piped(&["--endpoint", &known.gateway.http], format!("Liste\n\ntelefon;ad\n{}", rows("")).as_bytes());
    let counts = ["rows in", "rows out", "header", "blank lines", "titles"];
    assert_eq!(counts.map(|name| count(&done, name)), [1, 1, 1, 1, 1], "{done:?}");
    // What may be somebody's row is no title: it is asked about.
    let first = "Ayşe;05xx 123 45 61 dahili 1234";
    let list = format!("{first}\nad;telefon\nCan;{APPROVED}\nNil;{REFUSED}\n");
    let answers = format!(
        "{first};DENY;INVALID_RECIPIENT\nad;telefon;DENY;INVALID_RECIPIENT\nCan;{APPROVED};ALLOW;APPROVED\nNil;{REFUSED};DENY;REFUSED\n"
    );
    gives(&known, &list, &answers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn excels_own_line_names_the_delimiter() {
    let known = Known::start().await;
    // Counting alone finds two delimiters that would do.
    let body = format!("{APPROVED},1;A\n{REFUSED},2;B\n");
    let rows = format!("sep=,\n{APPROVED},1;A,ALLOW,APPROVED\n{REFUSED},2;B,DENY,REFUSED\n");
    gives(&known, &format!("sep=,\n{body}"), &rows).await;
    refuses(&known, &format!("sep=:\n{body}"), "DELIMITER_UNCLEAR").await;
    for out in
        every_way(&known, "MESAJ", format!("sep=;\n{APPROVED}|A\n").as_bytes(), &["--delimiter", "|"], "&delimiter=%7C").await
    {
        assert_eq!(out, Ok(format!("sep=;\n{APPROVED}|A|ALLOW|APPROVED\n")), "what is said goes before what is written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_is_found_by_its_name_in_any_letters() {
    let known = Known::start().await;
    for (heading, name) in [
        ("İLETİŞİM", "iletişim"),
        ("iletişim", "İLETİŞİM"),
        ("ILETISIM", "iletişim"),
        ("Cep Telefonu", "cep_telefonu"),
        ("cep\u{200b}-telefonu\u{a0}", "CEP TELEFONU"),
        ("电话", "电话"),
    ] {
        let list = format!("ad;{heading}\nA;{APPROVED}\n");
        let query = format!("&column={}", percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC));
        for out in every_way(&known, "MESAJ", list.as_bytes(), &["--column", name], &query).await {
            assert_eq!(out, Ok(format!("ad;{heading};decision;reason\nA;{APPROVED};ALLOW;APPROVED\n")), "{name}");
        }
    }
    // An error never shows what may be addresses.
    for out in every_way(&known, "MESAJ", format!("A;{APPROVED}\n").as_bytes(), &["--column", "gsm"], "&column=gsm").await {
        assert_eq!(out, Err("UNKNOWN_COLUMN".to_owned()));
    }
    let done = piped(&["--endpoint", &known.gateway.http, "--column", "gsm"], format!("A;{APPROVED}\n").as_bytes());
    assert!(!text(&done.stderr).contains(APPROVED), "{done:?}");
}

/// Two lists one below the other, whose columns stand in another order: from there on addresses would be others.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_header_with_other_columns_ends_the_list() {
    let known = Known::start().await;
    let same = format!("ad;telefon\nA;{APPROVED}\nAD;Telefon\nB;{REFUSED}\n");
    gives(
        &known,
        &same,
        &format!(
            "ad;telefon;decision;reason\nA;{APPROVED};ALLOW;APPROVED\nAD;Telefon;decision;reason\nB;{REFUSED};DENY;REFUSED\n"
        ),
    )
    .await;
    let other = format!("vkn;telefon\n1;{APPROVED}\ntelefon;vkn\n{REFUSED};5321234561\n");
    let done = piped(&["--endpoint", &known.gateway.http], other.as_bytes());
    assert_eq!(text(&done.stdout), format!("vkn;telefon;decision;reason\n1;{APPROVED};ALLOW;APPROVED\n"));
    assert!(text(&done.stderr).contains("SECOND_HEADER") && text(&done.stderr).contains("line 3"), "{done:?}");
    assert_eq!(done.status.code(), Some(1));
    let path = format!("/v1/filter?brandCode={BRAND}&type=MESAJ");
    let reply = crate::support::web::client()
        .post(format!("{}{path}", known.gateway.http))
        .header("content-type", "text/csv")
        .body(other)
        .send()
        .await
        .unwrap();
    assert!(reply.text().await.is_err(), "the answer is cut short");
}
