//! Whose consents may be read: the brands of a provider, or those that authorised a partner.

use crate::iys::client::Iys;
use crate::iys::error::IysError;
use crate::iys::lenient::Text;
use crate::iys::link::Call;
use crate::iys::rate_limit::Priority;
use crate::model::brand::{Brand, BrandCode, IysCode};
use crate::model::consent::channel::Channel;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::atomic::Ordering;

/// A brand with its provider: every path of İYS's names both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sender {
    /// The provider.
    pub iys_code: IysCode,
    /// The brand.
    pub brand: BrandCode,
}

/// A brand that İYS lists for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBrand {
    /// Which one.
    pub sender: Sender,
    /// Its name; its number where İYS gives none that is one line.
    pub title: String,
    /// Whether it is the provider's main brand.
    pub master: bool,
    /// What we may read.
    pub rights: Rights,
}

/// The channels whose consents may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Rights {
    arama: bool,
    mesaj: bool,
    eposta: bool,
}

/// İYS gives at most 100 a page (H186).
const PAGE: usize = 100;
/// A list is held in memory. İYS's limits let nobody follow as many brands as this (F§1.2).
const MOST: usize = 100_000;

#[derive(Deserialize)]
struct Listed {
    #[serde(default, rename = "brandCode")]
    brand: Text,
    #[serde(default, rename = "iysCode")]
    iys_code: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    master: Value,
    #[serde(default, rename = "ARAMA")]
    arama: Value,
    #[serde(default, rename = "MESAJ")]
    mesaj: Value,
    #[serde(default, rename = "EPOSTA")]
    eposta: Value,
}

#[derive(Deserialize)]
struct PartnerPage {
    #[serde(default)]
    list: Option<Vec<Value>>,
}

impl Sender {
    /// The start of every path about the brand.
    pub(in crate::iys) fn path(self) -> String {
        format!("/sps/{}/brands/{}", self.iys_code, self.brand)
    }
}

impl Rights {
    /// A provider's own brands.
    pub const ALL: Self = Self { arama: true, mesaj: true, eposta: true };

    /// Whether the channel's consents may be read.
    #[must_use]
    pub const fn may_read(self, channel: Channel) -> bool {
        match channel {
            Channel::Arama => self.arama,
            Channel::Mesaj => self.mesaj,
            Channel::Eposta => self.eposta,
        }
    }

    /// Rights on some channels.
    #[must_use]
    pub fn on(channels: &[Channel]) -> Self {
        let has = |channel| channels.contains(&channel);
        Self { arama: has(Channel::Arama), mesaj: has(Channel::Mesaj), eposta: has(Channel::Eposta) }
    }
}

impl Iys {
    /// The brands of a provider.
    pub async fn own_brands(&self, iys_code: IysCode) -> Result<Vec<ListedBrand>, IysError> {
        let call = Call::get(format!("/sps/{iys_code}/brands"), Priority::Normal);
        let listed: Vec<Value> = self.json(&call).await?.value.unwrap_or_default();
        Ok(self.read_all(listed, |listed| listed.own(iys_code)))
    }

    /// The brands that authorised a partner.
    pub async fn partner_brands(&self, integrator_code: IysCode) -> Result<Vec<ListedBrand>, IysError> {
        let (mut brands, mut known, mut offset) = (Vec::new(), HashSet::new(), 0);
        loop {
            let path = format!("/integrator/{integrator_code}/sps?offset={offset}&limit={PAGE}");
            let page: Option<PartnerPage> = self.json(&Call::get(path, Priority::Normal)).await?.value;
            let listed = page.and_then(|page| page.list).unwrap_or_default();
            offset += listed.len();
            let before = brands.len();
            brands.extend(self.read_all(listed, Listed::partners).into_iter().filter(|brand| known.insert(brand.sender)));
            // An empty page ends the list; one with nothing new ends a list that knows no offset.
            if brands.len() == before {
                return Ok(brands);
            }
            if brands.len() > MOST {
                return Err(IysError::unreadable(200, "a list of brands without end"));
            }
        }
    }

    fn read_all(&self, listed: Vec<Value>, read: impl Fn(&Listed) -> Option<ListedBrand>) -> Vec<ListedBrand> {
        let all = listed.len();
        let listed = listed.into_iter().filter_map(|value| serde_json::from_value(value).ok());
        let brands: Vec<ListedBrand> = listed.filter_map(|listed: Listed| read(&listed)).collect();
        let unreadable = all - brands.len();
        self.counters().unreadable.fetch_add(unreadable as u64, Ordering::Relaxed);
        brands
    }
}

impl Listed {
    fn own(&self, iys_code: IysCode) -> Option<ListedBrand> {
        self.read(iys_code, Rights::ALL)
    }

    fn partners(&self) -> Option<ListedBrand> {
        let rights = Rights { arama: is_right(&self.arama), mesaj: is_right(&self.mesaj), eposta: is_right(&self.eposta) };
        let iys_code = IysCode::parse(&self.iys_code.0)?;
        self.read(iys_code, rights)
    }

    fn read(&self, iys_code: IysCode, rights: Rights) -> Option<ListedBrand> {
        let brand = BrandCode::parse(&self.brand.0)?;
        let title = Brand::title(&self.name.0).unwrap_or_else(|| brand.to_string());
        let master = self.master == Value::Bool(true) || self.master == "true";
        Some(ListedBrand { sender: Sender { iys_code, brand }, title, master, rights })
    }
}

/// `"write"` is what is seen; whoever may write or read may read.
fn is_right(value: &Value) -> bool {
    match value {
        Value::Bool(held) => *held,
        Value::String(right) => !matches!(right.trim().to_ascii_lowercase().as_str(), "" | "none" | "false"),
        _ => false,
    }
}
