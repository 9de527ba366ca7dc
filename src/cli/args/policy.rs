//! `izingate policy`

use crate::model::language::Language;
use clap::{Args, Subcommand};

/// What to do with the policy.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum PolicyCommand {
    /// Print the decision table in Markdown, as the code decides.
    Table(TableArgs),
}

/// Arguments of `policy table`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct TableArgs {
    /// In which language: en or tr
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = language)]
    pub lang: Language,
}

pub(super) fn language(text: &str) -> Result<Language, &'static str> {
    match text {
        "en" => Ok(Language::English),
        "tr" => Ok(Language::Turkish),
        _ => Err("a language is en or tr"),
    }
}
