//! Which column holds which field.

use super::row::{BRAND, FIELDS, NAMES};

/// Without these no row can be read; the places are those of [`NAMES`].
const MANDATORY: [usize; 3] = [2, 4, 5];

/// The columns of a file: for each the field that it holds, none for a column that is not İYS's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns(Vec<Option<usize>>);

/// Why a line is no header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderProblem {
    /// None of İYS's names is in it.
    Missing,
    /// These mandatory names are not in it.
    Incomplete(Vec<&'static str>),
    /// This name is in it twice.
    Repeats(&'static str),
}

impl Columns {
    /// Reads a header: names in any order, blanks around them and the case of ASCII letters aside.
    pub(super) fn read<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, HeaderProblem> {
        let columns: Vec<_> = names.map(field_of).collect();
        let count = |field| columns.iter().filter(|column| **column == Some(field)).count();
        if columns.iter().all(Option::is_none) {
            return Err(HeaderProblem::Missing);
        }
        if let Some(repeated) = (0..FIELDS).find(|field| count(*field) > 1) {
            return Err(HeaderProblem::Repeats(NAMES[repeated]));
        }
        let missing: Vec<_> = MANDATORY.into_iter().filter(|field| count(*field) == 0).map(|field| NAMES[field]).collect();
        if missing.is_empty() { Ok(Self(columns)) } else { Err(HeaderProblem::Incomplete(missing)) }
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The field that a column holds.
    pub(super) fn field(&self, column: usize) -> Option<usize> {
        self.0.get(column).copied().flatten()
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.0.contains(&Some(BRAND))
    }
}

/// How many of the names are İYS's.
pub(super) fn known<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.filter(|name| field_of(name).is_some()).count()
}

fn field_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Columns, HeaderProblem> {
        Columns::read(header.split(','))
    }

    #[test]
    fn names_stand_in_any_order_and_case_beside_others() {
        assert_eq!(read("STATUS, note ,Type, recipient "), Ok(Columns(vec![Some(5), None, Some(4), Some(2)])));
        assert_eq!(read(&NAMES.join(",")), Ok(Columns((0..9).map(Some).collect())));
    }

    #[test]
    fn what_is_missing_or_double_is_named() {
        assert_eq!(read("telefon,durum"), Err(HeaderProblem::Missing));
        assert_eq!(read(""), Err(HeaderProblem::Missing));
        assert_eq!(read("recipient,source"), Err(HeaderProblem::Incomplete(vec!["type", "status"])));
        assert_eq!(read("recipient,type,status,Status"), Err(HeaderProblem::Repeats("status")));
    }
}
