//! Which column holds the addresses: the one that is named, or the one whose name and values say so.

use super::error::{Candidate, ListError};
use super::layout::{Kind, Named};
use crate::model::recipient::{Email, Phone};

/// Names under which phones are found, folded as [`folded`] does.
const PHONES: &[&str] = &[
    "telefon",
    "telefonno",
    "telefonnumarasi",
    "tel",
    "telno",
    "gsm",
    "gsmno",
    "gsmnumarasi",
    "cep",
    "cepno",
    "ceptel",
    "ceptelno",
    "ceptelefon",
    "ceptelefonu",
    "cepnumarasi",
    "mobil",
    "mobile",
    "mobileno",
    "mobilephone",
    "phone",
    "phoneno",
    "phonenumber",
    "msisdn",
    "numara",
    "number",
    "recipient",
    "alici",
    "hedef",
    "destination",
    "to",
];
/// The same for e-mails.
const EMAILS: &[&str] = &[
    "eposta",
    "epostaadresi",
    "email",
    "emailaddress",
    "emailadresi",
    "mail",
    "mailadresi",
    "mailaddress",
    "recipient",
    "alici",
    "hedef",
    "destination",
    "to",
];

/// The first rows of a list, as text.
pub(super) struct Sample {
    /// Its first row.
    pub(super) first: Vec<String>,
    /// Those below it.
    pub(super) rows: Vec<Vec<String>>,
}

/// A name in lower case, without what is no letter or digit, Turkish letters as their Latin ones.
fn folded(name: &str) -> String {
    let latin = |letter: char| match letter {
        'İ' | 'I' | 'ı' => 'i',
        'Ş' | 'ş' => 's',
        'Ğ' | 'ğ' => 'g',
        'Ü' | 'ü' => 'u',
        'Ö' | 'ö' => 'o',
        'Ç' | 'ç' => 'c',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(latin).filter(char::is_ascii_alphanumeric).collect()
}

fn is_address(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Phone => Phone::parse(text).is_some(),
        Kind::Email => Email::parse(text).is_some(),
    }
}

fn is_known(kind: Kind, name: &str) -> bool {
    let names = if kind == Kind::Phone { PHONES } else { EMAILS };
    names.contains(&folded(name).as_str())
}

impl Sample {
    /// Whether the first row is a header: it holds no address, and either a name that is known or not one digit.
    pub(super) fn has_header(&self) -> bool {
        let kinds = [Kind::Phone, Kind::Email];
        let holds = |test: fn(Kind, &str) -> bool| self.first.iter().any(|cell| kinds.iter().any(|kind| test(*kind, cell)));
        let names = || {
            holds(is_known)
                || (self.first.len() > 1 && !self.first.iter().any(|cell| cell.contains(|c: char| c.is_ascii_digit())))
        };
        !holds(is_address) && names()
    }

    /// The column of a kind of address, from 0.
    pub(super) fn column(&self, kind: Kind, named: &Named, header: bool) -> Result<u32, ListError> {
        match named {
            Named::Position(position) => self.at(*position),
            Named::Name(name) => self.named(name, header),
            Named::Found => self.found(kind, header),
        }
    }

    fn at(&self, position: u32) -> Result<u32, ListError> {
        let fields = self.first.len() as u32;
        if position == 0 || position > fields {
            return Err(ListError::ColumnOutside { position, fields });
        }
        Ok(position - 1)
    }

    fn named(&self, name: &str, header: bool) -> Result<u32, ListError> {
        let folded_name = name.trim().to_lowercase();
        let is_meant = |cell: &String| header && cell.trim().to_lowercase() == folded_name;
        let meant: Vec<u32> = (0..).zip(&self.first).filter(|(_, cell)| is_meant(cell)).map(|(column, _)| column).collect();
        match meant[..] {
            [] => Err(ListError::UnknownColumn { name: name.to_owned(), columns: self.names(header) }),
            [only] => Ok(only),
            _ => Err(ListError::RepeatedColumn { name: name.to_owned(), candidates: self.candidates(&meant, header) }),
        }
    }

    fn found(&self, kind: Kind, header: bool) -> Result<u32, ListError> {
        let columns = 0..self.first.len() as u32;
        let counts: Vec<(usize, usize)> = columns.clone().map(|column| self.count(kind, column, header)).collect();
        let of = |column: u32| counts[column as usize];
        let named: Vec<u32> = columns.clone().filter(|column| header && is_known(kind, &self.first[*column as usize])).collect();
        let valued: Vec<u32> = columns.filter(|column| of(*column).0 > 0 && 2 * of(*column).0 >= of(*column).1).collect();
        let both: Vec<u32> = named.iter().copied().filter(|column| of(*column).0 > 0).collect();
        match (&both[..], &named[..], &valued[..]) {
            ([only], _, _) | ([], [], [only]) | ([], [only], []) => Ok(*only),
            ([], [], []) => Err(ListError::NoColumn { kind, columns: self.names(header) }),
            ([], ..) => {
                let mut candidates = [named, valued].concat();
                candidates.sort_unstable();
                Err(ListError::ManyColumns { kind, candidates: self.candidates(&candidates, header) })
            }
            _ => Err(ListError::ManyColumns { kind, candidates: self.candidates(&both, header) }),
        }
    }

    /// Addresses of a kind in a column, and values in it.
    fn count(&self, kind: Kind, column: u32, header: bool) -> (usize, usize) {
        let first = (!header).then_some(&self.first);
        let values = first.into_iter().chain(&self.rows).filter_map(|row| row.get(column as usize));
        let mut count = (0, 0);
        for value in values.filter(|value| !value.trim().is_empty()) {
            count = (count.0 + usize::from(is_address(kind, value)), count.1 + 1);
        }
        count
    }

    fn candidates(&self, columns: &[u32], header: bool) -> Vec<Candidate> {
        let name = |column: u32| header.then(|| self.first[column as usize].trim().to_owned());
        columns.iter().map(|column| Candidate { position: column + 1, name: name(*column) }).collect()
    }

    /// Without a header there are none: what stands in the first row may be addresses.
    fn names(&self, header: bool) -> Vec<String> {
        if header { self.first.iter().map(|name| name.trim().to_owned()).collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: &str) -> Sample {
        let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
        Sample { first: rows.next().unwrap(), rows: rows.collect() }
    }

    fn found(kind: Kind, text: &str) -> Result<u32, String> {
        let sample = sample(text);
        let column = sample.column(kind, &Named::Found, sample.has_header());
        column.map_err(|error| format!("{}: {error}", error.code()))
    }

    #[test]
    fn the_column_that_name_and_values_say() {
        assert_eq!(found(Kind::Phone, "ad,CEP TELEFONU,vergi no\nAli,05321234567,1234567890"), Ok(1));
        assert_eq!(found(Kind::Phone, "ad,x\nAli,05321234567\nCan,0532\nNil,05321234568"), Ok(1), "values alone");
        assert_eq!(found(Kind::Phone, "ad,gsm\nAli,yok\nCan,yok"), Ok(1), "the name alone");
        assert_eq!(found(Kind::Email, "ad,telefon,E-Posta\nAli,05321234567,a@ornek.com"), Ok(2));
        assert_eq!(found(Kind::Phone, "Ali,05321234567"), Ok(1), "no header");
        assert_eq!(found(Kind::Phone, "telefon"), Ok(0), "no rows");
    }

    #[test]
    fn two_candidates_or_none_are_told() {
        let told = "ADDRESS_COLUMN_UNCLEAR: phone numbers could stand in column 2 (\"telefon\") or column 3 (\"cep\"); \
                    say which it is with --column (HTTP: column=)";
        assert_eq!(found(Kind::Phone, "ad,telefon,cep\nAli,05321234567,05321234568"), Err(told.to_owned()));
        let told = "ADDRESS_COLUMN_UNCLEAR: phone numbers could stand in column 1 or column 2; say which it is with --column (HTTP: column=)";
        assert_eq!(found(Kind::Phone, "05321234567,05321234568"), Err(told.to_owned()));
        let told = "NO_ADDRESS_COLUMN: no column holds phone numbers; say which it is with --column (HTTP: column=), by its name or its number \
                    from 1; there are \"ad\", \"kod\"";
        assert_eq!(found(Kind::Phone, "ad,kod\nAli,7"), Err(told.to_owned()));
        assert!(found(Kind::Phone, "prose\nmore of it").is_err_and(|told| told.starts_with("NO_ADDRESS_COLUMN")));
    }

    #[test]
    fn a_column_is_named_or_numbered() {
        let sample = sample("ad,Cep,cep \nAli,1,2");
        let column = |named: Named| sample.column(Kind::Phone, &named, true).map_err(|error| error.code());
        assert_eq!(column(Named::Position(2)), Ok(1));
        assert_eq!([column(Named::Position(0)), column(Named::Position(4))], [Err("NO_SUCH_COLUMN"); 2]);
        assert_eq!(column(Named::Name("AD".to_owned())), Ok(0));
        assert_eq!(column(Named::Name("cep".to_owned())), Err("REPEATED_COLUMN"));
        assert_eq!(column(Named::Name("gsm".to_owned())), Err("UNKNOWN_COLUMN"));
    }

    #[test]
    fn a_header_holds_no_address() {
        for (text, header) in [
            ("telefon\n0532", true),
            ("ad,soyad\nAli,Can", true),
            ("05321234567", false),
            ("ad,a@ornek.com", false),
            ("Ali,123", false),
            ("nobody", false),
        ] {
            assert_eq!(sample(text).has_header(), header, "{text}");
        }
    }
}
