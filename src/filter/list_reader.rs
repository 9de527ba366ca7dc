//! Bytes in, however they are cut; blocks of whole rows out.

use super::block::{Block, Bounds, Cut, What};
use super::error::ListError;
use super::layout::{Layout, Wanted};
use super::{MAX_ROW, SAMPLE};
use crate::model::text::encoding::{BEGINNING, Encoding, FromUtf16, MARK};
use memchr::memchr;

/// A list on its way in. Holds a sample at first, then less than a row and what was pushed last.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that is known or not yet")]
pub struct Intake {
    wanted: Wanted,
    bounds: Bounds,
    /// Bytes before the encoding is known.
    raw: Vec<u8>,
    encoding: Option<Encoding>,
    /// Whether nothing but ASCII has come of a list of which no encoding is known.
    ascii: bool,
    utf16: Option<FromUtf16>,
    text: Vec<u8>,
    /// Up to where the text is in blocks already.
    taken: usize,
    ended: bool,
    layout: Option<Layout>,
    mark: bool,
    has_mark: bool,
    /// Whether the header is still to come.
    header: bool,
    lines: u64,
    /// Whether the rest of a line that is too long is being passed over.
    skipping: bool,
    /// Bytes that have to be held before a block is tried: more after each one that was in vain.
    enough: usize,
    /// A physical line behind which a block ends.
    stop: u64,
}

impl Intake {
    /// A list of which this is wanted.
    #[must_use]
    pub fn new(wanted: Wanted, bounds: Bounds) -> Self {
        Self {
            wanted,
            enough: bounds.bytes.min(SAMPLE),
            stop: u64::MAX,
            bounds,
            raw: Vec::new(),
            encoding: None,
            ascii: false,
            utf16: None,
            text: Vec::new(),
            taken: 0,
            ended: false,
            layout: None,
            mark: false,
            has_mark: false,
            header: false,
            lines: 0,
            skipping: false,
        }
    }

    /// Takes bytes. Blocks are to be asked for before more is pushed: what is pushed is held.
    pub fn push(&mut self, bytes: &[u8]) {
        self.text.drain(..self.taken);
        self.taken = 0;
        if self.encoding.is_some() {
            return self.decode(bytes);
        }
        self.raw.extend_from_slice(bytes);
        if self.raw.len() >= BEGINNING {
            self.begin();
        }
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// It ends in the middle of a character.
    pub fn end(&mut self) -> Result<(), ListError> {
        if self.encoding.is_none() {
            self.begin();
        }
        self.ended = true;
        match &mut self.utf16 {
            Some(utf16) => Ok(utf16.end(&mut self.text)?),
            None => Ok(()),
        }
    }

    /// Has a block end behind this physical line, if a row does.
    pub fn stop_at(&mut self, line: u64) {
        self.stop = line;
    }

    /// What the list looks like, once that is known.
    #[must_use]
    pub const fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// How it is written, once that is known.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Utf8)
    }

    /// Whether the list begins with its mark.
    #[must_use]
    pub const fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// Bytes that are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.text.len() - self.taken
    }

    /// Physical lines in the blocks so far.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// The next block; none before more bytes, or at the end.
    ///
    /// # Errors
    /// The list is none, it is not clear what it looks like, or another one begins in it.
    pub fn block(&mut self) -> Result<Option<Block>, ListError> {
        if self.layout.is_none() && !self.find()? {
            return Ok(None);
        }
        self.skip();
        let Some(layout) = &self.layout else { return Ok(None) };
        // Small blocks cost: rows wait until there are enough for one, or for the end.
        if self.held() == 0 || (!self.ended && self.held() < self.enough) {
            return Ok(None);
        }
        let (encoding, text) = (self.encoding(), &self.text[self.taken..]);
        let most = self.stop.checked_sub(self.lines).filter(|most| *most > 0).unwrap_or(u64::MAX);
        let Cut { mut block, taken, before_header } =
            Block::cut(text, self.ended, layout, encoding, self.header, self.lines, self.bounds, most);
        if taken == 0 && before_header {
            return Err(ListError::SecondHeader { line: self.lines + 1 });
        }
        if taken == 0 {
            self.enough = self.held() * 2;
            return Ok(None);
        }
        self.enough = self.bounds.bytes.min(SAMPLE);
        if self.ascii {
            self.ascii = self.see_letters(&block)?;
        }
        self.header = self.header && !block.lines.iter().any(|line| line.what == What::Header);
        (self.taken, self.lines) = (self.taken + taken, block.through());
        block.mark = std::mem::take(&mut self.mark);
        self.skipping = block.unfinished;
        Ok(Some(block))
    }

    fn begin(&mut self) {
        let encoding = Encoding::of(&self.raw[..self.raw.len().min(BEGINNING)], self.wanted.encoding);
        self.encoding = Some(encoding);
        self.utf16 = match encoding {
            Encoding::Utf16Le => Some(FromUtf16::new(false)),
            Encoding::Utf16Be => Some(FromUtf16::new(true)),
            Encoding::Utf8 | Encoding::Windows1254 => None,
        };
        let raw = std::mem::take(&mut self.raw);
        self.decode(&raw);
    }

    fn decode(&mut self, bytes: &[u8]) {
        match &mut self.utf16 {
            Some(utf16) => utf16.decode(bytes, &mut self.text),
            None => self.text.extend_from_slice(bytes),
        }
    }

    /// Finds the layout once there is enough to see it by; says whether it is known.
    fn find(&mut self) -> Result<bool, ListError> {
        let Some(mut encoding) = self.encoding else { return Ok(false) };
        let enough = self.text.len() >= SAMPLE && (memchr(b'\n', &self.text).is_some() || self.text.len() > MAX_ROW + MARK.len());
        if !enough && !self.ended {
            return Ok(false);
        }
        self.mark = encoding != Encoding::Windows1254 && self.text.starts_with(MARK);
        self.has_mark = self.mark;
        if self.mark {
            self.taken = MARK.len();
        }
        let text = &self.text[self.taken..];
        let first = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
        // The same bytes, however they came.
        let length = first.max(SAMPLE - self.taken).min(text.len());
        let ended = self.ended && length == text.len();
        if encoding == Encoding::Utf8 && self.wanted.encoding.is_none() && !self.mark {
            let guess = Encoding::guess(&text[..length]);
            (self.ascii, encoding) = (guess.is_none(), guess.unwrap_or(encoding));
        }
        let layout = Layout::find(&text[..length], ended, &self.wanted, encoding)?;
        (self.header, self.layout, self.encoding) = (layout.header, Some(layout), Some(encoding));
        Ok(true)
    }

    /// Looks at a block of a list that was all ASCII so far; returns whether it still is.
    ///
    /// # Errors
    /// Its first letters are none of UTF-8's, and text of ours in UTF-8 stands behind the rows before.
    fn see_letters(&self, block: &Block) -> Result<bool, ListError> {
        let text = block.text();
        if text.is_ascii() {
            return Ok(true);
        }
        let Some(at) = text.iter().position(|byte| !byte.is_ascii()) else { return Ok(true) };
        let end = memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        if self.wanted.appends_letters && Encoding::guess(&text[at..end]) == Some(Encoding::Windows1254) {
            let before = memchr::memchr_iter(b'\n', &text[..at]).count() as u64;
            return Err(ListError::EncodingUnclear { line: block.before() + before + 1 });
        }
        Ok(false)
    }

    /// Passes over the rest of a line that is too long.
    fn skip(&mut self) {
        if !self.skipping {
            return;
        }
        match memchr(b'\n', &self.text[self.taken..]) {
            Some(end) => {
                self.taken += end + 1;
                self.skipping = false;
            }
            None => self.taken = self.text.len(),
        }
    }
}
