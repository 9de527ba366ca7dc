//! How far a sweep came: a small file beside the list, of numbers alone.

use super::super::list::List;
use crate::api::proto::ObserveResponse;
use crate::cli::args::iys::SweepArgs;
use crate::sys::atomic_file::create_new;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a sweep is about: a file of another one is not taken for its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sweep {
    brand_code: u32,
    r#type: String,
    recipient_type: String,
    /// A hash of the list.
    list: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Position {
    /// Bytes of the list.
    pub(super) offset: u64,
    /// Addresses.
    pub(super) lines: u64,
    pub(super) approved: u64,
    pub(super) not_listed: u64,
    pub(super) invalid: u64,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    sweep: Sweep,
    done: Position,
}

impl Sweep {
    pub(super) fn of(args: &SweepArgs, list: &mut List) -> io::Result<Self> {
        Ok(Self {
            brand_code: args.brand.get(),
            r#type: args.channel.name().to_owned(),
            recipient_type: args.recipient_type.name().to_owned(),
            list: format!("{:032x}", list.fingerprint()?),
        })
    }

    /// Where a sweep of the same list was broken off; the beginning if none was.
    pub(super) fn resume(&self, list: &Path) -> Position {
        let saved = fs::read(path(list)).ok().and_then(|bytes| serde_json::from_slice::<Saved>(&bytes).ok());
        saved.filter(|saved| saved.sweep == *self).map_or_else(Position::default, |saved| saved.done)
    }

    /// Keeps a position: the file is whole at every moment.
    pub(super) fn save(&self, list: &Path, done: &Position) -> io::Result<()> {
        let (path, new) = (path(list), path(list).with_extension("sweep.new"));
        let mut file = create_new(&new)?;
        serde_json::to_writer(&mut file, &Saved { sweep: self.clone(), done: *done })?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}

impl Position {
    pub(super) fn add(&mut self, lines: u64, offset: u64, done: &ObserveResponse) {
        self.offset = offset;
        self.lines += lines;
        self.approved += u64::from(done.approved);
        self.not_listed += u64::from(done.not_listed);
        self.invalid += done.invalid.len() as u64;
    }
}

/// The sweep is done.
pub(super) fn forget(list: &Path) -> io::Result<()> {
    match fs::remove_file(path(list)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn path(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push(".sweep");
    name.into()
}
