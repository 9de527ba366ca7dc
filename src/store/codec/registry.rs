//! Brands and the names of sources, as `registry` holds them.

use super::{InvalidBytes, Reader, VERSION};
use crate::model::brand::{Brand, BrandCode, Feed, IysCode, MaxAge};
use crate::model::channel::{Channel, Channels};
use crate::model::source::SourceCode;

/// The version of a brand that tells of its feed; those of version 1 have none.
const BRAND_VERSION: u8 = 2;

const ACTIVE: u8 = 1;
const FED: u8 = 2;

/// `brand/` and the brand's number.
#[must_use]
pub fn brand_key(code: BrandCode) -> [u8; 10] {
    let mut key = *b"brand/\0\0\0\0";
    key[6..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// version ‖ provider ‖ flags ‖ channels of the feed ‖ allowed age by channel, in minutes ‖ title.
#[must_use]
pub fn encode_brand(brand: &Brand) -> Vec<u8> {
    let mut bytes = vec![BRAND_VERSION];
    bytes.extend(brand.iys_code.get().to_be_bytes());
    let (fed, channels) = match brand.feed {
        Feed::Import => (0, Channels::NONE),
        Feed::Iys(channels) => (FED, channels),
    };
    bytes.extend([if brand.active { ACTIVE } else { 0 } | fed, channels.bits()]);
    bytes.extend(brand.max_age.iter().flat_map(|age| age.map_or(0, MaxAge::minutes).to_be_bytes()));
    bytes.extend(brand.title.as_bytes());
    bytes
}

/// The brand of [`brand_key`] and [`encode_brand`].
pub fn decode_brand(key: &[u8], value: &[u8]) -> Result<Brand, InvalidBytes> {
    let code: [u8; 4] = key.strip_prefix(b"brand/").and_then(|code| code.try_into().ok()).ok_or(InvalidBytes::Length)?;
    let code = BrandCode::new(u32::from_be_bytes(code)).ok_or(InvalidBytes::Code)?;
    let mut reader = Reader(value);
    let version = reader.byte()?;
    if ![VERSION, BRAND_VERSION].contains(&version) {
        return Err(InvalidBytes::Version);
    }
    let iys_code = IysCode::new(reader.u32()?).ok_or(InvalidBytes::Code)?;
    let flags = reader.byte()?;
    if flags & !(ACTIVE | FED) != 0 || (version == VERSION && flags & FED != 0) {
        return Err(InvalidBytes::Code);
    }
    let (mut feed, mut max_age) = (Feed::Import, [None; Channel::ALL.len()]);
    if version == BRAND_VERSION {
        let channels = Channels::from_bits(reader.byte()?).ok_or(InvalidBytes::Code)?;
        if flags & FED != 0 {
            feed = Feed::Iys(channels);
        }
        for age in &mut max_age {
            *age = MaxAge::from_minutes(reader.u16()?);
        }
    }
    Ok(Brand { code, iys_code, title: reader.text()?.to_owned(), active: flags & ACTIVE != 0, feed, max_age })
}

/// `source/` and the code of a source outside the table; its value is the name.
#[must_use]
pub fn source_key(code: SourceCode) -> [u8; 11] {
    let mut key = *b"source/\0\0\0\0";
    key[7..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// The code of [`source_key`].
pub fn decode_source_key(key: &[u8]) -> Result<SourceCode, InvalidBytes> {
    let code = key.strip_prefix(b"source/").and_then(|code| code.try_into().ok()).ok_or(InvalidBytes::Length)?;
    Ok(SourceCode::from_stored(u32::from_be_bytes(code)))
}
