//! The words of the field as types: parsed once at the edge, impossible to get wrong inside.
//!
//! Nothing here reads a clock, a file or the network, and nothing here imports another module of
//! the crate. In reading order: [`channel`] and [`state`] say what a consent is about, [`recipient`]
//! whom, [`brand`] for whom, with its [`standing`], its [`mode`]s and [`declaration`]s, [`time`], [`date`], [`business_days`]
//! and [`source`] when and whence; [`secret`] and [`key`] turn an
//! address into the pseudonym under which it is kept, [`seal`] keeps one that must be read again, [`mac`] authenticates what is written; [`movement`] is one change of one consent and
//! [`record`] what all changes of a relation leave; [`access`] is what a retailer may use of them; [`encoding`] and [`fold`] read text that others wrote.

pub mod access;
pub mod brand;
pub mod business_days;
pub mod channel;
pub mod date;
pub mod declaration;
mod email;
pub mod encoding;
pub mod erasure;
pub mod feed;
pub mod fields;
pub mod fold;
pub mod hex;
pub mod key;
pub mod mac;
pub mod mode;
pub mod movement;
pub mod movement_json;
mod phone;
pub mod recipient;
pub mod record;
pub mod retention;
pub mod seal;
pub mod secret;
pub mod source;
mod spelling;
pub mod standing;
pub mod state;
pub mod time;
pub mod transaction;
