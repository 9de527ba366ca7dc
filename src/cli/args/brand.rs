//! `izingate brand`

use super::declaration::name;
use crate::cli::{Target, brand_code};
use crate::model::brand::mode::Mode;
use crate::model::brand::sender_profile::{OutOfScope, Standing};
use crate::model::brand::{Brand, BrandCode, IysCode, MaxAge};
use crate::model::consent::channel::Channel;
use crate::model::time::IysTime;
use clap::{Args, Subcommand};

/// What to do with brands.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum BrandCommand {
    /// Put a brand on file as active; one that is on file gets the new title and provider, and keeps its
    /// feed, its modes and whatever else is not given.
    Add(AddArgs),
    /// Show the brands on file.
    List(ListArgs),
    /// Say how a brand's rows STALE, REFUSED, NO_RECORD and RETAILER_NOT_AUTHORISED are enforced.
    Mode(ModeArgs),
    /// Mark a brand as not active at İYS: checks for it are then DENY SENDER_NOT_REGISTERED.
    Deactivate(DeactivateArgs),
    /// End the gap of a brand that follows İYS's streams: what was missed may be a refusal, so its checks are
    /// DEFER STALE until then.
    Heal(HealArgs),
}

/// Arguments of `brand add`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AddArgs {
    /// Where the brand is put on file.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// The number of its service provider at İYS (iysCode); with --out-of-scope or --exempt-only there may be none
    #[arg(long, value_name = "CODE", value_parser = iys_code, required_unless_present_any = ["out_of_scope", "exempt_only"])]
    pub iys_code: Option<IysCode>,
    /// A name for people
    #[arg(long, value_name = "TEXT", value_parser = title)]
    pub title: String,
    /// How old its data may be before checks are DEFER STALE: 3h, 90m, 2d, or MESAJ=90m for one channel,
    /// up to 45d; default is that of its feed: 3h for one that follows İYS, none for others. May be repeated; if given, channels that
    /// are not named are reset to the default
    #[arg(long, value_name = "[TYPE=]AGE", value_parser = AgeArg::parse)]
    pub max_age: Vec<AgeArg>,
    /// What is on file of it beside its record at İYS.
    #[command(flatten)]
    pub standing: StandingArgs,
}

/// What is on file of a sender beside its record at İYS; what is not given stays as it is.
#[derive(Args, Clone, Debug, PartialEq, Eq, Default)]
pub struct StandingArgs {
    /// It lies outside the regulation: 2/2-b (pupils and their parents) or 2/2-c (members); none ends it
    #[arg(long, value_name = "2/2-b|2/2-c", value_parser = OutOfScopeArg::parse)]
    pub out_of_scope: Option<OutOfScopeArg>,
    /// It sends nothing but exempt messages: SENDER_NOT_REGISTERED does not stop those, where policy.exempt_only
    /// accepts it; --exempt-only=false ends it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub exempt_only: Option<bool>,
    /// Its declaration behind --out-of-scope or --exempt-only: who signed what, where it is filed
    #[arg(long, value_name = "TEXT", value_parser = declaration)]
    pub declaration: Option<String>,
    /// Its exempt e-mails need a declaration too, from which 17/A frees them; --require-declaration=false ends it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub require_declaration: Option<bool>,
    /// A partner keeps its data at İYS
    #[arg(long, value_name = "NAME", value_parser = name, requires = "keeper_declaration", group = "keeper")]
    pub keeper_partner: Option<String>,
    /// The provider keeps its data at İYS, on its own responsibility
    #[arg(long, requires = "keeper_declaration", group = "keeper")]
    pub keeper_self: bool,
    /// The declaration of who keeps its data at İYS: who signed what, where it is filed
    #[arg(long, value_name = "TEXT", value_parser = declaration, requires = "keeper")]
    pub keeper_declaration: Option<String>,
}

/// A reason to lie outside the regulation, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfScopeArg(pub Option<OutOfScope>);

impl OutOfScopeArg {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "none" {
            return Ok(Self(None));
        }
        OutOfScope::from_name(text).map(|reason| Self(Some(reason))).ok_or("what lies outside is 2/2-b, 2/2-c or none")
    }
}

/// Arguments of `brand mode`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ModeArgs {
    /// Where the brand is on file.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// ARAMA, MESAJ or EPOSTA; may be repeated [default: all]
    #[arg(long = "type", value_name = "TYPE", value_parser = channel)]
    pub channels: Vec<Channel>,
    /// enforce; advise lets messages through that those rows stop, and tells; shadow does the same and is counted
    /// apart, for a rollout
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub mode: Mode,
    /// From when on, "YYYY-MM-DD HH:mm:ss" in Türkiye time; until then what is in force stays [default: now]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub from: Option<IysTime>,
}

/// An age of one channel or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeArg {
    /// Of which; none for all.
    pub channel: Option<Channel>,
    /// The age; none for the default of the feed.
    pub age: Option<MaxAge>,
}

/// Arguments of `brand heal`. Without --vouch or --drop-doubtful what is in doubt is only counted; if nothing
/// is, the gap is ended.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct HealArgs {
    /// Where the brand is on file.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// What was imported is complete up to the end of the gap
    #[arg(long, conflicts_with = "drop_doubtful")]
    pub vouch: bool,
    /// Approvals of before the end of the gap count as not listed at İYS
    #[arg(long)]
    pub drop_doubtful: bool,
}

/// Arguments of `brand list`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ListArgs {
    /// Whose brands.
    #[command(flatten)]
    pub target: Target,
}

/// Arguments of `brand deactivate`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DeactivateArgs {
    /// Where the brand is on file.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
}

impl AgeArg {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let wrong = "an age is 3h, 90m or 2d, up to 45d, or default; before it may stand ARAMA=, MESAJ= or EPOSTA=";
        let (channel, age) = match text.split_once('=') {
            Some((name, age)) => (Some(Channel::from_name(name).ok_or(wrong)?), age),
            None => (None, text),
        };
        let age = if age == "default" { None } else { Some(age_of(age).ok_or(wrong)?) };
        Ok(Self { channel, age })
    }

    /// The ages by channel that arguments come to, in their order.
    #[must_use]
    pub fn all(args: &[Self]) -> [Option<MaxAge>; Channel::ALL.len()] {
        let mut ages = [None; Channel::ALL.len()];
        for arg in args {
            for channel in Channel::ALL.into_iter().filter(|channel| arg.channel.is_none_or(|only| only == *channel)) {
                ages[channel as usize] = arg.age;
            }
        }
        ages
    }
}

fn age_of(text: &str) -> Option<MaxAge> {
    let unit = match text.as_bytes().last()? {
        b'm' => 1,
        b'h' => 60,
        b'd' => 24 * 60,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let number: u16 = if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok()? } else { return None };
    MaxAge::from_minutes(number.checked_mul(unit)?).filter(|age| *age <= MaxAge::LONGEST)
}

fn iys_code(text: &str) -> Result<IysCode, &'static str> {
    IysCode::parse(text).ok_or("a service provider's number at İYS is 1 to 4294967295")
}

fn channel(text: &str) -> Result<Channel, &'static str> {
    Channel::from_name(text).ok_or("a type is ARAMA, MESAJ or EPOSTA")
}

fn mode(text: &str) -> Result<Mode, &'static str> {
    Mode::from_name(text).ok_or("a mode is enforce, advise or shadow")
}

fn declaration(text: &str) -> Result<String, String> {
    let wrong = || format!("a declaration is one line of 1 to {} bytes", Standing::LONGEST_DECLARATION);
    Standing::declaration(text).ok_or_else(wrong)
}

fn title(text: &str) -> Result<String, String> {
    Brand::title(text).ok_or_else(|| format!("a title is one line of 1 to {} bytes", Brand::LONGEST_TITLE))
}
