//! One element of İYS's lists of movements.

use crate::feed::iys::text::Text;
use crate::model::movement::RawMovement;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A movement exactly as İYS wrote it; what it means is decided in [`crate::model::movement`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Item {
    created: Text,
    transaction: Text,
    recipient: Text,
    recipient_type: Text,
    channel: Text,
    status: Text,
    consented: Text,
    source: Text,
    brand: Text,
}

/// An element of a list; none if it is no object.
pub(in crate::feed) struct Entry(pub(in crate::feed) Option<Item>);

impl Item {
    /// Its fields.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        RawMovement {
            created: &self.created.0,
            transaction: &self.transaction.0,
            recipient: &self.recipient.0,
            recipient_type: &self.recipient_type.0,
            channel: &self.channel.0,
            status: &self.status.0,
            consented: &self.consented.0,
            source: &self.source.0,
            brand: &self.brand.0,
        }
    }

    /// Fields that we do not know are left out unread; so is `citizenName`, a person's name that nobody
    /// here needs (F§8.9).
    fn field(&mut self, name: &str) -> Option<&mut Text> {
        match name {
            "creationDate" => Some(&mut self.created),
            "transactionId" => Some(&mut self.transaction),
            "recipient" => Some(&mut self.recipient),
            "recipientType" => Some(&mut self.recipient_type),
            "type" => Some(&mut self.channel),
            "status" => Some(&mut self.status),
            "consentDate" => Some(&mut self.consented),
            "source" => Some(&mut self.source),
            "brandCode" => Some(&mut self.brand),
            _ => None,
        }
    }
}

impl fmt::Debug for Item {
    /// An address is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Item(…)")
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entry::deserialize(deserializer)?.0.ok_or_else(|| D::Error::custom("not an object"))
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a movement")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Entry, A::Error> {
        let mut item = Item::default();
        while let Some(name) = entries.next_key::<String>()? {
            match item.field(&name) {
                Some(field) => *field = entries.next_value()?,
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Entry(Some(item)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Entry, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Entry, E> {
        Ok(Entry(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Entry, E> {
        Ok(Entry(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Entry, E> {
        Ok(Entry(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Entry, E> {
        Ok(Entry(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Entry, E> {
        Ok(Entry(None))
    }

    fn visit_unit<E>(self) -> Result<Entry, E> {
        Ok(Entry(None))
    }
}
