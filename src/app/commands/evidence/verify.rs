//! `izingate evidence verify`.

use super::key::read_key;
use super::{CommandError, folder_of, unreadable};
use crate::cli::evidence::VerifyArgs;
use crate::evidence::entry::Event;
use crate::evidence::note::Verifier;
use crate::evidence::verify::{Report, Scope, verify as check};
use crate::model::time::IysTime;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Something is not what was written.
const DIFFERS: u8 = 3;

/// Checks the record; exit code 3 if anything is not what was written.
pub(super) fn verify(args: &VerifyArgs) -> Result<(String, u8), CommandError> {
    let folder = folder_of(&args.data)?;
    let key = match &args.key {
        Some(key) if Path::new(key).is_file() => fs::read_to_string(key).map_err(unreadable(Path::new(key)))?,
        Some(key) => key.clone(),
        None => read_key(&folder)?,
    };
    let key = Verifier::parse(&key).map_err(|error| CommandError::refused("INVALID_KEY", error))?;
    let read = |path: &PathBuf| fs::read_to_string(path).map_err(unreadable(path));
    let kept = args.checkpoint.as_ref().map(read).transpose()?;
    let kept = kept.map(|text| checkpoint_of(&text).to_owned());
    let scope = Scope { segments: args.from..=args.to, key, kept: kept.as_deref() };
    let report = check(&folder, &scope).map_err(unreadable(&folder))?;
    if report.read == 0 && report.segments > report.removed {
        let text = format!("no segment from {} to {} is there to be read", args.from, args.to);
        return Err(CommandError::refused("NOTHING_READ", text));
    }
    let code = if report.problems.is_empty() { 0 } else { DIFFERS };
    Ok((shown(&report), code))
}

/// The checkpoint of a text that may be all that `evidence key` prints: key, empty line, checkpoint.
fn checkpoint_of(text: &str) -> &str {
    let key = text.lines().next().is_some_and(|line| Verifier::parse(line).is_ok());
    let behind = if key { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    behind.trim_start_matches('\n')
}

fn shown(report: &Report) -> String {
    let Report { segments, read, removed, decisions, open, gaps, problems } = report;
    let mut text = format!("segments    {segments}\nread        {read}\nremoved     {removed}\ndecisions   {decisions}\n");
    let _ = writeln!(text, "not sealed  {open} decisions in the segment that is being written");
    for (after, gap) in gaps {
        if let Event::Gap { last_durable, at_most, torn } = gap {
            let since = IysTime::from_unix(u32::try_from(last_durable / 1_000).unwrap_or(u32::MAX)).rfc3339();
            let _ = writeln!(
                text,
                "gap         after segment {after}: the gateway was killed; at most {at_most} decisions since {since} are not \
                 on record ({torn} torn bytes)"
            );
        }
    }
    for problem in problems {
        let _ = writeln!(text, "PROBLEM     {problem}");
    }
    text.push_str(if problems.is_empty() { "everything is what was written\n" } else { "this is NOT what was written\n" });
    text
}
