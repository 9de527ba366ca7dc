//! `izingate declaration`

use crate::cli::{Target, brand_code};
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::{Declared, DocumentHash, Exemption};
use crate::model::decision::question::Purpose;
use crate::model::time::IysTime;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with declarations.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum DeclarationCommand {
    /// Put the declaration of a sender on file: that its messages of a purpose are exempt (6/5, 11/8).
    Add(AddArgs),
    /// Show the declarations on file, revoked ones too.
    List(ListArgs),
    /// End a declaration, from now on; it stays on file.
    Revoke(RevokeArgs),
}

/// Arguments of `declaration add`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AddArgs {
    /// Where it is put on file.
    #[command(flatten)]
    pub target: Target,
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// Which of its messages are exempt: MUAF_6_1, MUAF_6_2 or MUAF_6_4
    #[arg(long, value_name = "PURPOSE", value_parser = exemption)]
    pub purpose: Exemption,
    /// Who declared it, for people
    #[arg(long, value_name = "TEXT", value_parser = name)]
    pub declared_by: String,
    /// When, "YYYY-MM-DD HH:mm:ss" in Türkiye time; not valid before [default: now]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub declared_at: Option<IysTime>,
    /// Until when it is valid, not included, in Türkiye time [default: no end]
    #[arg(long, value_name = "TIME", value_parser = IysTime::parse)]
    pub valid_until: Option<IysTime>,
    /// Its document.
    #[command(flatten)]
    pub document: Document,
}

/// The document of a declaration, of which only the hash is kept.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[group(required = true, multiple = false)]
pub struct Document {
    /// The signed document; its SHA-256 is put on file, it stays where it is
    #[arg(long, value_name = "FILE")]
    pub document: Option<PathBuf>,
    /// The SHA-256 of the signed document, 64 hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = hash)]
    pub document_sha256: Option<DocumentHash>,
}

/// Arguments of `declaration list`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ListArgs {
    /// Whose declarations.
    #[command(flatten)]
    pub target: Target,
    /// Only those of this brand
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: Option<BrandCode>,
}

/// Arguments of `declaration revoke`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RevokeArgs {
    /// Where it is on file.
    #[command(flatten)]
    pub target: Target,
    /// Its number, as `declaration list` shows it
    #[arg(value_name = "ID")]
    pub id: u64,
}

fn exemption(text: &str) -> Result<Exemption, &'static str> {
    let exemption = Purpose::from_name(text).and_then(Purpose::exemption);
    exemption.ok_or("an exempt purpose is MUAF_6_1, MUAF_6_2 or MUAF_6_4")
}

fn hash(text: &str) -> Result<DocumentHash, &'static str> {
    DocumentHash::parse(text).ok_or("a SHA-256 is 64 hexadecimal digits")
}

pub(super) fn name(text: &str) -> Result<String, String> {
    Declared::name(text).ok_or_else(|| format!("a name is one line of 1 to {} bytes", Declared::LONGEST_NAME))
}
