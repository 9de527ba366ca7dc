//! The table of errors as a page for people: `docs/errors.md`.

use super::command_codes::CURES;
use crate::api::error::{Kind, Retry};
use crate::filter::ListError;
use crate::model::consent::movement::Refusal;
use crate::model::decision::Reason;
use std::fmt::Write;

const HEAD: &str = "# Errors

This page lists every error of HTTP, gRPC and the commands by its stable code, and says what to do about it. It is printed from the
source; `UPDATE_ERRORS=1 cargo test --lib errors_page` writes it.

Over HTTP an error is `application/problem+json` with `code`, `detail` as text, and `field` where one field, parameter or
header is wrong. Over gRPC it is a status whose details hold a `google.rpc.ErrorInfo`: `reason` is the code, and `metadata` has
`field`, and what a program needs to continue (`earliest` of `WATCH_GAP`). Texts change; codes do not.

Over `Accept: text/plain` an error is the line `DEFER CODE`, so that a client that knows the three words and nothing else does not send.
Its status distinguishes it from an answer, which is 200. With a status of 4xx and a code whose retry is *no*, correct the question before
asking again: that `DEFER` never ends by itself.

`ALLOW`, `DENY` and `DEFER` are answers and no errors. `DEFER` means: do not send now, ask again. `NOT_READY`,
`REVISION_NOT_REACHED` and `EVIDENCE_UNAVAILABLE` end within seconds: ask again after a second, and double the wait up to a
minute. `STALE` lasts until the brand's data is fresh again: ask again after some minutes, and inform an operator. When a message is too
old to be worth sending, drop it: no number of `DEFER` makes an `ALLOW`.

A `DENY` is final until something changes, by its reason:

DENIALS

| retry | means |
|---|---|
| no | the same call fails again: change it |
| after 1 s | the same call may succeed a moment later; over HTTP the answer has `Retry-After: 1`. Double the wait with each failure |
| later | the same call may succeed once what the text names has changed: another reader left, an operator acted, İYS answers again |

A check that got no answer (a lost connection, a deadline) is safe to repeat: each answer is a decision of its own, also on record; those
of one message have the same `reference`, if you give one. Movements are safe to repeat too: a known one changes nothing.

| code | HTTP | gRPC | retry | meaning |
|---|---|---|---|---|
";

/// The page.
#[must_use]
pub fn markdown() -> String {
    let mut page = HEAD.replace("DENIALS\n", &denials());
    for kind in Kind::ALL {
        let (code, status, grpc, title) = kind.row();
        let retry = match kind.retry() {
            Retry::Never => "no",
            Retry::Soon => "after 1 s",
            Retry::Later => "later",
        };
        // Writing to a string does not fail.
        let _ = writeln!(page, "| `{code}` | {} | `{grpc:?}` | {retry} | {title} |", status.as_u16());
    }
    page += "\n## Lists\n\nWhat is no list, or of which it is not clear what it looks like (`POST /v1/filter`), is 400 with one of \
             these codes, and never worth a retry: ";
    let codes = |codes: &[&str]| codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(" ");
    page += &codes(&[&ListError::CODES[..], &["BODY_CUT_SHORT"]].concat());
    page += ".\n\n## Movements\n\nMovements that are not taken are no error of their call: they stand in `refused` of its answer, \
             each with its place and a code.\n\n| code | meaning |\n|---|---|\n";
    for refusal in Refusal::ALL {
        let _ = writeln!(page, "| `{}` | {refusal} |", refusal.code());
    }
    page += COMMANDS;
    for (names, cure) in CURES {
        let _ = writeln!(page, "| {} | {cure} |", codes(names));
    }
    page
}

const COMMANDS: &str = "
## Commands

A command that fails writes `izingate: CODE: text` and ends with the exit code of [operations.md](operations.md#exit-codes): 1, or 64 for
what was wrong before it began. What it asked of a gateway fails with that call's code, from the first table. Before a send, 1 and 64 are
what 5 is: there is no decision, so do not send.

| code | what to do |
|---|---|
";

/// What has to change before a refused message may be asked about again, and whose turn it is.
fn denials() -> String {
    let mut table = "| reason | what has to change | whose turn it is |\n|---|---|---|\n".to_owned();
    for reason in Reason::ALL {
        if let Some((change, turn)) = denial(reason) {
            let _ = writeln!(table, "| `{}` | {change} | {turn} |", reason.name());
        }
    }
    table
}

const fn denial(reason: Reason) -> Option<(&'static str, &'static str)> {
    match reason {
        Reason::InvalidRecipient => Some((
            "the address: it is no phone or e-mail, or not of the kind that `type` takes",
            "yours: correct it, or drop the message",
        )),
        Reason::SenderNotRegistered => Some((
            "the number is mistyped: `brandCode`; or the brand was never added here, or deactivated: `izingate brand add`, once it is \
             active at İYS",
            "yours, or an operator's",
        )),
        Reason::DeclarationMissing => Some((
            "the sender's declaration for `purpose` is added and valid: `izingate declaration add`",
            "the sender's and an operator's",
        )),
        Reason::Refused => {
            Some(("the recipient approves again, and İYS records it", "the recipient's: do not ask for it with a message"))
        }
        Reason::NoRecord => {
            Some(("the recipient's approval is recorded at İYS, and has come in here", "the recipient's, and yours to record it"))
        }
        Reason::RetailerNotAuthorised => Some((
            "the brand gives the retailer access at İYS: then `izingate retailer refresh`",
            "the brand's, and an operator's",
        )),
        Reason::NotReady
        | Reason::RevisionNotReached
        | Reason::OutOfScope
        | Reason::Exempt
        | Reason::Stale
        | Reason::Approved
        | Reason::EvidenceUnavailable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::Decision;

    /// `UPDATE_ERRORS=1` writes it.
    #[test]
    fn the_page_for_people_is_printed_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        if std::env::var_os("UPDATE_ERRORS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), markdown());
    }

    #[test]
    fn every_denial_says_what_ends_it() {
        for reason in Reason::ALL {
            assert_eq!(denial(reason).is_some(), reason.decision() == Decision::Deny, "{}", reason.name());
        }
    }

    #[test]
    fn every_code_is_one_and_in_the_list() {
        let mut codes = Kind::ALL.map(Kind::code).to_vec();
        codes.extend(ListError::CODES);
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count, "no code means two things");
        let source = include_str!("../error.rs").split_once("pub enum Kind {").unwrap().1.split_once("\n}").unwrap().0;
        let variants = source.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(','));
        let named: Vec<&str> = variants.filter(|name| *name != "List(&'static str)").collect();
        let mut listed = Kind::ALL.map(|kind| format!("{kind:?}")).to_vec();
        listed.sort_by_key(|kind| named.iter().position(|name| name == kind));
        assert_eq!(listed, named, "every variant of the table is in the list");
        let source =
            include_str!("../../filter/error.rs").split_once("pub const fn code(").unwrap().1.split_once("\n    }\n").unwrap().0;
        let given: Vec<&str> = source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect();
        assert_eq!(given, ListError::CODES);
    }
}
