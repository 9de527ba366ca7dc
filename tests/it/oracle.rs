//! Whatever way the movements came in and whatever way a question is asked, the answer is the true one.
#![allow(clippy::print_stdout, reason = "how long each part took is shown with --nocapture")]

use crate::support::Gateway;
use crate::support::ask::{Way, assert_answers};
use crate::support::data::{Counts, Dump, dump, fresh, import_offline, import_with, inspect};
use crate::support::files::{Oracle, Question};
use crate::support::split::split;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const BROKEN: u32 = 20;

#[test]
fn twenty_thousand_rows() {
    check_everything(20_000, 1);
}

#[test]
#[ignore = "minutes: make oracle"]
fn two_hundred_thousand_rows() {
    (1..=3).for_each(|seed| check_everything(200_000, seed));
}

#[test]
#[ignore = "minutes: make oracle"]
fn a_million_rows() {
    (1..=3).for_each(|seed| check_everything(1_000_000, seed));
}

/// Generated files, what is true of them, and how long each part took.
struct Case {
    oracle: Oracle,
    questions: Arc<[Question]>,
    inspected: Counts,
    seed: u32,
    name: String,
}

fn check_everything(rows: u32, seed: u32) {
    let case = Case::generate(rows, seed);
    let state = case.timed("imported offline, asked in every way", Case::imported_offline);
    case.timed("imported again", |case| case.imported_again(&state));
    case.timed("imported in parts", |case| case.imported_in_parts(&state));
    case.timed("imported into a running gateway", |case| case.imported_online(&state));
}

impl Case {
    fn generate(rows: u32, seed: u32) -> Self {
        let oracle = Oracle::generate(rows, seed, BROKEN);
        let questions: Arc<[Question]> = [oracle.queries(), oracle.expected()].concat().into();
        assert!(questions.len() > rows as usize / 2, "there is enough to ask");
        let inspected = inspected(&oracle);
        Self { oracle, questions, inspected, seed, name: format!("{rows} rows, seed {seed}") }
    }

    fn timed<T>(&self, part: &str, run: impl FnOnce(&Self) -> T) -> T {
        let begun = Instant::now();
        let result = run(self);
        println!("{}: {part}: {:.1} s ({} questions)", self.name, begun.elapsed().as_secs_f64(), self.questions.len());
        result
    }

    fn imported_offline(&self) -> Dump {
        let data = fresh(self.oracle.dir().join("offline"));
        let imported = import_offline(&data, &[self.oracle.movements()]);
        assert_eq!((imported.code, imported.count("refused")), (2, u64::from(BROKEN)), "{}", imported.text);
        println!("{}:\n{}", self.name, imported.text);
        self.assert_inspected(&data);
        let gateway = Gateway::start(&data);
        assert_answers(&gateway, &Way::ALL, &self.questions);
        assert!(gateway.stop().success());
        dump(&data)
    }

    fn imported_again(&self, state: &Dump) {
        let data = self.oracle.dir().join("offline");
        let imported = import_offline(&data, &[self.oracle.movements()]);
        assert_eq!((imported.code, imported.count("refused"), imported.count("applied")), (2, u64::from(BROKEN), 0));
        let again = dump(&data);
        assert!(*state == again, "importing twice changed a byte of consent or history");
        self.assert_inspected(&data);
    }

    fn imported_in_parts(&self, state: &Dump) {
        let parts = split(&self.oracle, self.seed.into());
        let data = fresh(self.oracle.dir().join("parts"));
        let imported = import_offline(&data, &parts.files);
        assert_eq!((imported.code, imported.count("refused")), (2, parts.broken), "{}", imported.text);
        dump(&data).assert_same_state(state, "in parts");
        self.assert_inspected(&data);
        let gateway = Gateway::start(&data);
        assert_answers(&gateway, &Way::BATCHES, &self.questions);
    }

    fn imported_online(&self, state: &Dump) {
        let data = fresh(self.oracle.dir().join("online"));
        let gateway = Gateway::start(&data);
        let imported = import_with(&["--endpoint", &gateway.http], &[self.oracle.movements()]);
        assert_eq!((imported.code, imported.count("refused")), (2, u64::from(BROKEN)), "{}", imported.text);
        assert_answers(&gateway, &Way::BATCHES, &self.questions);
        self.assert_inspected(&data);
        assert!(gateway.stop().success());
        dump(&data).assert_same_state(state, "online");
        self.assert_inspected(&data);
    }

    fn assert_inspected(&self, data: &Path) {
        let mut counts = inspect(data);
        counts.retain(|name, _| self.inspected.contains_key(name));
        assert_eq!(counts, self.inspected, "{}: {}", self.name, data.display());
    }
}

/// What `inspect` has to count.
fn inspected(oracle: &Oracle) -> Counts {
    let (summary, expected) = (oracle.summary(), oracle.expected());
    let recipients: HashSet<&str> = expected.iter().map(|question| question.recipient.as_str()).collect();
    let misformed = recipients.iter().filter(|recipient| recipient.starts_with("+900")).count() as u64;
    assert!(misformed > 0, "the file holds numbers in the wrong form");
    let counts = [
        ("ONAY", summary["onay"].as_u64().unwrap()),
        ("RET", summary["ret"].as_u64().unwrap()),
        ("relations", recipients.len() as u64),
        ("stored as +900…", misformed),
    ];
    counts.map(|(name, count)| (name.to_owned(), count)).into()
}
