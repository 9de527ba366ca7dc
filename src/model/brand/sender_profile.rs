//! What is on file of a sender beside its record at İYS: what it declared to be, and who keeps its data there.

use crate::model::brand::one_line;
use crate::model::time::IysTime;
use std::fmt;

/// Why a sender lies outside the regulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OutOfScope {
    /// 2/2-b: schools and the like to pupils and their parents.
    Pupils = 1,
    /// 2/2-c: associations and the like to their members.
    Members = 2,
}

/// Who keeps a brand's data at İYS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The provider, on its own responsibility.
    Provider,
    /// A partner that is assigned.
    Partner(String),
}

/// Who keeps a brand's data at İYS, as was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeeper {
    /// Who.
    pub keeper: Keeper,
    /// The declaration of it, as the operator files it.
    pub declaration: String,
    /// When it was declared.
    pub declared: IysTime,
}

/// What is on file of a sender beside its record at İYS.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether it lies outside the regulation (2/2). It may have no number at İYS then.
    pub out_of_scope: Option<OutOfScope>,
    /// Whether it sends nothing but exempt messages (6/5): the row of senders that are not at İYS does not stop
    /// those. It may have no number at İYS then.
    pub exempt_only: bool,
    /// Whether its exempt e-mails need a declaration too, from which 17/A frees them.
    pub require_declaration: bool,
    /// Its declaration behind `out_of_scope` or `exempt_only`, as the operator files it; empty for neither.
    pub declaration: String,
    /// Who keeps its data at İYS, if that is on file.
    pub keeper: Option<DataKeeper>,
}

/// What an operator says of a standing; what is not said stays as it is on file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StandingChange {
    /// As in [`Standing`].
    pub out_of_scope: Option<Option<OutOfScope>>,
    /// As in [`Standing`].
    pub exempt_only: Option<bool>,
    /// As in [`Standing`].
    pub require_declaration: Option<bool>,
    /// As in [`Standing`].
    pub declaration: Option<String>,
    /// As in [`Standing`].
    pub keeper: Option<Option<DataKeeper>>,
}

/// Out of scope and exempt-only rest on what the sender declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sender that is out of scope or exempt-only needs the text of its declaration")]
pub struct DeclarationNeeded;

impl DeclarationNeeded {
    /// The stable code.
    pub const CODE: &'static str = "DECLARATION_NEEDED";
}

impl OutOfScope {
    /// Both reasons, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Pupils, Self::Members];

    /// Its paragraph of article 2.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pupils => "2/2-b",
            Self::Members => "2/2-c",
        }
    }

    /// Reads the paragraph.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The reason of a stored number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == code)
    }
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Standing {
    /// Nothing is on file.
    pub const NONE: Self =
        Self { out_of_scope: None, exempt_only: false, require_declaration: false, declaration: String::new(), keeper: None };
    /// The longest text of a declaration, in bytes.
    pub const LONGEST_DECLARATION: usize = 500;

    /// Reads the text of a declaration: one line, not empty; white space around it is dropped.
    #[must_use]
    pub fn declaration(text: &str) -> Option<String> {
        one_line(text, Self::LONGEST_DECLARATION)
    }

    /// This standing with what an operator says.
    ///
    /// # Errors
    /// It is out of scope or exempt-only then, without a declaration.
    pub fn changed(self, change: StandingChange) -> Result<Self, DeclarationNeeded> {
        let changed = Self {
            out_of_scope: change.out_of_scope.unwrap_or(self.out_of_scope),
            exempt_only: change.exempt_only.unwrap_or(self.exempt_only),
            require_declaration: change.require_declaration.unwrap_or(self.require_declaration),
            declaration: change.declaration.unwrap_or(self.declaration),
            keeper: change.keeper.unwrap_or(self.keeper),
        };
        match (changed.may_lack_iys_code(), changed.declaration.is_empty()) {
            (true, true) => Err(DeclarationNeeded),
            (true, false) => Ok(changed),
            (false, _) => Ok(Self { declaration: String::new(), ..changed }),
        }
    }

    /// Whether such a sender may have no number at İYS.
    #[must_use]
    pub const fn may_lack_iys_code(&self) -> bool {
        self.out_of_scope.is_some() || self.exempt_only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn school() -> Standing {
        let change = StandingChange {
            out_of_scope: Some(Some(OutOfScope::Pupils)),
            declaration: Some("Müdür, 2026-09-01".to_owned()),
            ..StandingChange::default()
        };
        Standing::default().changed(change).unwrap()
    }

    #[test]
    fn what_is_not_said_stays() {
        let keeper = DataKeeper {
            keeper: Keeper::Partner("Ortak A.Ş.".to_owned()),
            declaration: "Sözleşme 7".to_owned(),
            declared: IysTime::from_unix(1_800_000_000),
        };
        let change = StandingChange { keeper: Some(Some(keeper.clone())), ..StandingChange::default() };
        assert_eq!(school().changed(change), Ok(Standing { keeper: Some(keeper), ..school() }));
        assert_eq!(school().changed(StandingChange::default()), Ok(school()));
        let ended = StandingChange { out_of_scope: Some(None), ..StandingChange::default() };
        assert_eq!(school().changed(ended), Ok(Standing::default()), "the declaration goes with what it was for");
    }

    #[test]
    fn out_of_scope_and_exempt_only_rest_on_a_declaration() {
        let exempt = StandingChange { exempt_only: Some(true), ..StandingChange::default() };
        assert_eq!(Standing::default().changed(exempt.clone()), Err(DeclarationNeeded));
        assert!(school().changed(exempt).unwrap().exempt_only, "the one on file is for both");
        let emptied = StandingChange { declaration: Some(String::new()), ..StandingChange::default() };
        assert_eq!(school().changed(emptied), Err(DeclarationNeeded));
    }

    #[test]
    fn numbers_and_names_lead_back() {
        for reason in OutOfScope::ALL {
            let back = (OutOfScope::from_name(reason.name()), OutOfScope::from_code(reason as u8));
            assert_eq!(back, (Some(reason), Some(reason)));
        }
        assert_eq!((OutOfScope::from_name("2/2"), OutOfScope::from_code(0)), (None, None));
    }
}
