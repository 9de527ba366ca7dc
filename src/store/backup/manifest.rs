//! What a backup says of itself, and whether it is true.

use super::{BackupError, STORE, open_copy};
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::store::error::StoreError;
use crate::store::meta::key_check;
use crate::sys::private_file::new_file;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Component, Path};

/// The format of a backup; one with a greater number is refused.
pub const FORMAT: u32 = 1;
/// The manifest's name.
pub const NAME: &str = "manifest.json";
/// The name of the manifest's checksum.
pub const CHECKSUM: &str = "manifest.json.b3";

/// A manifest of a billion relations is some 300 kB: a wrong path must not fill the memory.
const LONGEST: u64 = 64 << 20;
/// Bytes read at a time; between them it is asked whether to stop.
const CHUNK: usize = 1 << 20;

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`] of the program that made it.
    pub format: u32,
    /// Its version, for people.
    pub izingate: String,
    /// When it was begun, RFC 3339, Türkiye time.
    pub made_at: String,
    /// The format of the store in it.
    pub store_format: u32,
    /// The revision of the last batch in it.
    pub revision: u64,
    /// The number of the node that it was made of.
    pub node: u32,
    /// Which secret its pseudonyms were made with: a key id and a value that only that secret makes, as
    /// hexadecimal digits. Tells one secret from another and nothing of either.
    pub key_check: String,
    /// Every file beside the manifest, by name.
    pub files: Vec<FileEntry>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path in the backup, such as `store/000012.sst`.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The BLAKE3 of its content, 64 hexadecimal digits.
    pub blake3: String,
}

/// The first part of a manifest of any format.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Manifest {
    /// Describes the backup whose store lies in `folder`, reading every byte of it.
    pub(super) fn of(folder: &Path, now: IysTime, stopped: &dyn Fn() -> bool) -> Result<Self, BackupError> {
        let store = open_copy(folder)?;
        let unfinished = || StoreError::Missing { path: folder.join(STORE) };
        Ok(Self {
            format: FORMAT,
            izingate: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now.rfc3339(),
            store_format: store.format()?,
            revision: store.revision()?,
            node: store.node()?,
            key_check: to_hex(&store.key_check()?.ok_or_else(unfinished)?),
            files: files(folder, stopped)?,
        })
    }

    /// Writes the manifest and its checksum, and makes the folder durable.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let unwritable = |error: serde_json::Error| BackupError::Failed { path: path.clone(), source: error.into() };
        let text = serde_json::to_vec_pretty(self).map_err(unwritable)?;
        let checksum = format!("{}  {NAME}\n", blake3::hash(&text).to_hex());
        for (name, bytes) in [(NAME, &text[..]), (CHECKSUM, checksum.as_bytes())] {
            let path = folder.join(name);
            let write = || {
                let mut file = new_file().open(&path)?;
                file.write_all(bytes)?;
                file.sync_all()
            };
            write().map_err(|source| BackupError::Failed { path: path.clone(), source })?;
        }
        sync_folder(&folder.join(STORE))?;
        sync_folder(folder)
    }

    /// Reads the manifest of a backup, which must be as it was written.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        if let Err(source) = std::fs::metadata(folder) {
            return Err(BackupError::Failed { path: folder.to_owned(), source });
        }
        let (path, checksum_path) = (folder.join(NAME), folder.join(CHECKSUM));
        let (text, checksum) = (read_short(&path)?, read_short(&checksum_path)?);
        let written = format!("{}  {NAME}\n", blake3::hash(&text).to_hex());
        if checksum != written.as_bytes() {
            return Err(damaged(&path, format!("it does not have the checksum in {CHECKSUM}")));
        }
        let malformed = |error: serde_json::Error| damaged(&path, error.to_string());
        let Format { format } = serde_json::from_slice(&text).map_err(malformed)?;
        if format > FORMAT {
            return Err(BackupError::NewerFormat { path, found: format, known: FORMAT });
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(malformed)?;
        let foreign = manifest.files.iter().find(|file| !is_of_store(&file.name));
        foreign.map_or(Ok(()), |file| Err(damaged(&path, format!("it names a file outside the backup: {:?}", file.name))))?;
        Ok(manifest)
    }

    /// Reads every file and compares it with what the manifest says.
    pub fn verify(&self, folder: &Path) -> Result<(), BackupError> {
        self.files.iter().try_for_each(|file| file.compare(&folder.join(&file.name), &mut std::io::sink()))
    }

    /// Whether the pseudonyms were made with this secret.
    #[must_use]
    pub fn fits(&self, pseudonymizer: &Pseudonymizer) -> bool {
        self.key_check == to_hex(&key_check(pseudonymizer))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl FileEntry {
    /// Reads the file at `path`, hands its content on to `out`, and wants it to be this one.
    pub(super) fn compare(&self, path: &Path, out: &mut dyn Write) -> Result<(), BackupError> {
        let found = match path.metadata() {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged(path, "it is missing")),
            Err(source) => return Err(BackupError::Failed { path: path.to_owned(), source }),
        };
        if found != self.bytes {
            return Err(damaged(path, format!("it has {found} bytes instead of {}", self.bytes)));
        }
        if hash(path, out, &|| false)?.1 != self.blake3 {
            return Err(damaged(path, "its content has another checksum"));
        }
        Ok(())
    }
}

/// Names that lead nowhere but into the store's folder: a manifest may come from anywhere.
fn is_of_store(name: &str) -> bool {
    let parts: Vec<Component<'_>> = Path::new(name).components().collect();
    matches!(parts[..], [Component::Normal(folder), Component::Normal(_)] if folder == STORE) && name.matches('/').count() == 1
}

fn files(folder: &Path, stopped: &dyn Fn() -> bool) -> Result<Vec<FileEntry>, BackupError> {
    let store = folder.join(STORE);
    let unreadable = |source| BackupError::Failed { path: store.clone(), source };
    let names = fs::read_dir(&store).map_err(unreadable)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<_> = names.collect::<Result<_, _>>().map_err(unreadable)?;
    names.sort_unstable();
    let entry = |name: std::ffi::OsString| {
        let (bytes, blake3) = hash(&store.join(&name), &mut std::io::sink(), stopped)?;
        Ok(FileEntry { name: format!("{STORE}/{}", name.to_string_lossy()), bytes, blake3 })
    };
    names.into_iter().map(entry).collect()
}

/// Length and BLAKE3 of a file, whose content is handed on to `out`.
fn hash(path: &Path, out: &mut dyn Write, stopped: &dyn Fn() -> bool) -> Result<(u64, String), BackupError> {
    let failed = |source| BackupError::Failed { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut bytes, mut chunk) = (blake3::Hasher::new(), 0, vec![0; CHUNK]);
    loop {
        let length = file.read(&mut chunk).map_err(failed)?;
        if length == 0 {
            return Ok((bytes, hasher.finalize().to_hex().to_string()));
        }
        if stopped() {
            return Err(BackupError::Stopped);
        }
        hasher.update(&chunk[..length]);
        out.write_all(&chunk[..length]).map_err(failed)?;
        bytes += length as u64;
    }
}

fn read_short(path: &Path) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(damaged(path, "it is missing")),
        Err(source) => Err(BackupError::Failed { path: path.to_owned(), source }),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    let sync = File::open(path).and_then(|folder| folder.sync_all());
    sync.map_err(|source| BackupError::Failed { path: path.to_owned(), source })
}

fn damaged(path: &Path, problem: impl Into<String>) -> BackupError {
    BackupError::Damaged { path: path.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_files_of_its_store_alone() {
        for name in ["store/000012.sst", "store/CURRENT", "store/..x"] {
            assert!(is_of_store(name), "{name}");
        }
        for name in [
            "",
            "store",
            "store/",
            "/etc/passwd",
            "store/../secret.key",
            "../store/x",
            "store/a/b",
            "./store/x",
            "store//x",
            "store/..",
        ] {
            assert!(!is_of_store(name), "{name}");
        }
    }
}
