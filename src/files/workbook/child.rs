//! The process that reads a workbook: this program again, under bounds of its own.
//!
//! A file of ten kilobytes can make a parser ask for gigabytes at once, which ends a process and cannot be caught. So a
//! child opens it: it bounds its own memory and time, reads the file at its standard input, writes rows to its standard
//! output, and is gone. It has no path and no address in its arguments, an empty environment but for the sheet that is
//! named, no file of its own, and leaves no core.
//!
//! [`MEMORY`] suffices for a full sheet of movements (1,048,576 × 8), which takes 0.5 GiB of it.

use super::problem::{Bound, Damage, Problem};
use super::{frame, read};
use crate::files::workbook::frame::Broken;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Bytes of addresses of the child, its program included.
const MEMORY: u64 = 2 << 30;
/// Seconds of a processor. A full sheet takes less than one minute.
const TIME: u64 = 600;
/// The command that a child is begun with; it is in no help.
pub const COMMAND: &str = "read-workbook";
/// Environment variable with the name of the sheet.
const SHEET: &str = "IZINGATE_WORKBOOK_SHEET";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Has every workbook read by a child, which is `program`, this program, called with [`COMMAND`]. Until then it is read
/// in this process.
pub fn read_in_child(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// Begins a child that reads `file`; `None` if this process is to read it.
pub(super) fn begin(file: &File, sheet: Option<&str>) -> io::Result<Option<(Box<dyn Read + Send>, Child)>> {
    let Some(program) = PROGRAM.get() else { return Ok(None) };
    let mut command = Command::new(program);
    command.arg(COMMAND).env_clear();
    if let Some(sheet) = sheet {
        command.env(SHEET, OsString::from_vec(sheet.as_bytes().to_vec()));
    }
    let mut child = command.stdin(file.try_clone()?).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Some((Box::new(output), child)))
}

/// Finds why a child's stream is broken: a child that passes a bound is ended by a signal.
pub(super) fn ended(mut child: Child, broken: Broken) -> Problem {
    if broken == Broken::Wrong {
        let _ = child.kill();
        let _ = child.wait();
        return Problem::Damaged(Damage::Unreadable);
    }
    match child.wait() {
        Ok(status) if status.signal().is_some() => Problem::TooLarge(Bound::Process),
        _ => Problem::Damaged(Damage::Unreadable),
    }
}

/// Reads the workbook at standard input, in a child.
///
/// # Errors
/// The bounds cannot be set, or the rows are not taken.
pub fn serve() -> io::Result<()> {
    let bound = |resource, most: u64| {
        let before = getrlimit(resource);
        let least = |bound: Option<u64>| Some(bound.map_or(most, |bound| bound.min(most)));
        setrlimit(resource, Rlimit { current: least(before.current), maximum: least(before.maximum) })
    };
    bound(Resource::As, MEMORY)?;
    bound(Resource::Cpu, TIME)?;
    bound(Resource::Fsize, 0)?;
    bound(Resource::Core, 0)?;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let sheet = std::env::var_os(SHEET).map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
    frame::write(io::stdout(), &read(file, sheet.as_deref()))
}
