//! Physical lines of a text file, compressed or not, none longer than [`MAX_LINE`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::text::encoding::Declared;
use flate2::read::MultiGzDecoder;

use super::decoded::decoded;
use super::error::name_of;
use super::{FileError, MAX_LINE};

const BUFFER: usize = 256 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A text file, line by line.
pub(super) struct Lines {
    input: Box<dyn BufRead + Send>,
    file: String,
    gzip: bool,
    buffer: Vec<u8>,
    line: u64,
    not_utf8: Option<u64>,
}

/// What stands at the next line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Its bytes, without its end (LF or CRLF) and without the file's byte order mark.
    Line(u64, &'a [u8]),
    /// A line longer than the bound, as far as that, and one byte more; the rest of it has been passed over.
    TooLong(u64, &'a [u8]),
    /// Nothing: the file is at its end.
    End,
}

impl Lines {
    /// The lines of `file`; `taken` counts the bytes read from it.
    ///
    /// # Errors
    /// Its first bytes cannot be read.
    pub(super) fn new(
        path: &Path,
        file: File,
        gzip: bool,
        encoding: Option<Declared>,
        taken: &Arc<AtomicU64>,
    ) -> Result<Self, FileError> {
        let counted = Counted { file, taken: Arc::clone(taken) };
        let input: Box<dyn BufRead + Send> = if gzip {
            let unpacked = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted));
            Box::new(BufReader::with_capacity(BUFFER, unpacked))
        } else {
            Box::new(BufReader::with_capacity(BUFFER, counted))
        };
        let mut lines = Self { gzip, ..Self::of(name_of(path), Box::new(io::empty())) };
        lines.input = decoded(input, encoding).map_err(|cause| lines.error(cause))?;
        Ok(lines)
    }

    /// The lines of text that comes from elsewhere.
    pub(super) fn of(name: String, input: Box<dyn BufRead + Send>) -> Self {
        Self { input, file: name, gzip: false, buffer: Vec::new(), line: 0, not_utf8: None }
    }

    /// The file's name, for errors.
    pub(super) fn file(&self) -> String {
        self.file.clone()
    }

    /// The first line so far that is not UTF-8.
    pub(super) const fn not_utf8(&self) -> Option<u64> {
        self.not_utf8
    }

    /// The next line.
    pub(super) fn next(&mut self) -> Result<Found<'_>, FileError> {
        match self.fill() {
            Ok(false) => Ok(Found::End),
            Ok(true) if self.buffer.len() > MAX_LINE => Ok(Found::TooLong(self.line, &self.buffer)),
            Ok(true) => {
                let start = if self.line == 1 && self.buffer.starts_with(BOM) { BOM.len() } else { 0 };
                Ok(Found::Line(self.line, &self.buffer[start..]))
            }
            Err(cause) => Err(self.error(cause)),
        }
    }

    /// Reads one line into the buffer, at most one byte beyond the bound; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let read = self.read_line()?;
        if read == 0 {
            return Ok(false);
        }
        self.line += 1;
        // A line that is too long may end in half a letter.
        if self.not_utf8.is_none() && read <= MAX_LINE && !is_utf8(&self.buffer) {
            self.not_utf8 = Some(self.line);
        }
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            if self.buffer.last() == Some(&b'\r') {
                self.buffer.pop();
            }
        } else if read > MAX_LINE {
            self.input.skip_until(b'\n')?;
        }
        Ok(true)
    }

    /// Reads up to and with the next line feed, or one byte more than a line may have; how many bytes.
    fn read_line(&mut self) -> io::Result<usize> {
        loop {
            let waiting = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                waiting => waiting?,
            };
            let room = (MAX_LINE + 1 - self.buffer.len()).min(waiting.len());
            let end = memchr::memchr(b'\n', &waiting[..room]);
            let taken = end.map_or(room, |end| end + 1);
            self.buffer.extend_from_slice(&waiting[..taken]);
            self.input.consume(taken);
            if taken == 0 || end.is_some() {
                return Ok(self.buffer.len());
            }
        }
    }

    fn error(&self, cause: io::Error) -> FileError {
        let damaged = matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof);
        if self.gzip && damaged {
            return FileError::BadGzip { file: self.file() };
        }
        FileError::Unreadable { file: self.file(), cause }
    }
}

fn is_utf8(bytes: &[u8]) -> bool {
    bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()
}

/// A file that counts what is read from it.
struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
