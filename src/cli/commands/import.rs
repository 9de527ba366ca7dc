//! `izingate import`.

use super::brand::{has_no_age, remote_brands, with_feeds};
use super::{CommandError, gateway, runtime, writer_of};
use crate::cli::args::import::ImportArgs;
use crate::config::SecretSource;
use crate::data::open;
use crate::data::open::Opened;
use crate::files::FileOptions;
use crate::import::{self, Bounds, Place, Progress, Remote, Rules, Summary};
use crate::ingest::WriterHandle;
use crate::model::brand::{Brand, BrandCode};
use crate::model::time::IysTime;
use crate::ports::{FeedNote, MovementSink};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Imports; the summary is for standard output and says the exit code.
pub fn import(args: &ImportArgs) -> Result<Summary, CommandError> {
    match &args.target.data {
        Some(data) => offline(args, data),
        None => online(args),
    }
}

fn online(args: &ImportArgs) -> Result<Summary, CommandError> {
    let target = Remote::connect(&gateway(&args.target)?, args.brand, args.as_of)?;
    let on_file = remote_brands(&args.target)?;
    require_brand(args.brand, &on_file.iter().map(|brand| brand.code).collect())?;
    let summary = import::run(&args.files, options(args), &target, &mut Progress::stderr())?;
    let of_command = on_file.into_iter().filter(|on_file| Some(on_file.code) == args.brand).collect();
    for brand in with_feeds(&args.target, of_command)? {
        warn_of_no_age(&brand);
    }
    if args.as_of.is_some() && is_complete(&summary) {
        target.export_complete(&target.brands())?;
    }
    Ok(summary)
}

fn offline(args: &ImportArgs, data: &Path) -> Result<Summary, CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let Opened { data: _held, store, pseudonymizer, clock, .. } = open::existing(data, &secret)?;
    let store = Arc::new(store);
    let on_file = store.brands()?;
    let brands: HashSet<BrandCode> = on_file.iter().map(|brand| brand.code).collect();
    require_brand(args.brand, &brands)?;
    let (writer, sink) = writer_of(&store)?;
    let rules = Rules { pseudonymizer, brands, brand: args.brand, now: clock.receipt(), export_as_of: args.as_of };
    let bounds = Bounds { memory: args.memory, disk: args.disk };
    let place = Place { store: &store, writer: &sink };
    let summary = import::bulk(&args.files, options(args), &rules, &place, bounds, &mut Progress::stderr());
    let noted = match (&summary, args.as_of) {
        (Ok(summary), Some(as_of)) => note_export(&sink, summary, as_of),
        _ => Ok(()),
    };
    drop(sink);
    writer.join();
    let summary = noted.and(Ok(summary?))?;
    for brand in on_file.iter().filter(|on_file| Some(on_file.code) == args.brand) {
        warn_of_no_age(brand);
    }
    Ok(summary)
}

/// What is imported into a brand is answered from for ever, unless its age is bounded.
fn warn_of_no_age(brand: &Brand) {
    if has_no_age(brand) {
        tracing::warn!(
            brand = brand.code.get(),
            "no age: checks of this brand are answered from its imports however old they are; izingate brand add with --max-age bounds it"
        );
    }
}

/// A panel export that was taken in whole says what its brands hold as of its moment. One with rows that were
/// refused does not: a refused row may have been a refusal. Neither does one of which a sheet was not read.
fn is_complete(summary: &Summary) -> bool {
    let complete = summary.is_whole();
    if !complete {
        tracing::warn!(
            "rows are missing or a part of a workbook was not read, so the export is not noted as complete; see izingate brand heal"
        );
    }
    complete
}

fn note_export(sink: &WriterHandle, summary: &Summary, as_of: IysTime) -> Result<(), CommandError> {
    if !is_complete(summary) {
        return Ok(());
    }
    let notes = summary.brands.iter().map(|brand| FeedNote::Exported(*brand, as_of)).collect();
    runtime()?.block_on(sink.follow(Vec::new(), notes))?;
    Ok(())
}

fn options(args: &ImportArgs) -> FileOptions<'_> {
    FileOptions { sheet: args.sheet.as_deref(), encoding: args.encoding }
}

fn require_brand(brand: Option<BrandCode>, on_file: &HashSet<BrandCode>) -> Result<(), CommandError> {
    match brand {
        Some(code) if !on_file.contains(&code) => Err(CommandError::UnknownBrand(code)),
        _ => Ok(()),
    }
}
