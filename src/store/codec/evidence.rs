//! Row of `meta` that remembers the evidence.

use super::{InvalidBytes, Reader, VERSION};
use crate::ports::{EvidenceMark, Recalled};

/// The kinds of the row.
const MARK: u8 = 1;
const RESTORED: u8 = 2;

/// version ‖ kind 1 ‖ begun ‖ ended ‖ public key ‖ tree size ‖ tree root ‖ authenticated from ‖ segment ‖ bytes ‖ chain ‖
/// decision, or version ‖ kind 2 ‖ revision ‖ restored at.
#[must_use]
pub fn encode_recalled(recalled: &Recalled) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    match recalled {
        Recalled::Restored { revision, at } => {
            bytes.push(RESTORED);
            bytes.extend(revision.to_be_bytes());
            bytes.extend(at.to_be_bytes());
        }
        Recalled::Mark(mark) => {
            bytes.push(MARK);
            bytes.extend([mark.begun, mark.ended].map(u64::to_be_bytes).concat());
            bytes.extend(mark.public_key);
            bytes.extend(mark.tree_size.to_be_bytes());
            bytes.extend(mark.tree_root);
            bytes.extend([mark.authenticated_from, mark.segment, mark.bytes].map(u64::to_be_bytes).concat());
            bytes.extend(mark.chain);
            bytes.extend(mark.decision.to_be_bytes());
        }
    }
    bytes
}

/// The row of [`encode_recalled`].
pub fn decode_recalled(bytes: &[u8]) -> Result<Recalled, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let recalled = match reader.byte()? {
        MARK => Recalled::Mark(EvidenceMark {
            begun: reader.u64()?,
            ended: reader.u64()?,
            public_key: reader.take()?,
            tree_size: reader.u64()?,
            tree_root: reader.take()?,
            authenticated_from: reader.u64()?,
            segment: reader.u64()?,
            bytes: reader.u64()?,
            chain: reader.take()?,
            decision: u128::from_be_bytes(reader.take()?),
        }),
        RESTORED => Recalled::Restored { revision: reader.u64()?, at: reader.u32()? },
        _ => return Err(InvalidBytes::Code),
    };
    reader.end()?;
    Ok(recalled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::hex::to_hex;

    const MARK: EvidenceMark = EvidenceMark {
        begun: 1,
        ended: 2,
        public_key: [3; 32],
        tree_size: 4,
        tree_root: [5; 32],
        authenticated_from: 6,
        segment: 7,
        bytes: 8,
        chain: [9; 32],
        decision: 10,
    };

    #[test]
    fn bytes_are_pinned() {
        let (mark, restored) = (Recalled::Mark(MARK), Recalled::Restored { revision: 11, at: 12 });
        let number = |number: u64| format!("{number:016x}");
        let expected = [
            "0101".to_owned(),
            number(1) + &number(2),
            "03".repeat(32),
            number(4),
            "05".repeat(32),
            number(6) + &number(7) + &number(8),
            "09".repeat(32),
            format!("{:032x}", 10),
        ];
        assert_eq!(to_hex(&encode_recalled(&mark)), expected.concat());
        assert_eq!(to_hex(&encode_recalled(&restored)), format!("0102{}0000000c", number(11)));
        for recalled in [mark, restored] {
            let bytes = encode_recalled(&recalled);
            assert_eq!(decode_recalled(&bytes), Ok(recalled));
            for length in 0..bytes.len() {
                assert!(decode_recalled(&bytes[..length]).is_err(), "cut at {length}");
            }
            assert_eq!(decode_recalled(&[&bytes[..], &[0]].concat()), Err(InvalidBytes::Length));
        }
        assert_eq!(decode_recalled(&[2, 1]), Err(InvalidBytes::Version));
        assert_eq!(decode_recalled(&[1, 3]), Err(InvalidBytes::Code));
    }
}
