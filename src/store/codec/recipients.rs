//! What is known of a recipient whichever the brand, as `recipients` holds it under the pseudonym.

use super::{InvalidBytes, Reader, VERSION};
use crate::model::secret::pseudonym::KEY_ID;
use crate::model::time::IysTime;

/// A line that was closed (11/9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closure {
    /// When.
    pub closed: IysTime,
    /// The revision of our first commit of it.
    pub revision: u64,
    /// The time of our first commit of it.
    pub known_since: IysTime,
}

/// version ‖ key id ‖ closed ‖ revision ‖ known since.
#[must_use]
pub fn encode_closure(closure: &Closure) -> Vec<u8> {
    let mut bytes = vec![VERSION, KEY_ID];
    bytes.extend(closure.closed.unix().to_be_bytes());
    bytes.extend(closure.revision.to_be_bytes());
    bytes.extend(closure.known_since.unix().to_be_bytes());
    bytes
}

/// The closure of [`encode_closure`].
pub fn decode_closure(bytes: &[u8]) -> Result<Closure, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    if reader.byte()? != KEY_ID {
        return Err(InvalidBytes::Version);
    }
    let closure = Closure { closed: reader.time()?, revision: reader.u64()?, known_since: reader.time()? };
    reader.end()?;
    Ok(closure)
}
