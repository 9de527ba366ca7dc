//! The header of a list, and what stands above it.
//!
//! The header is the first of the first rows in which a heading says that the addresses stand below it, or, where none
//! does, in which two headings are known; or the very first row, if it has one. None of its cells may be read as an
//! address: what is not asked about must not look like somebody's row. So a first row without a readable address and
//! without a heading is a row, and its answer is `DENY INVALID_RECIPIENT`. Above a header there may be titles, as people
//! have them in spreadsheets (`Hazırlayan: Ayşe`, `30.11.2026`): rows of any number of cells in which nothing resembles an
//! address and fewer headings are known. They pass through and are no rows.

use super::headings::heading;
use super::layout::{Kind, Named, Wanted};
use super::table::{Table, TableRow};
use crate::model::text::fold::folded;

/// Rows in which a header is looked for.
const TITLES: usize = 20;

/// The place among the table's rows; `None` if the first row is a row already.
pub(super) fn find(table: &Table, wanted: &Wanted) -> Option<usize> {
    let below_titles = |is: &dyn Fn(&TableRow) -> bool| {
        let place = table.rows.iter().take(TITLES).position(is)?;
        let (above, header) = (&table.rows[..place], &table.rows[place]);
        let most = headings_of(header).max(1);
        above.iter().all(|row| !row.resembles_address() && headings_of(row) < most).then_some(place)
    };
    let names: Vec<&Named> = [&wanted.phones, &wanted.emails].into_iter().flatten().filter(|named| has_name(named)).collect();
    let found = if names.is_empty() {
        below_titles(&|row| !row.resembles_address() && row.cells.iter().any(|cell| says(wanted, cell)))
            .or_else(|| below_titles(&|row| !row.resembles_address() && headings_of(row) >= 2))
            .or_else(|| below_titles(&|row| row.filled() > 0).filter(|first| is_header(&table.rows[*first])))
    } else {
        below_titles(&|row| names.iter().all(|named| names_all(row, named)))
    };
    match wanted.header {
        Some(false) => None,
        None if names.is_empty() => found,
        // Where no row has the name, an error says so.
        Some(true) | None => found.or(Some(0)),
    }
}

/// Whether a cell of a header is called so: as it is written, or in other letters.
pub(super) fn is_named(cell: &str, name: &str) -> bool {
    let wanted = folded(name);
    (!wanted.is_empty() && folded(cell) == wanted) || cell.trim().to_lowercase() == name.trim().to_lowercase()
}

/// Whether a column is named by its name, not by its number.
fn has_name(named: &Named) -> bool {
    named.parts().iter().any(|part| matches!(part, Named::Name(_)))
}

/// Whether a row has a cell that is called so, or one for each of the names with commas between them.
fn names_all(row: &TableRow, named: &Named) -> bool {
    let is_there = |named: &Named| match named {
        Named::Name(name) => row.cells.iter().any(|cell| is_named(cell, name)),
        Named::Found | Named::Position(_) => true,
    };
    is_there(named) || named.parts().iter().all(is_there)
}

/// Whether a cell says that addresses which are asked about stand below it.
fn says(wanted: &Wanted, cell: &str) -> bool {
    let kinds = [(Kind::Phone, wanted.phones.is_some()), (Kind::Email, wanted.emails.is_some())];
    heading(cell).is_some_and(|heading| kinds.into_iter().any(|(kind, asked)| asked && heading.allows(kind)))
}

/// Whether a row is a header by its headings, whatever they say.
fn is_header(row: &TableRow) -> bool {
    !row.resembles_address() && headings_of(row) > 0
}

/// Cells of a row that are known headings.
fn headings_of(row: &TableRow) -> usize {
    row.cells.iter().filter(|cell| heading(cell).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::encoding::Encoding;

    fn header(list: &str, wanted: &Wanted) -> Option<usize> {
        find(&Table::read(list.as_bytes(), 0, true, b',', Encoding::Utf8), wanted)
    }

    fn phones() -> Wanted {
        Wanted { phones: Some(Named::Found), ..Wanted::default() }
    }

    #[test]
    fn a_header_has_a_heading_and_nothing_like_an_address() {
        for (list, place) in [
            ("telefon\n0532", Some(0)),
            ("Telefon 1\n0532", Some(0)),
            ("ad,soyad\nAli,Can", Some(0)),
            ("ad,x\nAli,05321234567", Some(0)),
            ("05321234567", None),
            ("ad,a@ornek.com", None),
            ("ad,Ayse <ayse@ornek.com>", None),
            ("Ayse,Ayse <ayse@ornek.com>", None),
            ("Ayşe,çağrı@örnek.com", None),
            ("telefon,05xx 123 45 67 8", None),
            ("Ali,123", None),
            ("a,b\nAli,05321234567", None),
            ("kimse", None),
            ("", None),
        ] {
            assert_eq!(header(list, &phones()), place, "{list}");
        }
    }

    #[test]
    fn titles_stand_above_a_header() {
        for (list, place) in [
            ("Liste,\nad,telefon", Some(1)),
            ("Liste\nTarih: 09.11.2026\nad,telefon,e-posta,not", Some(2)),
            (",\n,\nad,telefon", Some(2)),
            ("Firma:,\nad,telefon", Some(1)),
            ("Firma:,ABC,,\nad,soyad,telefon,not", Some(1)),
            ("Müşteri listesi\ntelefon", Some(1)),
            ("Ayşe,yok\nad,telefon", Some(1)),
            ("Rapor,,Kasım\nAd Soyad,Cep Telefonu,İl", Some(1)),
            ("Hazırlayan: Ayşe,,30.11.2026 14:25\n,,\nAd Soyad,Cep Telefonu,İl", Some(2)),
            ("Rapor,,2026-11-30 00:00:00\nx,gsm,y", Some(1)),
            ("Firma,ABC,Tarih\nunvan,gsm,il,kod", Some(1)),
            ("Rapor,,Kasım\nad,soyad,x\nAli,Can,05321234567", Some(1)),
            ("Firma,ABC,Tel: 0312 000 00 00\nad,telefon,il", None),
            ("Rapor,,0532 30.11.2026\nad,telefon,il", None),
            ("ad,soyad,x\nAli,Can,y\nx,gsm,y", Some(0)),
            ("Ayşe,\n0532 123 45 67,x\nad,telefon", None),
            ("Ayşe <a@b.cc>,\nad,telefon", None),
            (&("x,\n".repeat(TITLES - 1) + "ad,telefon"), Some(TITLES - 1)),
            (&("x,\n".repeat(TITLES) + "ad,telefon"), None),
        ] {
            assert_eq!(header(list, &phones()), place, "{list}");
        }
        let emails = Wanted { emails: Some(Named::Found), ..Wanted::default() };
        assert_eq!(header("telefon,x\ne-posta,y", &emails), Some(0), "another kind's headings are headings too");
    }

    #[test]
    fn what_is_said_goes_first() {
        let said = |header| Wanted { header: Some(header), ..phones() };
        assert_eq!(header("a,b\nAli,05321234567", &said(true)), Some(0));
        assert_eq!(header("Liste,\nad,telefon", &said(true)), Some(1));
        assert_eq!(header("Rapor,,Kasım\nad,telefon,il", &said(true)), Some(1), "a title of two cells");
        assert_eq!(header("ad,telefon", &said(false)), None);
        let named = |name: &str| Wanted { phones: Some(Named::Name(name.to_owned())), ..Wanted::default() };
        assert_eq!(header("Liste,\nad,İLETİŞİM\nA,1", &named("iletişim")), Some(1));
        assert_eq!(header("Rapor,Kasım\nx,hat\nA,1", &named("hat")), Some(1), "no heading is known");
        assert_eq!(header("ad,telefon\nA,1", &named("gsm")), Some(0), "it is an error then");
    }
}
