//! The fields of a movement under İYS's names, before any rule.

use super::movement::RawMovement;
use crate::model::text::fold::folded;
use std::fmt;

/// How many fields there are.
pub const FIELDS: usize = 9;
/// İYS's names of the fields, in the order in which [`Fields`] holds them: a day file's, then `brandCode`.
pub const NAMES: [&str; FIELDS] =
    ["creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source", "brandCode"];

/// The place of `recipient` among the fields.
pub const RECIPIENT: usize = 2;
/// The place of `recipientType`.
pub const RECIPIENT_TYPE: usize = 3;
/// The place of `type`.
pub const CHANNEL: usize = 4;
/// The place of `status`.
pub const STATUS: usize = 5;
/// The place of `brandCode`.
pub const BRAND: usize = 8;

/// The place of the field with a name, as İYS writes it or in another habit: whatever its case, with blanks, `_`, `-`
/// or invisible characters in it. A name that is nearly İYS's is that one: passed over, a merchant's consent would be
/// taken for a consumer's.
#[must_use]
pub fn field_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name).or_else(|| {
        let name = folded(name);
        NAMES.iter().position(|known| known.eq_ignore_ascii_case(&name))
    })
}

/// The fields of one movement, in one allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields {
    text: Box<str>,
    /// Where each field ends in `text`.
    ends: [u32; FIELDS],
}

impl Fields {
    /// The fields in the order of [`NAMES`]. All together are far below 4 GiB: readers bound a line and a body.
    #[must_use]
    pub fn new<S: AsRef<str>>(fields: &[S; FIELDS]) -> Self {
        let mut text = String::with_capacity(fields.iter().map(|field| field.as_ref().len()).sum());
        let mut ends = [0; FIELDS];
        for (end, field) in ends.iter_mut().zip(fields) {
            text.push_str(field.as_ref());
            *end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        }
        Self { text: text.into_boxed_str(), ends }
    }

    /// The fields, before any rule.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        let [created, transaction, recipient, recipient_type, channel, status, consented, source, brand] = self.all();
        RawMovement { created, transaction, recipient, recipient_type, channel, status, consented, source, brand }
    }

    /// The fields in the order of [`NAMES`].
    #[must_use]
    pub fn all(&self) -> [&str; FIELDS] {
        let (mut fields, mut rest, mut start) = ([""; FIELDS], &*self.text, 0);
        for (field, end) in fields.iter_mut().zip(self.ends) {
            (*field, rest) = rest.split_at_checked((end - start) as usize).unwrap_or_default();
            start = end;
        }
        fields
    }

    /// Bytes of all fields.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Debug for Fields {
    /// Hides the content: any field of an unread row may hold an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_a_field_is_that_field() {
        for name in
            ["recipientType", "recipient_type", "recipient type", "RECİPİENTTYPE", "recipientType\u{200b}", " RecipientType "]
        {
            assert_eq!(field_of(name), Some(RECIPIENT_TYPE), "{name:?}");
        }
        assert_eq!([field_of("brand_code"), field_of("TYPE"), field_of("Status")], [Some(BRAND), Some(CHANNEL), Some(STATUS)]);
        for name in ["", "citizenName", "types", "recipients", "iysCode", "durum"] {
            assert_eq!(field_of(name), None, "{name:?}");
        }
    }

    #[test]
    fn fields_come_out_as_they_went_in() {
        let all = ["a", "", "çğ", "d", "e", "f", "", "h", "i"];
        assert_eq!(Fields::new(&all).all(), all);
        assert_eq!(Fields::new(&all).raw().recipient, "çğ");
    }
}
