//! `izingate brand`

use super::{Target, brand_code};
use crate::model::brand::{Brand, BrandCode, IysCode};
use clap::{Args, Subcommand};

/// What to do with brands.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum BrandCommand {
    /// Put a brand on file as active; one that is on file gets the new title and provider.
    Add(AddArgs),
    /// Show the brands on file.
    List(ListArgs),
    /// Mark a brand as not active at İYS: checks for it are then DENY SENDER_NOT_REGISTERED.
    Deactivate(DeactivateArgs),
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
    /// The number of its service provider at İYS (iysCode)
    #[arg(long, value_name = "CODE", value_parser = iys_code)]
    pub iys_code: IysCode,
    /// A name for people
    #[arg(long, value_name = "TEXT", value_parser = title)]
    pub title: String,
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

fn iys_code(text: &str) -> Result<IysCode, &'static str> {
    IysCode::parse(text).ok_or("a service provider's number at İYS is 1 to 4294967295")
}

fn title(text: &str) -> Result<String, String> {
    Brand::title(text).ok_or_else(|| format!("a title is one line of 1 to {} bytes", Brand::LONGEST_TITLE))
}
