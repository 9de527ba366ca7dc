//! Numbers of 7 bits a byte, the low ones first, the high bit set on all but the last (LEB128).

/// Appends a number.
pub(in crate::evidence) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends how much greater than the one before a number is: small steps in both directions are short.
pub(in crate::evidence) fn put_step(bytes: &mut Vec<u8>, before: u64, number: u64) {
    let step = number.wrapping_sub(before).cast_signed();
    put(bytes, (step << 1 ^ step >> 63).cast_unsigned());
}

/// Takes a number off the front; none if there is none of 64 bits, or one that could be written shorter.
pub(in crate::evidence) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10_u32 {
        let byte = *bytes.split_off_first()?;
        let low = u64::from(byte & 0x7F);
        if place == 9 && low > 1 {
            return None;
        }
        number |= low << (7 * place);
        if byte & 0x80 == 0 {
            return (byte != 0 || place == 0).then_some(number);
        }
    }
    None
}

/// Takes what [`put_step`] wrote.
pub(in crate::evidence) fn take_step(bytes: &mut &[u8], before: u64) -> Option<u64> {
    take(bytes).map(|folded| unfold(folded, before))
}

/// The number that is a folded step from `before`.
pub(in crate::evidence) const fn unfold(folded: u64, before: u64) -> u64 {
    let step = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
    before.wrapping_add(step.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(take(&mut &bytes[..]), Some(number));
            for before in [0, 1, u64::MAX] {
                let mut bytes = Vec::new();
                put_step(&mut bytes, before, number);
                assert_eq!(take_step(&mut &bytes[..], before), Some(number));
            }
        }
        for bytes in [&[][..], &[0x80], &[0x80, 0], &[0xFF; 10], &[0xFF; 11]] {
            assert_eq!(take(&mut &bytes[..]), None, "{bytes:?}");
        }
    }
}
