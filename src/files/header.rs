//! Which column holds which field.

use crate::model::consent::fields::{BRAND, FIELDS, NAMES, RECIPIENT_TYPE, field_of};
use crate::model::text::fold::{bare, one_line};

/// Without these no row can be read; the places are those of [`NAMES`].
const MANDATORY: [usize; 3] = [2, 4, 5];

/// Characters of a heading that a report shows.
const SHOWN: usize = 60;

/// The columns of a file: for each the field that it holds, none for a column that is not İYS's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    fields: Vec<Option<usize>>,
    /// The headings that are none of İYS's, without those of `.rejected.csv`.
    unknown: Vec<Box<str>>,
}

/// Headings of our own, before İYS's and behind them in `.rejected.csv`.
pub const OURS: [&str; 4] = ["line", "reason", "detail", "text"];

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
    /// Reads a header: names in any order and habit, see [`field_of`].
    pub(super) fn read<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, HeaderProblem> {
        let (mut fields, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            let field = field_of(name);
            let name = bare(name);
            if field.is_none() && !name.is_empty() && !OURS.contains(&name) {
                unknown.push(one_line(name, SHOWN).into());
            }
            fields.push(field);
        }
        let count = |field| fields.iter().filter(|column| **column == Some(field)).count();
        if fields.iter().all(Option::is_none) {
            return Err(HeaderProblem::Missing);
        }
        if let Some(repeated) = (0..FIELDS).find(|field| count(*field) > 1) {
            return Err(HeaderProblem::Repeats(NAMES[repeated]));
        }
        let missing: Vec<_> = MANDATORY.into_iter().filter(|field| count(*field) == 0).map(|field| NAMES[field]).collect();
        if missing.is_empty() { Ok(Self { fields, unknown }) } else { Err(HeaderProblem::Incomplete(missing)) }
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The field that a column holds.
    pub(super) fn field(&self, column: usize) -> Option<usize> {
        self.fields.get(column).copied().flatten()
    }

    /// The columns that hold a field, with it.
    pub(super) fn fields(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.fields.iter().enumerate().filter_map(|(column, field)| Some((column, (*field)?)))
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.fields.contains(&Some(BRAND))
    }

    /// Whether rows name their recipient type.
    pub(super) fn has_recipient_types(&self) -> bool {
        self.fields.contains(&Some(RECIPIENT_TYPE))
    }

    /// The headings that are none of İYS's.
    pub(super) fn unknown(&self) -> &[Box<str>] {
        &self.unknown
    }
}

/// How many of the names are İYS's.
pub(super) fn known<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.filter(|name| field_of(name).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<Option<usize>>, Vec<Box<str>>);

    fn read(header: &str) -> Result<Read, HeaderProblem> {
        Columns::read(header.split(',')).map(|columns| (columns.fields, columns.unknown))
    }

    #[test]
    fn names_stand_in_any_order_and_habit_beside_others() {
        let fields = vec![Some(5), None, Some(4), Some(2), Some(3), Some(8), None];
        let header = "STATUS, note ,Type, recipient ,RECİPİENT_TYPE\u{200b},brand code,";
        assert_eq!(read(header), Ok((fields, vec!["note".into()])));
        assert_eq!(read(&NAMES.join(",")), Ok(((0..9).map(Some).collect(), vec![])));
        let ours = read("line,reason,detail,recipient,type,status,text").map(|(_, unknown)| unknown);
        assert_eq!(ours, Ok(vec![]), "a file of refused rows is read again");
    }

    #[test]
    fn what_is_missing_or_double_is_named() {
        assert_eq!(read("telefon,durum"), Err(HeaderProblem::Missing));
        assert_eq!(read(""), Err(HeaderProblem::Missing));
        assert_eq!(read("recipient,source"), Err(HeaderProblem::Incomplete(vec!["type", "status"])));
        assert_eq!(read("recipient,type,status,Status"), Err(HeaderProblem::Repeats("status")));
        assert_eq!(read("recipient,type,status,recipientType,recipient_type"), Err(HeaderProblem::Repeats("recipientType")));
    }
}
