//! `izingate reconcile`

use crate::cli::brand_code;
use crate::model::brand::BrandCode;
use crate::net::endpoint::GatewayUrl;
use clap::Args;

/// Which day of which brand.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ReconcileArgs {
    /// The brand's number at İYS (brandCode)
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: BrandCode,
    /// A finished day, at most seven days ago
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: String,
    /// The running gateway, http://HOST:PORT or HOST:PORT [env: IZINGATE_ENDPOINT] [default: http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<GatewayUrl>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}
