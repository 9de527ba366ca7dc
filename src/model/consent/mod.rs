//! Consents: a movement is one change of one consent, a record is what all changes of a relation leave.

pub mod channel;
pub mod erasure;
pub mod fields;
pub mod key;
pub mod movement;
pub mod movement_json;
pub mod record;
pub mod retention;
pub mod source;
pub mod state;
pub mod transaction;
