//! `izingate import`.

use super::CommandError;
use super::brand::remote_brands;
use crate::app::open::{self, Opened};
use crate::cli::import::ImportArgs;
use crate::config::SecretSource;
use crate::import::{self, Bounds, Place, Progress, Remote, Rules, Summary};
use crate::index::Index;
use crate::ingest::{Boot, Setup, Writer};
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Commands that may wait for the writer: slices, which bound themselves.
const QUEUE: usize = 4;

/// Imports; the summary is for standard output and says the exit code.
pub fn import(args: &ImportArgs) -> Result<Summary, CommandError> {
    match &args.target.data {
        Some(data) => offline(args, data),
        None => online(args),
    }
}

fn online(args: &ImportArgs) -> Result<Summary, CommandError> {
    let url = args.target.endpoint.as_deref().unwrap_or_default();
    let target = Remote::connect(url, args.brand, args.as_of)?;
    let on_file = remote_brands(&args.target)?.into_iter().map(|brand| brand.code).collect();
    require_brand(args.brand, &on_file)?;
    Ok(import::run(&args.files, &target, &mut Progress::stderr())?)
}

fn offline(args: &ImportArgs, data: &Path) -> Result<Summary, CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let Opened { data: _held, store, pseudonymizer, .. } = open::existing(data, &secret)?;
    let store = Arc::new(store);
    let brands: HashSet<BrandCode> = store.brands()?.into_iter().map(|brand| brand.code).collect();
    require_brand(args.brand, &brands)?;
    let setup = Setup {
        store: Arc::clone(&store),
        index: Index::default(),
        queue: QUEUE,
        observer: Box::new(|_| {}),
        clock: IysTime::now,
    };
    let (writer, sink, _) = Writer::start(setup, Boot::Skip)?;
    let rules = Rules { pseudonymizer, brands, brand: args.brand, now: IysTime::now(), export_as_of: args.as_of };
    let bounds = Bounds { memory: args.memory, disk: args.disk };
    let place = Place { store: &store, writer: &sink };
    let summary = import::bulk(&args.files, &rules, &place, bounds, &mut Progress::stderr());
    drop(sink);
    writer.join();
    Ok(summary?)
}

fn require_brand(brand: Option<BrandCode>, on_file: &HashSet<BrandCode>) -> Result<(), CommandError> {
    match brand {
        Some(code) if !on_file.contains(&code) => Err(CommandError::UnknownBrand(code)),
        _ => Ok(()),
    }
}
