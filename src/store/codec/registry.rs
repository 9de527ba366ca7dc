//! Brands and the names of sources, as `registry` holds them.

use super::{InvalidBytes, Reader, VERSION};
use crate::model::brand::mode::{Mode, ModeFrom, ModePlan};
use crate::model::brand::sender_profile::{DataKeeper, Keeper, OutOfScope, Standing};
use crate::model::brand::{Brand, BrandCode, Feed, IysCode, MaxAge};
use crate::model::consent::channel::{Channel, Channels};
use crate::model::consent::source::SourceCode;

/// The version of a brand that tells of its modes and standing; those of version 2 have none, and those of
/// version 1 no feed either.
const BRAND_VERSION: u8 = 3;
const FED_VERSION: u8 = 2;

const ACTIVE: u8 = 1;
const FED: u8 = 2;
const EXEMPT_ONLY: u8 = 4;
const REQUIRE_DECLARATION: u8 = 8;

const NO_KEEPER: u8 = 0;
const PROVIDER: u8 = 1;
const PARTNER: u8 = 2;

/// `brand/` and the brand's number.
#[must_use]
pub fn brand_key(code: BrandCode) -> [u8; 10] {
    let mut key = *b"brand/\0\0\0\0";
    key[6..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// version ‖ provider, 0 for none ‖ flags ‖ channels of the feed ‖ allowed age by channel, in minutes ‖ modes by
/// channel ‖ why out of scope ‖ declaration ‖ keeper ‖ title. A text but the last comes behind its length.
#[must_use]
pub fn encode_brand(brand: &Brand) -> Vec<u8> {
    let mut bytes = vec![BRAND_VERSION];
    bytes.extend(brand.iys_code.map_or(0, IysCode::get).to_be_bytes());
    let (fed, channels) = match brand.feed {
        Feed::Import => (false, Channels::NONE),
        Feed::Iys(channels) => (true, channels),
    };
    let standing = &brand.standing;
    let flags = [
        (brand.active, ACTIVE),
        (fed, FED),
        (standing.exempt_only, EXEMPT_ONLY),
        (standing.require_declaration, REQUIRE_DECLARATION),
    ];
    let flags = flags.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag);
    bytes.extend([flags, channels.bits()]);
    bytes.extend(brand.max_age.iter().flat_map(|age| age.map_or(0, MaxAge::minutes).to_be_bytes()));
    brand.modes.iter().for_each(|plan| push_plan(&mut bytes, plan));
    bytes.push(standing.out_of_scope.map_or(0, |reason| reason as u8));
    push_text(&mut bytes, &standing.declaration);
    push_keeper(&mut bytes, standing.keeper.as_ref());
    bytes.extend(brand.title.as_bytes());
    bytes
}

/// What is in force and what follows, each mode ‖ from when on; the second is zeros for none.
fn push_plan(bytes: &mut Vec<u8>, plan: &ModePlan) {
    for step in [Some(plan.current), plan.next] {
        let (mode, from) = step.map_or((0, 0), |ModeFrom { mode, from }| (mode as u8, from.unix()));
        bytes.push(mode);
        bytes.extend(from.to_be_bytes());
    }
}

/// kind ‖, but for none, declared at ‖ declaration ‖, for a partner, its name.
fn push_keeper(bytes: &mut Vec<u8>, keeper: Option<&DataKeeper>) {
    let Some(DataKeeper { keeper, declaration, declared }) = keeper else { return bytes.push(NO_KEEPER) };
    bytes.push(if *keeper == Keeper::Provider { PROVIDER } else { PARTNER });
    bytes.extend(declared.unix().to_be_bytes());
    push_text(bytes, declaration);
    if let Keeper::Partner(name) = keeper {
        push_text(bytes, name);
    }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    // Texts are bounded far below it where they come in.
    bytes.extend((text.len() as u16).to_be_bytes());
    bytes.extend(text.as_bytes());
}

/// The brand of [`brand_key`] and [`encode_brand`].
pub fn decode_brand(key: &[u8], value: &[u8]) -> Result<Brand, InvalidBytes> {
    let code: [u8; 4] = key.strip_prefix(b"brand/").and_then(|code| code.try_into().ok()).ok_or(InvalidBytes::Length)?;
    let code = BrandCode::new(u32::from_be_bytes(code)).ok_or(InvalidBytes::Code)?;
    let mut reader = Reader(value);
    let version = reader.byte()?;
    let known = match version {
        VERSION => ACTIVE,
        FED_VERSION => ACTIVE | FED,
        BRAND_VERSION => ACTIVE | FED | EXEMPT_ONLY | REQUIRE_DECLARATION,
        _ => return Err(InvalidBytes::Version),
    };
    let iys_code = IysCode::new(reader.u32()?);
    let flags = reader.byte()?;
    if flags & !known != 0 {
        return Err(InvalidBytes::Code);
    }
    let (mut feed, mut max_age) = (Feed::Import, [None; Channel::ALL.len()]);
    if version >= FED_VERSION {
        let channels = Channels::from_bits(reader.byte()?).ok_or(InvalidBytes::Code)?;
        if flags & FED != 0 {
            feed = Feed::Iys(channels);
        }
        for age in &mut max_age {
            *age = MaxAge::from_minutes(reader.u16()?);
        }
    }
    let (mut modes, mut standing) = ([ModePlan::ENFORCED; Channel::ALL.len()], Standing::NONE);
    if version == BRAND_VERSION {
        for plan in &mut modes {
            *plan = reader.plan()?;
        }
        standing = reader.standing(flags)?;
    }
    if iys_code.is_none() && !standing.may_lack_iys_code() {
        return Err(InvalidBytes::Code);
    }
    let title = reader.text()?.to_owned();
    Ok(Brand { code, iys_code, title, active: flags & ACTIVE != 0, feed, max_age, modes, standing })
}

impl Reader<'_> {
    fn plan(&mut self) -> Result<ModePlan, InvalidBytes> {
        let current = self.step()?.ok_or(InvalidBytes::Code)?;
        Ok(ModePlan { current, next: self.step()? })
    }

    fn step(&mut self) -> Result<Option<ModeFrom>, InvalidBytes> {
        match (self.byte()?, self.time()?) {
            (0, from) if from.unix() == 0 => Ok(None),
            (code, from) => Ok(Some(ModeFrom { mode: Mode::from_code(code).ok_or(InvalidBytes::Code)?, from })),
        }
    }

    fn standing(&mut self, flags: u8) -> Result<Standing, InvalidBytes> {
        let out_of_scope = match self.byte()? {
            0 => None,
            code => Some(OutOfScope::from_code(code).ok_or(InvalidBytes::Code)?),
        };
        Ok(Standing {
            out_of_scope,
            exempt_only: flags & EXEMPT_ONLY != 0,
            require_declaration: flags & REQUIRE_DECLARATION != 0,
            declaration: self.measured_text()?,
            keeper: self.keeper()?,
        })
    }

    fn keeper(&mut self) -> Result<Option<DataKeeper>, InvalidBytes> {
        let kind = self.byte()?;
        if kind == NO_KEEPER {
            return Ok(None);
        }
        let (declared, declaration) = (self.time()?, self.measured_text()?);
        let keeper = match kind {
            PROVIDER => Keeper::Provider,
            PARTNER => Keeper::Partner(self.measured_text()?),
            _ => return Err(InvalidBytes::Code),
        };
        Ok(Some(DataKeeper { keeper, declaration, declared }))
    }

    fn measured_text(&mut self) -> Result<String, InvalidBytes> {
        let length = usize::from(self.u16()?);
        let (text, rest) = self.0.split_at_checked(length).ok_or(InvalidBytes::Length)?;
        self.0 = rest;
        Reader(text).text().map(str::to_owned)
    }
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
