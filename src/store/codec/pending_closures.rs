//! Closures of which İYS is still to be told, as `registry` holds them.

use super::{InvalidBytes, Reader, VERSION};
use crate::model::secret::cipher::SealedPhone;
use crate::model::secret::pseudonym::KEY_ID;
use crate::ports::UnreportedClosure;

/// What the keys of [`duty_key`] start with.
pub const DUTY_PREFIX: &[u8] = b"duty/";

/// `duty/` and the closure's revision: in the order in which they were noted.
#[must_use]
pub fn duty_key(id: u64) -> [u8; 13] {
    let mut key = *b"duty/\0\0\0\0\0\0\0\0";
    key[5..].copy_from_slice(&id.to_be_bytes());
    key
}

/// version ‖ key id ‖ closed ‖ noted ‖ sealed phone.
#[must_use]
pub fn encode_duty(closure: &UnreportedClosure) -> Vec<u8> {
    let mut bytes = vec![VERSION, KEY_ID];
    bytes.extend(closure.closed.unix().to_be_bytes());
    bytes.extend(closure.noted.unix().to_be_bytes());
    bytes.extend(closure.sealed.to_bytes());
    bytes
}

/// The closure of [`duty_key`] and [`encode_duty`].
pub fn decode_duty(key: &[u8], value: &[u8]) -> Result<UnreportedClosure, InvalidBytes> {
    let mut reader = Reader(key.strip_prefix(DUTY_PREFIX).ok_or(InvalidBytes::Code)?);
    let id = reader.u64()?;
    reader.end()?;
    let mut reader = Reader(value);
    reader.version()?;
    if reader.byte()? != KEY_ID {
        return Err(InvalidBytes::Version);
    }
    let (closed, noted) = (reader.time()?, reader.time()?);
    let sealed = SealedPhone::from_bytes(reader.take()?);
    reader.end()?;
    Ok(UnreportedClosure { id, closed, noted, sealed })
}
