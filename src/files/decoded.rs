//! Text of a file in UTF-8, whatever its encoding.

use crate::model::text::encoding::{BEGINNING, Declared, Encoding, FromUtf16};
use std::io::{self, BufRead, BufReader, Cursor, Read};

const BUFFER: usize = 256 << 10;

/// A reader of UTF-8 over bytes in the declared encoding, or in the one that their mark says.
///
/// # Errors
/// Its first bytes cannot be read.
pub fn decoded(mut input: Box<dyn BufRead + Send>, declared: Option<Declared>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut beginning = Vec::new();
    input.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning)?;
    let encoding = Encoding::of(&beginning, declared);
    let input = Cursor::new(beginning).chain(input);
    let decoder = match encoding {
        Encoding::Utf8 => return Ok(Box::new(input)),
        Encoding::Utf16Le => Decoder::Utf16(FromUtf16::new(false)),
        Encoding::Utf16Be => Decoder::Utf16(FromUtf16::new(true)),
        Encoding::Windows1254 => Decoder::Windows1254,
    };
    let text = Decoded { input, decoder, text: Vec::new(), taken: 0 };
    Ok(Box::new(BufReader::with_capacity(BUFFER, text)))
}

enum Decoder {
    Utf16(FromUtf16),
    Windows1254,
}

/// Bytes that are read as UTF-8.
struct Decoded<R> {
    input: R,
    decoder: Decoder,
    /// Text that was made and not read yet.
    text: Vec<u8>,
    taken: usize,
}

impl<R: BufRead> Decoded<R> {
    /// Makes text of the next bytes; none at the end.
    fn fill(&mut self) -> io::Result<()> {
        (self.taken, self.text) = (0, std::mem::take(&mut self.text));
        self.text.clear();
        while self.text.is_empty() {
            let bytes = self.input.fill_buf()?;
            let count = bytes.len();
            match &mut self.decoder {
                Decoder::Utf16(utf16) if count == 0 => return utf16.end(&mut self.text).map_err(io::Error::other),
                Decoder::Windows1254 if count == 0 => return Ok(()),
                Decoder::Utf16(utf16) => utf16.decode(bytes, &mut self.text),
                Decoder::Windows1254 => {
                    let text = Encoding::Windows1254.text(bytes).unwrap_or_default();
                    self.text.extend_from_slice(text.as_bytes());
                }
            }
            self.input.consume(count);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() {
            self.fill()?;
        }
        let read = (&self.text[self.taken..]).read(buffer)?;
        self.taken += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], declared: Option<&str>) -> Result<String, String> {
        let mut text = String::new();
        let declared = declared.map(|name| Declared::from_name(name).unwrap());
        let read = decoded(Box::new(Cursor::new(bytes.to_vec())), declared).and_then(|mut input| input.read_to_string(&mut text));
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn text_is_utf8_whatever_its_encoding() {
        let units = |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let long = "Çağrı;05320001001\n".repeat(40_000);
        for (bytes, declared) in [
            (long.clone().into_bytes(), None),
            (units(&format!("\u{feff}{long}"), u16::to_le_bytes), None),
            (units(&format!("\u{feff}{long}"), u16::to_be_bytes), Some("utf-16")),
            (units(&long, u16::to_le_bytes), Some("utf-16")),
            (units(&long, u16::to_be_bytes), Some("utf-16")),
            (Encoding::Windows1254.of_text(&long), Some("iso-8859-9")),
        ] {
            let read = text(&bytes, declared).unwrap();
            assert!(read.trim_start_matches('\u{feff}') == long, "{declared:?}: {}", &read[..20]);
        }
        assert_eq!(text(b"\xFF\xFEa", None), Err("the text is UTF-16 and ends in half a character".to_owned()));
    }
}
