//! Bytes as lower-case hexadecimal digits.

/// Two digits a byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// The bytes of pairs of lower-case digits; none if the text is anything else or empty.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let whole = !text.is_empty() && text.len().is_multiple_of(2);
    let pairs = text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
    if whole { pairs.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_lead_back() {
        assert_eq!(to_hex(&[0x00, 0xAB, 0x7F]), "00ab7f");
        assert_eq!(from_hex("00ab7f"), Some(vec![0x00, 0xAB, 0x7F]));
        for text in ["", "a", "AB", "0g", "é"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }
}
