//! What a question says beside its brand, its channel and its recipient, for every command that asks.

use super::retailer::retailer;
use crate::cli::recipient_type;
use crate::model::brand::retailer::Retailer;
use crate::model::consent::channel::RecipientType;
use crate::model::decision::question::Purpose;
use clap::Args;

/// What a question says beside its brand, its channel and its recipient.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct QuestionArgs {
    /// BIREYSEL or TACIR
    #[arg(long, value_name = "TYPE", value_parser = recipient_type, default_value = "BIREYSEL")]
    pub recipient_type: RecipientType,
    /// The retailer that sends under the brand's consent [default: the brand itself]
    #[arg(long, value_name = "CODE", value_parser = retailer)]
    pub retailer: Option<Retailer>,
    /// TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 or KAPSAM_DISI
    #[arg(long, value_name = "PURPOSE", value_parser = purpose, default_value = "TICARI")]
    pub purpose: Purpose,
    /// A revision that must be visible, else the answer is DEFER
    #[arg(long, value_name = "REVISION", default_value_t = 0)]
    pub min_revision: u64,
    /// Your own mark, kept in evidence
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reference: String,
}

fn purpose(text: &str) -> Result<Purpose, &'static str> {
    Purpose::from_name(text).ok_or("a purpose is TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 or KAPSAM_DISI")
}
