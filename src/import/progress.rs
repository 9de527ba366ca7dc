//! How an import shows that it moves: a bar on a terminal, otherwise now and then a line. Never an
//! address.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::summary::rate;

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(5);
const TEMPLATE: &str = "{wide_bar} {percent:>3} %  {msg}  ETA {eta}";

/// The progress of an import.
pub struct Progress {
    style: Style,
    words: Words,
    rows: u64,
    refused: u64,
    /// Bytes of the files worked off, and of all files.
    bytes: (u64, u64),
    begun: Instant,
    told: Instant,
}

/// The words in which progress is said.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The work while it is being done.
    pub doing: &'static str,
    /// The work once it is done.
    pub done: &'static str,
    /// The word for rows.
    pub rows: &'static str,
    /// The word for rows that were not taken.
    pub refused: &'static str,
    /// The unit of rows a second.
    pub per_second: &'static str,
}

const IMPORT: Words = Words { doing: "importing", done: "imported", rows: "rows", refused: "refused", per_second: "rows/s" };

enum Style {
    Bar(ProgressBar),
    Lines(Box<dyn Write + Send>),
    Silent,
}

impl Progress {
    /// On standard error: a bar if it is a terminal, lines if not.
    #[must_use]
    pub fn stderr() -> Self {
        if !io::stderr().is_terminal() {
            return Self::lines(io::stderr());
        }
        let bar = ProgressBar::no_length();
        Self::with(Style::Bar(match ProgressStyle::with_template(TEMPLATE) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }))
    }

    /// Lines, at most one in five seconds and one at the end.
    pub fn lines(output: impl Write + Send + 'static) -> Self {
        Self::with(Style::Lines(Box::new(output)))
    }

    /// The same of other work than an import.
    #[must_use]
    pub fn of(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// Nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::with(Style::Silent)
    }

    fn with(style: Style) -> Self {
        let now = Instant::now();
        Self { style, words: IMPORT, rows: 0, refused: 0, bytes: (0, 0), begun: now, told: now }
    }

    /// An import of so many bytes begins.
    pub fn begin(&mut self, total: u64) {
        let now = Instant::now();
        (self.rows, self.refused, self.bytes, self.begun, self.told) = (0, 0, (0, total), now, now);
        if let Style::Bar(bar) = &self.style {
            bar.set_length(total);
        }
    }

    /// So many more rows were settled; the file is read up to `position`.
    pub fn advance(&mut self, rows: u64, refused: u64, position: u64) {
        self.rows += rows;
        self.refused += refused;
        let done = self.bytes.0.saturating_add(position);
        match &mut self.style {
            Style::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(figures(self.words, self.rows, self.refused, self.begun));
            }
            Style::Lines(output) if self.told.elapsed() >= QUIET => {
                self.told = Instant::now();
                let percent = done.saturating_mul(100) / self.bytes.1.max(1);
                say(
                    output,
                    &format!("{}: {}, {percent} %", self.words.doing, figures(self.words, self.rows, self.refused, self.begun)),
                );
            }
            Style::Lines(_) | Style::Silent => {}
        }
    }

    /// A file of so many bytes is worked off.
    pub(super) fn next_file(&mut self, size: u64) {
        self.bytes.0 = self.bytes.0.saturating_add(size);
    }

    /// All files are worked off.
    pub fn finish(&mut self) {
        let figures = figures(self.words, self.rows, self.refused, self.begun);
        match &mut self.style {
            Style::Bar(bar) => bar.abandon_with_message(figures),
            Style::Lines(output) => say(output, &format!("{} {figures}", self.words.done)),
            Style::Silent => {}
        }
    }
}

fn figures(words: Words, rows: u64, refused: u64, begun: Instant) -> String {
    let Words { rows: of_rows, refused: of_refused, per_second, .. } = words;
    format!("{rows} {of_rows}, {refused} {of_refused}, {} {per_second}", rate(rows, begun.elapsed()))
}

/// Whether anybody listens does not matter to the import.
fn say(output: &mut impl Write, line: &str) {
    let _ = writeln!(output, "{line}");
}
