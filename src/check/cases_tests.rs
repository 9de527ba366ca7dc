//! The policy against a table that was written from the law and not from the code: `tests/policy/cases.tsv`, whose
//! head explains its columns.

use super::policy::{Facts, decide};
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash, Exemption};
use crate::model::brand::mode::Mode;
use crate::model::brand::sender_profile::OutOfScope;
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::state::Status;
use crate::model::decision::question::Purpose;
use crate::model::time::IysTime;
use std::collections::{HashMap, HashSet};

const CASES: &str = include_str!("../../tests/policy/cases.tsv");
const NOW: IysTime = IysTime::from_unix(1_800_000_000);

/// A line of the table, by the names of its columns.
struct Case<'a>(HashMap<&'a str, &'a str>);

#[test]
fn the_policy_is_the_table() {
    let mut lines = CASES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let (mut ids, mut wrong) = (HashSet::new(), Vec::new());
    for line in lines {
        let values: Vec<&str> = line.split('\t').collect();
        assert_eq!(values.len(), columns.len(), "{line}");
        let case = Case(columns.iter().copied().zip(values).collect());
        assert!(ids.insert(case.text("id")), "twice: {line}");
        let (given, expected) = (case.given(), case.expected());
        if given != expected {
            wrong.push(format!("{line}\n  is {given:?}"));
        }
    }
    assert!(ids.len() >= 150, "{} cases", ids.len());
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), ids.len(), wrong.join("\n"));
}

/// Decision, reason, article, whether it is enforced, whether it goes out in spite of a refusal.
type Outcome<'a> = (&'a str, &'a str, &'a str, bool, bool);

impl<'a> Case<'a> {
    fn text(&self, column: &str) -> &'a str {
        self.0.get(column).copied().unwrap_or_else(|| panic!("no column {column}"))
    }

    fn yes(&self, column: &str) -> bool {
        match self.text(column) {
            "yes" => true,
            "no" => false,
            other => panic!("{column} is {other:?}"),
        }
    }

    fn expected(&self) -> Outcome<'a> {
        let (enforced, refusal) = (self.yes("enforced"), self.yes("refusal_on_record"));
        (self.text("decision"), self.text("reason"), self.text("article"), enforced, refusal)
    }

    fn given(&self) -> Outcome<'static> {
        let verdict = decide(&self.facts());
        let (enforced, refusal) = (verdict.enforced, verdict.refusal_on_record);
        (verdict.decision.name(), verdict.reason.name(), verdict.article, enforced, refusal)
    }

    fn facts(&self) -> Facts {
        let retailer = ["none", "with_access", "without_access"].iter().position(|text| *text == self.text("retailer")).unwrap();
        let channel = Channel::from_name(self.text("channel")).unwrap();
        Facts {
            loaded: self.yes("loaded"),
            revision_reached: self.yes("revision_reached"),
            recipient_valid: self.yes("recipient_valid"),
            brand_out_of_scope: self.out_of_scope().is_some(),
            brand_exempt_only: self.exempt_only(),
            brand_active: self.active(),
            declared: self.declaration().is_some_and(|declaration| declaration.is_valid(crate::model::time::Moment::of(NOW))),
            require_declaration: self.yes("require_declaration"),
            stale: self.yes("stale"),
            retailer_without_access: retailer == 2,
            status: self.status(),
            cell: Cell::new(channel, RecipientType::from_name(self.text("recipient_type")).unwrap()),
            purpose: Purpose::from_name(self.text("purpose")).unwrap(),
            mode: Mode::from_name(self.text("mode")).unwrap(),
            recordable: self.yes("recordable"),
        }
    }

    fn out_of_scope(&self) -> Option<OutOfScope> {
        let text = self.text("out_of_scope");
        (text != "none").then(|| OutOfScope::from_name(text).unwrap())
    }

    /// Where the setting is off, it is as if nothing were on file.
    fn exempt_only(&self) -> bool {
        self.text("exempt_only") != "not_allowed" && self.yes("exempt_only")
    }

    fn active(&self) -> bool {
        self.text("active") != "unknown" && self.yes("active")
    }

    fn status(&self) -> Option<Status> {
        match self.text("status") {
            "none" => None,
            "ONAY" => Some(Status::Onay),
            "RET" => Some(Status::Ret),
            other => panic!("status is {other:?}"),
        }
    }

    fn declaration(&self) -> Option<Declaration> {
        let (at, valid_until, revoked) = match self.text("declared") {
            "none" => return None,
            "valid" => (NOW.minus(10), None, None),
            "expired" => (NOW.minus(10), Some(NOW), None),
            "revoked" => (NOW.minus(10), None, Some(NOW)),
            "future" => (NOW.plus(10), None, None),
            other => panic!("declared is {other:?}"),
        };
        let (brand, exemption) = (BrandCode::new(7).unwrap(), Exemption::Article61);
        let declared = Declared { brand, exemption, by: "Ad".to_owned(), at, document: DocumentHash([7; 32]), valid_until };
        Some(Declaration { id: 1, declared, revoked })
    }
}
