//! The answer to a batch: each step for a group of recipients before the next, so that the cipher and
//! the memory work on many at a time. Nothing is allocated for a recipient.

use super::policy::{self, Facts};
use crate::index::Index;
use crate::model::address::recipient::{Email, Phone};
use crate::model::brand::RetailerCode;
use crate::model::consent::key::{Pseudonym, RelationHash, RelationKey};
use crate::model::consent::state::{State, Status};
use crate::model::decision::question::{Recipients, Scope};
use crate::model::decision::{Reason, Verdict};
use crate::model::secret::pseudonym::Pseudonymizer;

/// Recipients on their way together: what the index takes in one go.
const GROUP: usize = 128;

/// The verdict of every case that recipients of one batch can be in.
pub(super) struct Verdicts {
    invalid: Verdict,
    no_record: Verdict,
    onay: Verdict,
    ret: Verdict,
    /// ONAY where the retailer that is asked for has access.
    authorised: Verdict,
}

/// What stands for each case in the results of a batch.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    pub(super) invalid: u8,
    no_record: u8,
    onay: u8,
    ret: u8,
    authorised: u8,
}

/// A batch being answered.
pub(super) struct Batch<'a> {
    index: &'a Index,
    pseudonymizer: &'a Pseudonymizer,
    scope: &'a Scope,
    codes: Codes,
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
            authorised: policy::decide(&Facts {
                recipient_valid: true,
                status: Some(Status::Onay),
                retailer_without_access: false,
                ..*shared
            }),
        }
    }

    /// Each case by its [`Verdict::evidence_byte`].
    pub(super) const fn evidence_bytes(&self) -> Codes {
        let Self { invalid, no_record, onay, ret, authorised } = self;
        Codes {
            invalid: invalid.evidence_byte(),
            no_record: no_record.evidence_byte(),
            onay: onay.evidence_byte(),
            ret: ret.evidence_byte(),
            authorised: authorised.evidence_byte(),
        }
    }

    /// The verdict of a case by its [`Codes::CASES`]. A byte would not do: those of two cases may be one.
    pub(super) const fn of_case(&self, case: u8) -> Verdict {
        match case {
            1 => self.no_record,
            2 => self.onay,
            3 => self.ret,
            4 => self.authorised,
            _ => self.invalid,
        }
    }

    /// Whether any recipient's message goes out as an exempt one.
    pub(super) fn any_exempt(&self) -> bool {
        [self.no_record, self.onay, self.ret].iter().any(|verdict| verdict.reason == Reason::Exempt)
    }
}

impl Codes {
    /// Each case by a number of its own.
    pub(super) const CASES: Self = Self { invalid: 0, no_record: 1, onay: 2, ret: 3, authorised: 4 };
}

impl<'a> Batch<'a> {
    pub(super) fn new(index: &'a Index, pseudonymizer: &'a Pseudonymizer, scope: &'a Scope, codes: Codes) -> Self {
        Self { index, pseudonymizer, scope, codes, results: Vec::new(), recipients: Vec::new() }
    }

    /// The code of every recipient's case and who it is, in the order asked; [`Pseudonym::NOBODY`] keeps
    /// the place of what is no address.
    pub(super) fn answer(mut self, recipients: Recipients<'_>) -> (Vec<u8>, Vec<Pseudonym>) {
        self.results.reserve_exact(recipients.len());
        self.recipients.reserve_exact(recipients.len());
        let phones = self.scope.cell.channel.takes_phones();
        match recipients {
            Recipients::Phones(packed) if phones => self.phones(packed.iter().map(|packed| Phone::from_packed(*packed))),
            Recipients::Packed(packed) if phones => self.phones(packed.iter().map(|packed| Phone::from_wire(*packed))),
            Recipients::Phones(packed) | Recipients::Packed(packed) => {
                self.results.resize(packed.len(), self.codes.invalid);
                self.recipients.resize(packed.len(), Pseudonym::NOBODY);
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
            pseudonyms.iter_mut().zip(read).for_each(|(pseudonym, read)| *pseudonym = read.unwrap_or(Pseudonym::NOBODY));
        });
    }

    /// Answers what was read, group by group; none is an invalid recipient.
    fn in_groups<T: Copy>(
        &mut self,
        mut recipients: impl Iterator<Item = Option<T>>,
        pseudonyms_of: impl Fn(&[Option<T>], &mut [Pseudonym]),
    ) {
        let mut read = [None; GROUP];
        let mut pseudonyms = [Pseudonym::NOBODY; GROUP];
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
            self.results.push(if valid { self.result(*state) } else { self.codes.invalid });
            self.recipients.push(if valid { pseudonyms[number] } else { Pseudonym::NOBODY });
        }
        if self.scope.retailer != RetailerCode::BRAND {
            self.authorise(pseudonyms);
        }
    }

    /// Looks up what the retailer has access to, of a group whose results were just appended. Where the code of
    /// an ONAY is that of another case too, a row above decided both, and access changes nothing. Apart from the
    /// rest, so that a batch without a retailer is as fast as if there were none.
    #[inline(never)]
    fn authorise(&mut self, pseudonyms: &[Pseudonym]) {
        let (cell, brand, retailer) = (self.scope.cell, self.scope.brand, self.scope.retailer);
        let mut hashes = [RelationHash(0); GROUP];
        let mut access = [State::EMPTY; GROUP];
        for (hash, pseudonym) in hashes.iter_mut().zip(pseudonyms) {
            *hash = RelationKey { pseudonym: *pseudonym, brand, retailer }.hash();
        }
        let count = pseudonyms.len();
        self.index.get_many(&hashes[..count], &mut access[..count]);
        let first = self.results.len() - count;
        for (result, access) in self.results[first..].iter_mut().zip(access) {
            if *result == self.codes.onay && access.get(cell) == Some(Status::Onay) {
                *result = self.codes.authorised;
            }
        }
    }

    const fn result(&self, state: State) -> u8 {
        match state.get(self.scope.cell) {
            None | Some(Status::Yok) => self.codes.no_record,
            Some(Status::Onay) => self.codes.onay,
            Some(Status::Ret) => self.codes.ret,
        }
    }
}
