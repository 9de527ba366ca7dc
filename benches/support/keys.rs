//! Keys without a list of them: key `i` is a hash of `i`, so that a billion cost no memory and can be
//! asked for again. Uniformly random in all 128 bits, as the hashes of real relations are.

/// `SplitMix64`'s finisher: a permutation of 64 bits.
pub const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Key `i`.
pub const fn key(i: u64) -> u128 {
    (mix(i) as u128) << 64 | mix(i ^ 0xA5A5_5A5A_0F0F_F0F0) as u128
}

/// The `i`th of a sequence of numbers below `bound`, in an order that no cache likes; another `seed`
/// is another sequence.
pub const fn pick(seed: u64, i: u64, bound: u64) -> u64 {
    let random = mix(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ i);
    ((random as u128 * bound as u128) >> 64) as u64
}

/// The state byte that relation `i` holds: ONAY in one cell for three of four, RET for the others.
pub const fn state(i: u64) -> u8 {
    if mix(i).is_multiple_of(4) { 0b0010_0000 } else { 0b0001_0000 }
}
