//! The words of the field as types: parsed once at the edge, impossible to get wrong inside.
//!
//! Nothing here reads a clock, a file or the network, and nothing here imports another room of the crate.
//! In reading order:
//!
//! - [`consent`]: what a recipient approved or refused, as movements, records and their keys.
//! - [`address`]: phone numbers and e-mail addresses.
//! - [`brand`]: the senders, with their modes, declarations and retailers.
//! - [`time`]: İYS's times, calendar days and business days.
//! - [`secret`]: pseudonyms, encrypted addresses and authentication codes.
//! - [`decision`]: the question that a sender asks and the decision that it gets.
//! - [`text`] and [`language`]: text that others wrote, and the languages in which izingate writes.

pub mod address;
pub mod brand;
pub mod consent;
pub mod decision;
pub mod feed;
pub mod language;
pub mod secret;
pub mod text;
pub mod time;
