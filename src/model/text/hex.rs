//! Bytes as lower-case hexadecimal digits.

/// Two digits a byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| DIGITS[usize::from(*byte)].map(char::from)).collect()
}

/// The digits of [`to_hex`] in a place of the caller's; as many as fit.
pub fn hex_into<'a>(bytes: &[u8], place: &'a mut [u8]) -> &'a [u8] {
    let length = (bytes.len() * 2).min(place.len());
    for (pair, byte) in place.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&DIGITS[usize::from(*byte)]);
    }
    &place[..length]
}

/// The two digits of every byte.
const DIGITS: [[u8; 2]; 256] = {
    let (mut digits, mut byte) = ([[0; 2]; 256], 0);
    while byte < 256 {
        digits[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 0xF]];
        byte += 1;
    }
    digits
};

/// The bytes of pairs of lower-case digits; none if the text is anything else or empty.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    push_from_hex(text, &mut bytes).then_some(bytes)
}

/// Appends the bytes of [`from_hex`]; appends nothing and says false where that is none.
pub fn push_from_hex(text: &str, bytes: &mut Vec<u8>) -> bool {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return false;
    }
    let (before, mut wrong) = (bytes.len(), 0);
    bytes.extend(text.as_bytes().chunks_exact(2).map(|pair| {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        wrong |= high | low;
        high << 4 | low & 0xF
    }));
    if wrong & NO_DIGIT != 0 {
        bytes.truncate(before);
    }
    wrong & NO_DIGIT == 0
}

/// Marks a letter that is no digit.
const NO_DIGIT: u8 = 0x80;

/// The value of every letter.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_lead_back() {
        assert_eq!(to_hex(&[0x00, 0xAB, 0x7F]), "00ab7f");
        assert_eq!(from_hex("00ab7f"), Some(vec![0x00, 0xAB, 0x7F]));
        assert_eq!(hex_into(&[0x00, 0xAB, 0x7F], &mut [0; 8]), b"00ab7f");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&to_hex(&all)), Some(all));
        for text in ["", "a", "AB", "0g", "é"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }
}
