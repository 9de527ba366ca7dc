//! `izingate evidence verify`.

use super::key::read_key;
use super::{CommandError, evidence_of, folder_of, unreadable};
use crate::cli::args::evidence::VerifyArgs;
use crate::data::data_dir::is_held;
use crate::data::open::Evidence;
use crate::evidence::entry::Event;
use crate::evidence::tree::signed_note::Verifier;
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
    // What the store remembers before anything of the folder: that only grows.
    let Evidence { reader, .. } = evidence_of(&args.data, args.secret_file.as_deref())?;
    let (node, mark) = reader.mark.unzip();
    let key = match &args.key {
        Some(key) if Path::new(key).is_file() => fs::read_to_string(key).map_err(unreadable(Path::new(key)))?,
        Some(key) => key.clone(),
        // The one that the store remembers: who can write the folder can write a key there, too.
        None => match (node, &mark) {
            (Some(node), Some(mark)) => Verifier::of_node(node, mark.public_key).to_string(),
            _ => read_key(&folder)?,
        },
    };
    let key = Verifier::parse(&key).map_err(|error| CommandError::refused("INVALID_KEY", error))?;
    let read = |path: &PathBuf| fs::read_to_string(path).map_err(unreadable(path));
    let kept = args.checkpoint.as_ref().map(read).transpose()?;
    let kept = kept.map(|text| checkpoint_of(&text).to_owned());
    let scope = Scope { segments: args.from..=args.to, key, kept: kept.as_deref(), secret: reader.key, mark };
    let report = check(&folder, &scope).map_err(unreadable(&folder))?;
    if report.read == 0 && report.segments > report.removed {
        let text = format!("no segment from {} to {} is there to be read", args.from, args.to);
        return Err(CommandError::refused("NOTHING_READ", text));
    }
    let code = if report.problems.is_empty() { 0 } else { DIFFERS };
    let mut shown = shown(&report, args, &scope);
    if is_cut_off(&folder, &args.data) {
        shown.insert_str(0, CUT_OFF);
    }
    if code == 0 && report.read == 0 && !reads_open(&report, &scope) {
        let message = format!(
            "nothing was read that a seal or the secret vouches for, so nothing is shown to be what was written: {}",
            match report.segments {
                0 => "a segment is sealed with the hour, at its full size, or when the gateway stops".to_owned(),
                segments => format!("all {segments} segments were removed, their retention being over"),
            }
        );
        return Err(CommandError::Incomplete { shown, code: "NOTHING_READ", message });
    }
    Ok((shown, code))
}

/// The line for a record that nobody closed.
const CUT_OFF: &str = "not closed  whoever wrote it was killed, or runs where this cannot be seen; answers of the last moments before its end may be missing\n";

/// Whether the last segment is open and no process writes it.
fn is_cut_off(folder: &Path, data: &Path) -> bool {
    let is_open = |entry: fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "open");
    fs::read_dir(folder).is_ok_and(|mut files| files.any(|file| file.is_ok_and(is_open))) && !is_held(data)
}

/// The checkpoint of a text that may be all that `evidence key` prints: key, empty line, checkpoint.
fn checkpoint_of(text: &str) -> &str {
    let key = text.lines().next().is_some_and(|line| Verifier::parse(line).is_ok());
    let behind = if key { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    behind.trim_start_matches('\n')
}

fn shown(report: &Report, args: &VerifyArgs, scope: &Scope<'_>) -> String {
    let Report { segments, read, removed, decisions, open, notes, problems, .. } = report;
    let mut text = format!("segments    {segments}\nread        {read}\nremoved     {removed}\ndecisions   {decisions}\n");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "not sealed  {open} decisions in the segment that is being written");
    if problems.is_empty() {
        let _ = writeln!(text, "authentic   {}", authentic(report, scope));
    }
    if scope.mark.is_none() {
        text.push_str("remembered  nothing: there is no store beside it that says how far it was\n");
    }
    if let Some(size) = report.signed_before {
        let _ = writeln!(text, "key         signed the first {size} segments; another one signs since");
    }
    for (after, event) in notes {
        let _ = writeln!(text, "{}", note(*after, event));
    }
    for name in &report.unknown {
        let _ = writeln!(text, "unknown     {name:?} is none of the evidence's files");
    }
    for problem in problems {
        let _ = writeln!(text, "PROBLEM     {problem}");
    }
    let all = args.from <= 1 && args.to >= *segments;
    let is_lacking =
        |(_, event): &(u64, Event)| matches!(event, Event::Gap { .. } | Event::LossAccepted { .. } | Event::Unrecorded { .. });
    text.push_str(match (problems.is_empty(), all, notes.iter().any(is_lacking)) {
        (true, ..) if *read == 0 && reads_open(report, scope) => {
            "no segment is sealed yet; what is being written is authentic under the secret, and no signature covers it yet\n"
        }
        (true, ..) if *read == 0 => "nothing was read\n",
        (true, true, false) => "everything is what was written\n",
        (true, true, true) => "everything that is on record is what was written; what is not on record is named above\n",
        (true, false, _) => {
            "what was read is what was written; the other segments were held against the tree by their seals alone\n"
        }
        (false, ..) => "this is NOT what was written\n",
    });
    text
}

/// Whether decisions were read of the segment that is being written, which the secret alone vouches for.
const fn reads_open(report: &Report, scope: &Scope<'_>) -> bool {
    report.open > 0 && scope.secret.is_some()
}

/// Since when frames are authenticated under the secret, and whether that was checked.
fn authentic(report: &Report, scope: &Scope<'_>) -> String {
    let since = report.authenticated_since.map(moment);
    let earlier = match (report.plain, since) {
        (0, _) => None,
        (plain, Some(since)) => Some(format!("not authenticated before {since}: {plain} segments of an earlier version")),
        (plain, None) => Some(format!("not authenticated: {plain} segments of an earlier version")),
    };
    match (scope.secret.is_some(), earlier) {
        (true, None) => "every frame, under the secret".to_owned(),
        (true, Some(earlier)) => earlier,
        (false, None) => "not checked: without the secret (--secret-file) segments are held against their seals alone".to_owned(),
        (false, Some(earlier)) => format!("not checked: there is no secret; {earlier}"),
    }
}

fn moment(milliseconds: u64) -> String {
    IysTime::from_unix(u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX)).rfc3339()
}

/// Words for what the log says behind a segment.
fn note(after: u64, event: &Event) -> String {
    match event {
        Event::Gap { last_durable, torn, .. } => {
            let since = moment(*last_durable);
            format!(
                "gap         after segment {after}: the gateway was killed some time after {since}; what it answered in the last moments \
                 before that (evidence.window, 50 ms unless set) may not be on record ({torn} torn bytes)"
            )
        }
        Event::Unrecorded { decisions, from, to } => {
            let (from, to) = (moment(*from), moment(*to));
            format!(
                "unrecorded  before segment {}: {decisions} answers between {from} and {to} could not be recorded: the disk took nothing, or \
                 not enough (DENY and DEFER; under drop-and-count ALLOW too)",
                after + 1
            )
        }
        Event::LossAccepted { lost, reason, at, .. } => {
            let (at, lost) = (moment(*at), lost.join("; "));
            format!("lost        after segment {after}: {lost:?}; accepted at {at}, reason {reason:?}")
        }
        Event::StoreLossAccepted { store, evidence, writes, revision, reason, at } => {
            let at = moment(*at);
            format!(
                "lost        after segment {after}: the store was at revision {store} instead of {evidence}, had lost {writes} writes at most, \
                 and continued with {revision}; accepted at {at}, reason {reason:?}"
            )
        }
        Event::KeyChanged { from, to, at } => {
            let at = moment(*at);
            format!("key         after segment {after}: {to:?} signs since {at}; before it {from:?}")
        }
        Event::Restored { revision, at } => {
            let at = moment(*at);
            format!("restored    after segment {after}: the store is that of a backup of revision {revision}, restored at {at}")
        }
        _ => String::new(),
    }
}
