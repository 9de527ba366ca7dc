//! The answer to a batch: each step for a group of recipients before the next, so that the cipher and
//! the memory work on many at a time. Nothing is allocated for a recipient.

use super::decision::Verdict;
use super::policy::{self, Facts};
use super::question::{Recipients, Scope};
use crate::index::Index;
use crate::model::key::{Pseudonym, RelationHash, RelationKey};
use crate::model::recipient::{Email, Phone};
use crate::model::secret::Pseudonymizer;
use crate::model::state::{State, Status};

/// Recipients on their way together: what the index takes in one go.
const GROUP: usize = 128;

/// The verdict of every case that recipients of one batch can be in.
pub(super) struct Verdicts {
    invalid: Verdict,
    no_record: Verdict,
    onay: Verdict,
    ret: Verdict,
}

/// The same as result bytes.
struct Bytes {
    invalid: u8,
    no_record: u8,
    onay: u8,
    ret: u8,
}

/// A batch being answered.
pub(super) struct Batch<'a> {
    index: &'a Index,
    pseudonymizer: &'a Pseudonymizer,
    scope: &'a Scope,
    verdicts: Bytes,
    results: Vec<u8>,
    recipients: Vec<Pseudonym>,
}

impl Verdicts {
    /// Has the policy decide each case once: of all facts only these differ between recipients.
    pub(super) fn of(shared: &Facts) -> Self {
        let valid = |status| policy::decide(&Facts { recipient_valid: true, status, ..*shared });
        Self {
            invalid: policy::decide(&Facts { recipient_valid: false, status: None, ..*shared }),
            no_record: valid(None),
            onay: valid(Some(Status::Onay)),
            ret: valid(Some(Status::Ret)),
        }
    }

    const fn bytes(&self) -> Bytes {
        let Self { invalid, no_record, onay, ret } = self;
        Bytes { invalid: invalid.byte(), no_record: no_record.byte(), onay: onay.byte(), ret: ret.byte() }
    }

    /// The verdict of a result byte of this batch.
    pub(super) fn of_byte(&self, byte: u8) -> Verdict {
        let cases = [self.no_record, self.onay, self.ret];
        cases.into_iter().find(|verdict| verdict.byte() == byte).unwrap_or(self.invalid)
    }
}

impl<'a> Batch<'a> {
    pub(super) fn new(index: &'a Index, pseudonymizer: &'a Pseudonymizer, scope: &'a Scope, verdicts: &Verdicts) -> Self {
        Self { index, pseudonymizer, scope, verdicts: verdicts.bytes(), results: Vec::new(), recipients: Vec::new() }
    }

    /// [`Verdict::byte`] of every recipient and who it is, in the order asked; the default pseudonym stands
    /// for an invalid one.
    pub(super) fn answer(mut self, recipients: Recipients<'_>) -> (Vec<u8>, Vec<Pseudonym>) {
        self.results.reserve_exact(recipients.len());
        self.recipients.reserve_exact(recipients.len());
        let phones = self.scope.cell.channel.takes_phones();
        match recipients {
            Recipients::Phones(packed) if phones => self.phones(packed.iter().map(|packed| Phone::from_packed(*packed))),
            Recipients::Phones(packed) => {
                self.results.resize(packed.len(), self.verdicts.invalid);
                self.recipients.resize(packed.len(), Pseudonym::default());
            }
            Recipients::Spelled(texts) if phones => self.phones(texts.iter().map(|text| Phone::parse(text))),
            Recipients::Spelled(texts) => self.emails(texts.iter().map(|text| Email::parse(text))),
            Recipients::Each(texts) if phones => self.phones(texts.iter().map(|text| Phone::parse(text))),
            Recipients::Each(texts) => self.emails(texts.iter().map(|text| Email::parse(text))),
        }
        (self.results, self.recipients)
    }

    fn phones(&mut self, phones: impl Iterator<Item = Option<Phone>>) {
        let pseudonymizer = self.pseudonymizer;
        self.in_groups(phones, |phones, pseudonyms| pseudonymizer.phones(phones, pseudonyms));
    }

    fn emails(&mut self, emails: impl Iterator<Item = Option<Email>>) {
        let pseudonymizer = self.pseudonymizer;
        let pseudonyms = emails.map(|email| email.map(|email| pseudonymizer.email(&email)));
        self.in_groups(pseudonyms, |read, pseudonyms| {
            pseudonyms.iter_mut().zip(read).for_each(|(pseudonym, read)| *pseudonym = read.unwrap_or_default());
        });
    }

    /// Answers what was read, group by group; none is an invalid recipient.
    fn in_groups<T: Copy>(
        &mut self,
        mut recipients: impl Iterator<Item = Option<T>>,
        pseudonyms_of: impl Fn(&[Option<T>], &mut [Pseudonym]),
    ) {
        let mut read = [None; GROUP];
        let mut pseudonyms = [Pseudonym::default(); GROUP];
        loop {
            let mut count = 0;
            for (place, recipient) in read.iter_mut().zip(&mut recipients) {
                *place = recipient;
                count += 1;
            }
            pseudonyms_of(&read[..count], &mut pseudonyms[..count]);
            self.group(&pseudonyms[..count], |number| read[number].is_some());
            if count < GROUP {
                return;
            }
        }
    }

    /// Looks a group up and appends its results.
    fn group(&mut self, pseudonyms: &[Pseudonym], is_valid: impl Fn(usize) -> bool) {
        let mut hashes = [RelationHash(0); GROUP];
        let mut states = [State::EMPTY; GROUP];
        for (hash, pseudonym) in hashes.iter_mut().zip(pseudonyms) {
            *hash = RelationKey::of_brand(*pseudonym, self.scope.brand).hash();
        }
        let count = pseudonyms.len();
        self.index.get_many(&hashes[..count], &mut states[..count]);
        for (number, state) in states[..count].iter().enumerate() {
            let valid = is_valid(number);
            self.results.push(if valid { self.result(*state) } else { self.verdicts.invalid });
            self.recipients.push(if valid { pseudonyms[number] } else { Pseudonym::default() });
        }
    }

    const fn result(&self, state: State) -> u8 {
        match state.get(self.scope.cell) {
            None | Some(Status::Yok) => self.verdicts.no_record,
            Some(Status::Onay) => self.verdicts.onay,
            Some(Status::Ret) => self.verdicts.ret,
        }
    }
}
