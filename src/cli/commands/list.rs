//! A list of addresses: one a line, or the first field of a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// No address with its line is longer; what is longer is cut, and then no address.
const LONGEST_LINE: u64 = 4 << 10;
const BOM: &str = "\u{feff}";
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// A list being read.
pub(super) struct List {
    input: BufReader<File>,
    length: u64,
    offset: u64,
}

impl List {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { input: BufReader::new(file), length, offset: 0 })
    }

    /// Bytes of the file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// A hash of the file, by which it is known again. Leaves the list at its beginning.
    pub(super) fn fingerprint(&mut self) -> io::Result<u128> {
        let mut hash = Xxh3::new();
        let mut block = vec![0; 64 << 10];
        self.seek(0)?;
        loop {
            let read = self.input.read(&mut block)?;
            if read == 0 {
                self.seek(0)?;
                return Ok(hash.digest128());
            }
            hash.update(&block[..read]);
        }
    }

    /// Goes on at a byte.
    pub(super) fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.offset = self.input.seek(SeekFrom::Start(offset.min(self.length)))?;
        Ok(())
    }

    /// Up to `most` addresses, and the byte behind them; none at the end. Blank lines are no addresses.
    pub(super) fn next(&mut self, most: usize) -> io::Result<(Vec<String>, u64)> {
        let mut addresses = Vec::with_capacity(most);
        let mut line = Vec::new();
        while addresses.len() < most {
            line.clear();
            let mut read = self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
            if read == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                read += self.input.skip_until(b'\n')? as u64;
            }
            self.offset += read;
            let text = String::from_utf8_lossy(&line);
            let address = text.trim_start_matches(BOM).split(DELIMITERS).next().unwrap_or_default().trim().trim_matches('"');
            if !address.is_empty() {
                addresses.push(address.to_owned());
            }
        }
        Ok((addresses, self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn list(content: &[u8]) -> List {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        List::open(file.path()).unwrap()
    }

    #[test]
    fn the_first_field_of_a_line_is_its_address() {
        let mut list = list("\u{feff}0532 123 45 67\r\n\n  \n\"a@ornek.com\",Ayşe\n+905321234567;x\n5321234567".as_bytes());
        let (first, offset) = list.next(2).unwrap();
        assert_eq!(first, ["0532 123 45 67", "a@ornek.com"]);
        list.seek(offset).unwrap();
        assert_eq!(list.next(1_000).unwrap(), (vec!["+905321234567".to_owned(), "5321234567".to_owned()], list.length()));
        assert_eq!(list.next(1_000).unwrap().0, [""; 0]);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_whole() {
        let long = "9".repeat(1 << 20);
        let mut list = list(format!("{long}\n5321234567\n").as_bytes());
        let (addresses, offset) = list.next(10).unwrap();
        assert_eq!((addresses.len(), addresses[0].len(), addresses[1].as_str()), (2, 4 << 10, "5321234567"));
        assert_eq!(offset, list.length());
    }
}
