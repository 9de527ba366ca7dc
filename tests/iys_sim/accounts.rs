//! Who may ask for what.

use super::answer::Problem;
use super::brand::Brand;
use super::route::Call;
use izingate::model::consent::channel::Channel;
use std::collections::BTreeMap;

/// An API user; its password is İYS's business and in no log.
pub struct User {
    pub password: String,
    pub role: Role,
}

pub enum Role {
    /// Every brand of one provider.
    Provider { iys_code: u32 },
    /// What providers have granted, by brand.
    Partner { integrator_code: u32, grants: BTreeMap<u32, Grant> },
}

/// A partner's right on one channel of one brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    None,
    Read,
    Write,
}

/// What a partner may do for one brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub arama: Right,
    pub mesaj: Right,
    pub eposta: Right,
    /// Day file, hash and summary.
    pub agreement: bool,
}

impl Grant {
    pub const ALL: Self = Self { arama: Right::Write, mesaj: Right::Write, eposta: Right::Write, agreement: true };
    pub const NONE: Self = Self { arama: Right::None, mesaj: Right::None, eposta: Right::None, agreement: false };

    pub const fn right(self, channel: Channel) -> Right {
        match channel {
            Channel::Arama => self.arama,
            Channel::Mesaj => self.mesaj,
            Channel::Eposta => self.eposta,
        }
    }

    pub fn reads(self, channel: Channel) -> bool {
        self.right(channel) != Right::None
    }

    /// 403 without the right to read a channel.
    pub fn must_read(self, channel: Channel) -> Result<(), Problem> {
        if self.reads(channel) { Ok(()) } else { Err(Problem::no_right("type")) }
    }

    /// 403 without the right to reconcile.
    pub fn must_agree(self) -> Result<(), Problem> {
        if self.agreement { Ok(()) } else { Err(Problem::no_right("brandCode")) }
    }
}

impl Right {
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Role {
    /// What the user may do for a brand.
    pub fn grant(&self, brand: &Brand) -> Option<Grant> {
        match self {
            Self::Provider { iys_code } => (*iys_code == brand.iys_code).then_some(Grant::ALL),
            Self::Partner { grants, .. } => grants.get(&brand.code).copied().filter(|grant| *grant != Grant::NONE),
        }
    }

    fn knows_provider(&self, iys_code: u32, brands: &BTreeMap<u32, Brand>) -> bool {
        match self {
            Self::Provider { iys_code: own } => *own == iys_code,
            Self::Partner { grants, .. } => {
                grants.keys().any(|code| brands.get(code).is_some_and(|brand| brand.iys_code == iys_code))
            }
        }
    }

    /// The brand that a call names and what the user may do for it.
    pub fn admit(&self, call: &Call, brands: &BTreeMap<u32, Brand>) -> Result<(u32, Grant), Problem> {
        let iys_code = self.provider(call, brands)?;
        let code = number(&call.path[1], "H191", "brandCode")?;
        let brand = brands.get(&code).filter(|brand| brand.iys_code == iys_code);
        let grant = brand.and_then(|brand| self.grant(brand)).ok_or_else(|| Problem::no_right("brandCode"))?;
        Ok((code, grant))
    }

    /// The provider that a call names.
    pub fn provider(&self, call: &Call, brands: &BTreeMap<u32, Brand>) -> Result<u32, Problem> {
        let iys_code = number(&call.path[0], "H190", "iysCode")?;
        if self.knows_provider(iys_code, brands) { Ok(iys_code) } else { Err(Problem::no_right("iysCode")) }
    }
}

fn number(text: &str, code: &'static str, field: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| Problem::at(field, code, format!("{field} integer bir değer olmalıdır."), text))
}
