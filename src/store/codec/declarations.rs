//! Declarations, as `registry` holds them.

use super::{InvalidBytes, Reader, VERSION};
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash, Exemption};
use crate::model::time::IysTime;

/// Before the number of a declaration.
pub const DECLARATION_PREFIX: &[u8] = b"declaration/";

/// `declaration/` and the declaration's number.
#[must_use]
pub fn declaration_key(id: u64) -> [u8; 20] {
    let mut key = *b"declaration/\0\0\0\0\0\0\0\0";
    key[12..].copy_from_slice(&id.to_be_bytes());
    key
}

/// version ‖ brand ‖ exemption ‖ declared at ‖ valid until ‖ revoked at ‖ SHA-256 of the document ‖ by whom; a time
/// of 0 is none.
#[must_use]
pub fn encode_declaration(declaration: &Declaration) -> Vec<u8> {
    let Declaration { declared, revoked, .. } = declaration;
    let mut bytes = vec![VERSION];
    bytes.extend(declared.brand.get().to_be_bytes());
    bytes.push(declared.exemption as u8);
    for time in [Some(declared.at), declared.valid_until, *revoked] {
        bytes.extend(time.map_or(0, IysTime::unix).to_be_bytes());
    }
    bytes.extend(declared.document.0);
    bytes.extend(declared.by.as_bytes());
    bytes
}

/// The declaration of [`declaration_key`] and [`encode_declaration`].
pub fn decode_declaration(key: &[u8], value: &[u8]) -> Result<Declaration, InvalidBytes> {
    let id = key.strip_prefix(DECLARATION_PREFIX).and_then(|id| id.try_into().ok()).ok_or(InvalidBytes::Length)?;
    let mut reader = Reader(value);
    reader.version()?;
    let brand = BrandCode::new(reader.u32()?).ok_or(InvalidBytes::Code)?;
    let exemption = Exemption::from_code(reader.byte()?).ok_or(InvalidBytes::Code)?;
    let (at, valid_until, revoked) = (reader.time()?, reader.optional_time()?, reader.optional_time()?);
    let document = DocumentHash(reader.take()?);
    let declared = Declared { brand, exemption, by: reader.text()?.to_owned(), at, document, valid_until };
    Ok(Declaration { id: u64::from_be_bytes(id), declared, revoked })
}
