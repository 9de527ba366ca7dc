//! What is derived from the secret: pseudonyms, encrypted addresses, authentication codes.

pub mod cipher;
pub mod mac;
pub mod pseudonym;
