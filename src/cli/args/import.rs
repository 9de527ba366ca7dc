//! `izingate import`

use super::filter::encoding;
use crate::cli::{Target, brand_code, size};
use crate::model::brand::BrandCode;
use crate::model::text::encoding::Declared;
use crate::model::time::IysTime;
use clap::Args;
use std::path::PathBuf;

/// Reads İYS day files (.csv, .txt, .tsv, each also .gz), workbooks (.xlsx, .xlsm, .xls) and İYS's push items
/// (.ndjson). A row that cannot be taken is written to FILE.rejected.csv with its reason and never
/// stops the rest; importing a file twice changes nothing. Ends with 0 if every row was taken, 2 if
/// some were refused, 1 if the import failed.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ImportArgs {
    /// Where the movements go.
    #[command(flatten)]
    pub target: Target,
    /// Brand of the rows; needed unless every row names its own
    #[arg(long, value_name = "CODE", value_parser = brand_code)]
    pub brand: Option<BrandCode>,
    /// The files are exports of İYS's panel, whose rows carry no creationDate; needs --as-of. If
    /// no row is refused and no sheet is left unread, it is noted that each of their brands is complete up to then
    #[arg(long, requires = "as_of")]
    pub iys_export: bool,
    /// When the export was made, "YYYY-MM-DD HH:mm:ss" in Türkiye time; becomes the creationDate
    #[arg(long, value_name = "TIME", requires = "iys_export", value_parser = IysTime::parse)]
    pub as_of: Option<IysTime>,
    /// The sheet of a workbook [default: the only one with content]; other sheets with content then stay
    /// unread, and an export is not noted as complete
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Encoding of the files: utf-8, utf-16, windows-1254 or iso-8859-9 [default: UTF-8, or UTF-16 with its mark]
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    pub encoding: Option<Declared>,
    /// File with the secret of the pseudonyms; a running gateway uses its own
    /// [env: IZINGATE_SECRET_FILE, or the secret itself in IZINGATE_SECRET]
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "endpoint")]
    pub secret_file: Option<String>,
    /// Memory for sorting: bytes, or with K, M or G; what does not fit is sorted through files
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size, requires = "data", conflicts_with = "endpoint")]
    pub memory: u64,
    /// Room for temporary files beside the data: bytes, or with K, M or G [default: what is free]
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "data", conflicts_with = "endpoint")]
    pub disk: Option<u64>,
    /// Files of movements
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}
