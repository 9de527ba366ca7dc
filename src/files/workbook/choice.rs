//! Choice of the sheet that is meant: the only one with content, or the one that is named.
//!
//! People see the sheets that are not hidden. Rows on another sheet, or on one that is hidden, may be refusals: they are
//! never passed over in silence.

use super::problem::{Damage, Problem};
use crate::model::text::fold::folded;

/// A sheet as a workbook lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Whether people see it; a sheet that only a program can show again is hidden too.
    pub(super) visible: bool,
    /// Whether it has rows: charts, dialogs and macros have sheets of their own.
    pub(super) has_rows: bool,
}

/// The sheet that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its place among all sheets.
    pub(super) sheet: usize,
    /// The names of others that have content.
    pub(super) unread: Vec<String>,
}

/// Chooses; `has_content` says of a sheet whether any of its cells holds more than white space.
pub(super) fn choose(
    sheets: &[Listed],
    wanted: Option<&str>,
    mut has_content: impl FnMut(usize) -> Result<bool, Problem>,
) -> Result<Choice, Problem> {
    let mut names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Problem::Damaged(Damage::SheetTwice));
    }
    let wanted = wanted.map(|name| find(sheets, name)).transpose()?;
    let mut full = Vec::new();
    for (number, _) in sheets.iter().enumerate().filter(|(_, sheet)| sheet.has_rows) {
        if has_content(number)? {
            full.push(number);
        }
    }
    let names = |numbers: &[usize]| numbers.iter().map(|number| sheets[*number].name.clone()).collect();
    if let Some(sheet) = wanted {
        let before = full.len();
        full.retain(|number| *number != sheet);
        return if full.len() == before { Err(Problem::Empty) } else { Ok(Choice { sheet, unread: names(&full) }) };
    }
    let hidden: Vec<usize> = full.iter().copied().filter(|number| !sheets[*number].visible).collect();
    match full[..] {
        _ if !hidden.is_empty() => Err(Problem::Hidden(names(&hidden))),
        [] => Err(Problem::Empty),
        [sheet] => Ok(Choice { sheet, unread: Vec::new() }),
        _ => Err(Problem::Unclear(names(&full))),
    }
}

/// The sheet of this name: as it is written, or else in other letters, as no two sheets of a workbook differ only in
/// case.
fn find(sheets: &[Listed], name: &str) -> Result<usize, Problem> {
    let those = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..sheets.len()).filter(|number| sheets[*number].has_rows && is(&sheets[*number].name)).collect()
    };
    let wanted = folded(name);
    let alike = || those(&|sheet| !wanted.is_empty() && folded(sheet) == wanted);
    match (&those(&|sheet| sheet == name)[..], &alike()[..]) {
        ([sheet, ..], _) | ([], [sheet]) => Ok(*sheet),
        _ => {
            let seen = sheets.iter().filter(|sheet| sheet.has_rows && sheet.visible);
            Err(Problem::Unknown(seen.map(|sheet| sheet.name.clone()).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sheet by its name: `-` before it hides it, `*` has no rows, `=` is empty.
    fn chosen(sheets: &[&str], named: Option<&str>) -> Result<(usize, Vec<String>), Problem> {
        let listed = |sheet: &&str| Listed {
            name: sheet.trim_start_matches(['-', '*', '=']).to_owned(),
            visible: !sheet.starts_with('-'),
            has_rows: !sheet.starts_with('*'),
        };
        let listed: Vec<Listed> = sheets.iter().map(listed).collect();
        choose(&listed, named, |number| Ok(!sheets[number].contains('='))).map(|choice| (choice.sheet, choice.unread))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_only_sheet_with_content_is_meant() {
        assert_eq!(chosen(&["a"], None), Ok((0, vec![])));
        assert_eq!(chosen(&["*grafik", "=boş", "a", "-=eski"], None), Ok((2, vec![])));
        assert_eq!(chosen(&["a", "b", "=c"], None), Err(Problem::Unclear(names(&["a", "b"]))));
        assert_eq!(chosen(&["-a", "b", "c"], None), Err(Problem::Hidden(names(&["a"]))));
        assert_eq!(chosen(&["-a"], None), Err(Problem::Hidden(names(&["a"]))), "people see nothing of it");
        assert_eq!(chosen(&["=a", "*b"], None), Err(Problem::Empty));
        assert_eq!(chosen(&["a", "=a"], None), Err(Problem::Damaged(Damage::SheetTwice)));
    }

    #[test]
    fn a_sheet_that_is_named_is_read_and_what_is_left_is_said() {
        assert_eq!(chosen(&["a", "-b", "=c"], Some("a")), Ok((0, names(&["b"]))));
        assert_eq!(chosen(&["a", "-b"], Some("b")), Ok((1, names(&["a"]))), "a hidden one if it is named");
        assert_eq!(chosen(&["Sayfa 1", "SAYFA 2"], Some("sayfa 2")), Ok((1, names(&["Sayfa 1"]))));
        assert_eq!(chosen(&["Sayfa 1", "Sayfa1"], Some("Sayfa1")), Ok((1, names(&["Sayfa 1"]))));
        assert_eq!(chosen(&["Sayfa 1", "Sayfa1"], Some("sayfa1")), Err(Problem::Unknown(names(&["Sayfa 1", "Sayfa1"]))));
        assert_eq!(chosen(&["a", "*b", "-c"], Some("b")), Err(Problem::Unknown(names(&["a"]))));
        assert_eq!(chosen(&["电话", "a"], Some("话")), Err(Problem::Unknown(names(&["电话", "a"]))));
        assert_eq!(chosen(&["=a", "b"], Some("a")), Err(Problem::Empty));
    }
}
