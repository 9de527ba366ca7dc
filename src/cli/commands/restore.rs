//! `izingate restore`.

use super::CommandError;
use crate::cli::args::backup::RestoreArgs;
use crate::config::SecretSource;
use crate::data::data_dir::{DataDir, configured_secret};
use crate::data::open::OpenError;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::store::backup::{Manifest, restore as files};

/// Makes a data directory of a backup; what it returns is for standard output.
///
/// Everything that can be wrong with the backup is looked for before the directory is touched. Until the
/// last step the copy lies in a folder that no other command takes for data.
pub fn restore(args: &RestoreArgs) -> Result<String, CommandError> {
    let source = SecretSource::load(args.secret_file.as_deref())?;
    let secret = configured_secret(&source).map_err(OpenError::from)?.map(|secret| Pseudonymizer::new(&secret));
    let manifest = Manifest::read(&args.from)?;
    if let Some(secret) = &secret {
        files::check_secret(&manifest, secret)?;
    }
    manifest.verify(&args.from)?;

    let data = DataDir::take_empty(&args.data).map_err(OpenError::from)?;
    let folder = data.begin_restoring().map_err(OpenError::from)?;
    let census = files::copy(&manifest, &args.from, &folder, secret.as_ref())?;
    let now = IysTime::now();
    files::forget_evidence(&folder, now)?;
    // A refusal that came after the backup is not in it. One that was told here alone comes from nowhere else.
    let missing = if args.nothing_since { 0 } else { files::note_missed(&folder, made_at(&manifest), now)? };
    data.end_restoring().map_err(OpenError::from)?;

    let remark = if secret.is_some() {
        "The secret given is the right one; it was not copied: the gateway has to be given it too."
    } else {
        "The secret is not in a backup: put it into secret.key in the data directory, or configure it. Whether it is\n\
         the right one is seen at the next start."
    };
    let (made_at, revision) = (&manifest.made_at, manifest.revision);
    let stale = match missing {
        0 => String::new(),
        brands => format!(
            "{brands} brands answer STALE: what came after {made_at} is not in the backup, and a refusal may be among it. Take it in again (feed,\n\
             imports), then end the gap of each: izingate brand heal --brand CODE. If the gateway was stopped when the backup was made and has\n\
             not run since, restore with --nothing-since.\n"
        ),
    };
    Ok(format!(
        "{}\nmade      {made_at}\nrevision  {revision}\nrelations {}\nONAY      {}\nRET       {}\n{remark}\n{stale}\
         A backup holds no evidence: a record begins with the next start, or continues with the folder evidence of the directory\n\
         that was backed up, copied to {}. If that is newer than the backup, a start says whether anything acknowledged is lost.\n",
        args.data.display(),
        census.relations,
        census.onay,
        census.ret,
        args.data.join("evidence").display(),
    ))
}

/// When the backup was made; 1970 where that cannot be read.
fn made_at(manifest: &Manifest) -> IysTime {
    manifest.made_at.get(..19).and_then(|time| IysTime::parse(time).ok()).unwrap_or(IysTime::from_unix(0))
}
