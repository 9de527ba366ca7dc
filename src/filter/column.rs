//! The column that holds the addresses: the one that is named, or the only one that can be meant.
//!
//! A column is meant by its heading or by its values. More than one that could be meant is an error, always: an answer
//! beside the wrong one of two addresses is somebody else's. So a heading that excludes addresses (a tax number looks like
//! a phone) counts as much as one that says what stands below it.

use super::error::{Candidate, ListError};
use super::header::is_named;
use super::headings::{Heading, heading};
use super::layout::{Kind, Named};
use super::table::{Table, TableRow, is_address};

/// A list's first rows, with the place of its header among them, if it has one.
pub(super) struct Sample<'a> {
    table: &'a Table,
    header: Option<usize>,
}

/// A column as its heading and its values show it.
struct Column {
    number: u32,
    heading: Option<Heading>,
    addresses: usize,
    values: usize,
}

impl<'a> Sample<'a> {
    pub(super) const fn new(table: &'a Table, header: Option<usize>) -> Self {
        Self { table, header }
    }

    /// Fields of the header, or of the first row.
    pub(super) fn fields(&self) -> u32 {
        self.table.rows.get(self.first()).map_or(1, |row| row.cells.len() as u32)
    }

    /// The columns of a kind of address, from 0: the one that is named or found, or each of those that are named with
    /// commas between them, where no column has the whole for its name.
    pub(super) fn columns(&self, kind: Kind, named: &Named) -> Result<Vec<u32>, ListError> {
        match self.column(kind, named) {
            Err(ListError::UnknownColumn { .. }) if named.parts().len() > 1 => {
                let mut columns = Vec::new();
                for part in named.parts() {
                    let column = self.column(kind, &part)?;
                    if !columns.contains(&column) {
                        columns.push(column);
                    }
                }
                Ok(columns)
            }
            column => Ok(vec![column?]),
        }
    }

    fn column(&self, kind: Kind, named: &Named) -> Result<u32, ListError> {
        match named {
            Named::Position(position) => self.at(*position),
            Named::Name(name) => self.named(name),
            Named::Found => self.found(kind),
        }
    }

    fn first(&self) -> usize {
        self.header.unwrap_or(0)
    }

    fn names(&self) -> &[String] {
        self.header.and_then(|header| self.table.rows.get(header)).map_or(&[], |row| &row.cells)
    }

    /// Rows below the header.
    fn rows(&self) -> &[TableRow] {
        self.table.rows.get(self.header.map_or(0, |header| header + 1)..).unwrap_or_default()
    }

    fn at(&self, position: u32) -> Result<u32, ListError> {
        let fields = self.fields();
        if position == 0 || position > fields {
            return Err(ListError::ColumnOutside { position, fields });
        }
        Ok(position - 1)
    }

    fn named(&self, name: &str) -> Result<u32, ListError> {
        let meant: Vec<u32> =
            (0..).zip(self.names()).filter(|(_, cell)| is_named(cell, name)).map(|(column, _)| column).collect();
        match meant[..] {
            [] => Err(ListError::UnknownColumn { name: name.to_owned(), columns: self.shown() }),
            [only] => Ok(only),
            _ => Err(ListError::RepeatedColumn { name: name.to_owned(), candidates: self.candidates(meant.into_iter()) }),
        }
    }

    fn found(&self, kind: Kind) -> Result<u32, ListError> {
        let columns: Vec<Column> = (0..self.fields()).map(|number| self.look(kind, number)).collect();
        let said: Vec<&Column> = columns.iter().filter(|column| column.is_said(kind)).collect();
        // Beside a heading that says it, values speak only if nearly all do.
        let by_values = |column: &&Column| match (&said[..], column.heading) {
            _ if column.is_said(kind) || column.addresses == 0 => false,
            (_, Some(heading)) if heading.excludes(kind) => false,
            ([said], None | Some(Heading::Open)) if said.addresses > 0 => 2 * column.addresses >= column.values,
            _ => true,
        };
        let valued: Vec<&Column> = columns.iter().filter(by_values).collect();
        match (&said[..], &valued[..]) {
            ([], []) => {
                let looks = |column: &&Column| column.addresses > 0 && 2 * column.addresses >= column.values;
                let excluded = columns.iter().filter(looks).map(|column| column.number);
                Err(ListError::NoColumn { kind, excluded: self.candidates(excluded), columns: self.shown() })
            }
            ([only], []) => Ok(only.number),
            ([], [only]) if 2 * only.addresses >= only.values => Ok(only.number),
            _ => {
                let mut numbers: Vec<u32> = said.iter().chain(&valued).map(|column| column.number).collect();
                numbers.sort_unstable();
                Err(ListError::ManyColumns { kind, candidates: self.candidates(numbers.into_iter()) })
            }
        }
    }

    fn look(&self, kind: Kind, number: u32) -> Column {
        let values = self.rows().iter().filter_map(|row| row.cells.get(number as usize)).filter(|value| !value.trim().is_empty());
        let (mut addresses, mut count) = (0, 0);
        for value in values {
            addresses += usize::from(is_address(kind, value));
            count += 1;
        }
        let heading = self.names().get(number as usize).and_then(|name| heading(name));
        Column { number, heading, addresses, values: count }
    }

    fn candidates(&self, columns: impl Iterator<Item = u32>) -> Vec<Candidate> {
        let name = |column: u32| self.names().get(column as usize).map(|name| name.trim().to_owned());
        columns.map(|column| Candidate { position: column + 1, name: name(column) }).collect()
    }

    /// The names of the columns for an error; none where they may be addresses.
    fn shown(&self) -> Vec<String> {
        let header = self.header.and_then(|header| self.table.rows.get(header)).filter(|row| !row.resembles_address());
        header.map_or_else(Vec::new, |row| row.cells.iter().map(|name| name.trim().to_owned()).collect())
    }
}

impl Column {
    /// Whether the heading says that the kind stands here; one that only allows it does so with values alone.
    fn is_said(&self, kind: Kind) -> bool {
        let Some(heading) = self.heading else { return false };
        heading.says(kind) || (heading.allows(kind) && (self.addresses > 0 || self.values == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::super::layout::Wanted;
    use super::*;
    use crate::model::text::encoding::Encoding;

    fn column(kind: Kind, named: &Named, text: &str) -> Result<u32, String> {
        let table = Table::read(text.as_bytes(), 0, true, b',', Encoding::Utf8);
        let mut wanted = Wanted::default();
        *(if kind == Kind::Phone { &mut wanted.phones } else { &mut wanted.emails }) = Some(named.clone());
        let column = Sample::new(&table, header::find(&table, &wanted)).column(kind, named);
        column.map_err(|error| format!("{}: {error}", error.code()))
    }

    fn found(kind: Kind, text: &str) -> Result<u32, String> {
        column(kind, &Named::Found, text)
    }

    fn code(result: Result<u32, String>) -> Result<u32, String> {
        result.map_err(|error| error.split(':').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn the_only_column_that_can_be_meant() {
        assert_eq!(found(Kind::Phone, "ad,CEP TELEFONU,vergi no\nAli,05321234567,1234567890"), Ok(1));
        assert_eq!(found(Kind::Phone, "ad,x\nAli,05321234567\nCan,0532\nNil,05321234568"), Ok(1), "values alone");
        assert_eq!(found(Kind::Phone, "ad,gsm\nAli,yok\nCan,yok"), Ok(1), "the name alone");
        assert_eq!(found(Kind::Email, "ad,telefon,E-Posta\nAli,05321234567,a@ornek.com"), Ok(2));
        assert_eq!(found(Kind::Phone, "Ali,05321234567"), Ok(1), "no header");
        assert_eq!(found(Kind::Phone, "telefon"), Ok(0), "no rows");
        assert_eq!(found(Kind::Phone, "alıcı,telefon\nAli,05321234567"), Ok(1), "a recipient by name");
        assert_eq!(found(Kind::Phone, "alıcı,x\n05321234567,1"), Ok(0), "a recipient by number");
        assert_eq!(found(Kind::Phone, "unvan,vkn,iletişim numarası\nA,1234567890,x\nB,1234567890,"), Ok(2));
        assert_eq!(
            found(Kind::Phone, "telefon,kod x\n05321234567,1234567890\n05321234567,77\n05321234567,78"),
            Ok(0),
            "one of three"
        );
    }

    #[test]
    fn two_that_could_be_meant_are_an_error() {
        let unclear = || Err("ADDRESS_COLUMN_UNCLEAR".to_owned());
        for text in [
            "ad,telefon,cep\nAli,05321234567,05321234568",
            "ad,Telefon 1,Telefon 2\nAli,05321234567,",
            "ad,Telefon 1,Telefon 2",
            "telefon,hat\n05321234567,05321234568",
            "telefon,hat\nyok,05321234568\nyok,yok\nyok,yok",
            "telefon,alıcı\n05321234567,05321234568",
            "a,b,c\nA,1234567890,05321234567\nB,1234567890,x\nC,1234567890,x",
            "ad,x\nA,05321234567\nB,yok\nC,yok",
            "05321234567,05321234568",
        ] {
            assert_eq!(code(found(Kind::Phone, text)), unclear(), "{text}");
        }
        let told = "ADDRESS_COLUMN_UNCLEAR: phone numbers could stand in column 2 (\"telefon\") or column 3 (\"cep\"); \
                    say which it is with --column (HTTP: column=), or ask all of them: --column 2,3";
        assert_eq!(found(Kind::Phone, "ad,telefon,cep\nAli,05321234567,05321234568"), Err(told.to_owned()));
        let told = "ADDRESS_COLUMN_UNCLEAR: phone numbers could stand in column 1 or column 2; say which it is with --column (HTTP: column=), \
                    or ask all of them: --column 1,2";
        assert_eq!(found(Kind::Phone, "05321234567,05321234568"), Err(told.to_owned()));
    }

    #[test]
    fn no_column_is_an_error_that_names_what_there_is_and_no_address() {
        let told = "NO_ADDRESS_COLUMN: no column holds phone numbers; say which it is with --column (HTTP: column=), by its name or its number \
                    from 1; there are \"ad\", \"kod\"";
        assert_eq!(found(Kind::Phone, "ad,kod\nAli,7"), Err(told.to_owned()));
        let told = "NO_ADDRESS_COLUMN: no column holds phone numbers; say which it is with --column (HTTP: column=), by its name or its number \
                    from 1; there are \"ad\", \"Abone No\"; what stands in column 2 (\"Abone No\") looks like it, but the heading says \
                    otherwise: if it is, --column 2";
        assert_eq!(found(Kind::Phone, "ad,Abone No\nAli,05321234567\nCan,05321234568"), Err(told.to_owned()));
        assert!(found(Kind::Phone, "prose\nmore of it").is_err_and(|told| told.starts_with("NO_ADDRESS_COLUMN")));
        assert_eq!(code(found(Kind::Phone, "unvan,vkn\nA,1234567890")), Err("NO_ADDRESS_COLUMN".to_owned()));
        let told = column(Kind::Phone, &Named::Name("gsm".to_owned()), "Ali,05321234567").unwrap_err();
        assert_eq!(told, "UNKNOWN_COLUMN: no column is named \"gsm\"");
        let told = column(Kind::Phone, &Named::Name("C".to_owned()), "ad,x,y\nAli,1,05321234567").unwrap_err();
        let says = "UNKNOWN_COLUMN: no column is named \"C\"; there are \"ad\", \"x\", \"y\"; \
                    if the letters of a spreadsheet are meant: --column 3";
        assert_eq!(told, says);
    }

    #[test]
    fn a_column_is_named_or_numbered() {
        const LIST: &str = "ad,Cep,cep ,İLETİŞİM\nAli,1,2,3";
        let column = |named: Named| code(column(Kind::Phone, &named, LIST));
        let columns = |named: Named| {
            let table = Table::read(LIST.as_bytes(), 0, true, b',', Encoding::Utf8);
            let header = header::find(&table, &Wanted { phones: Some(named.clone()), ..Wanted::default() });
            Sample::new(&table, header).columns(Kind::Phone, &named).map_err(|error| error.code().to_owned())
        };
        let named = |name: &str| column(Named::Name(name.to_owned()));
        assert_eq!(column(Named::Position(2)), Ok(1));
        assert_eq!(
            [column(Named::Position(0)), column(Named::Position(5))],
            [Err("NO_SUCH_COLUMN".to_owned()), Err("NO_SUCH_COLUMN".to_owned())]
        );
        assert_eq!([named("AD"), named("iletişim"), named("ILETISIM")], [Ok(0), Ok(3), Ok(3)]);
        let both = |name: &str| columns(Named::of(name));
        assert_eq!([both("2,3"), both("2, İLETİŞİM"), both("AD,2")], [Ok(vec![1, 2]), Ok(vec![1, 3]), Ok(vec![0, 1])]);
        assert_eq!([both("2,9"), both("2,gsm")], [Err("NO_SUCH_COLUMN".to_owned()), Err("UNKNOWN_COLUMN".to_owned())]);
        assert_eq!([named("cep"), named("gsm")], [Err("REPEATED_COLUMN".to_owned()), Err("UNKNOWN_COLUMN".to_owned())]);
    }
}
