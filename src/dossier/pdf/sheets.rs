//! Blocks laid out on sheets of A4: where every line of text and every rule comes to stand. Pure.

use super::font::{Fonts, Weight};
use crate::dossier::page::{Block, Table};

/// A4, in points.
pub(super) const SHEET: (f32, f32) = (595.28, 841.89);
/// Free on every side, in points.
const MARGIN: f32 = 42.0;
/// Width between the margins, in points.
const WIDTH: f32 = SHEET.0 - 2.0 * MARGIN;
/// What stands below this, in points from the lower edge, is the footer's.
const BOTTOM: f32 = 56.0;
/// The share of the width for the names of pairs.
const NAMES: (u16, u16) = (32, 68);
/// Between a cell's text and its neighbour, in points.
const GUTTER: f32 = 6.0;
/// Width up to which a column is made as wide as its longest word, as a share of the sheet's.
const WIDEST_WORD: f32 = 0.22;

/// A sheet of paper.
#[derive(Default)]
pub(super) struct Sheet {
    /// Its lines of text.
    pub(super) lines: Vec<Line>,
    /// Its horizontal rules: from the left, height, to the right, thickness.
    pub(super) rules: Vec<(f32, f32, f32, f32)>,
}

/// A line of text. Places are in points from the lower left corner.
pub(super) struct Line {
    /// Where it begins.
    pub(super) x: f32,
    /// The line that its letters stand on.
    pub(super) y: f32,
    /// Size of the letters.
    pub(super) size: f32,
    /// The font.
    pub(super) weight: Weight,
    /// The text, spelt for the font.
    pub(super) text: String,
}

/// How a text is set.
#[derive(Clone, Copy)]
struct Style {
    weight: Weight,
    size: f32,
    /// Space above, in points.
    above: f32,
    /// Space that must be left below on the same sheet, in points.
    keep: f32,
    /// Space above and below a row's lines together, in points.
    padding: f32,
}

const TITLE: Style = Style { weight: Weight::Bold, size: 18.0, above: 0.0, keep: 0.0, padding: 0.0 };
const SECTION: Style = Style { weight: Weight::Bold, size: 13.0, above: 11.0, keep: 60.0, padding: 0.0 };
const WARNING: Style = Style { weight: Weight::Bold, size: 8.5, above: 3.0, keep: 0.0, padding: 0.0 };
const CAPTION: Style = Style { weight: Weight::Bold, size: 9.0, above: 8.0, keep: 0.0, padding: 0.0 };
const TEXT: Style = Style { weight: Weight::Regular, size: 8.2, above: 4.0, keep: 0.0, padding: 0.0 };
const VERBATIM: Style = Style { weight: Weight::Regular, size: 7.5, above: 0.0, keep: 0.0, padding: 0.0 };
const CELL: Style = Style { weight: Weight::Regular, size: 7.2, above: 0.0, keep: 0.0, padding: 3.0 };
const DENSE: Style = Style { weight: Weight::Regular, size: 5.8, above: 0.0, keep: 0.0, padding: 2.0 };
const VALUE: Style = Style { weight: Weight::Regular, size: 8.5, above: 0.0, keep: 0.0, padding: 4.0 };
const NAME: Style = Style { weight: Weight::Bold, ..VALUE };

/// Height up to which a paragraph is not split over sheets, in points.
const KEPT_WHOLE: f32 = 300.0;

/// Lays blocks out; the footer and "n / N" come on every sheet.
pub(super) fn lay_out(blocks: &[Block], footer: &str, fonts: &Fonts) -> Vec<Sheet> {
    let mut layout = Layout { fonts, sheets: vec![Sheet::default()], y: SHEET.1 - MARGIN };
    for (place, block) in blocks.iter().enumerate() {
        if matches!(block, Block::Caption(_)) {
            let below = blocks.get(place + 1).map_or(0.0, |below| layout.least(below));
            layout.make_room(CAPTION.above + CAPTION.leading() + below);
        }
        layout.push(block);
    }
    layout.finish(footer)
}

struct Layout<'a> {
    fonts: &'a Fonts,
    /// Never empty.
    sheets: Vec<Sheet>,
    /// Down to here the last sheet is full.
    y: f32,
}

/// A cell's text in lines.
struct Cell {
    style: Style,
    x: f32,
    lines: Vec<String>,
}

impl Style {
    /// From one line to the next, in points.
    fn leading(self) -> f32 {
        self.size * 1.36
    }
}

impl Layout<'_> {
    /// The height of as much of a block as belongs on one sheet with its caption.
    fn least(&self, block: &Block) -> f32 {
        let lines = |text: &str, style: Style| {
            self.fonts.of(style.weight).wrap(text, style.size, WIDTH).len() as f32 * style.leading() + style.above
        };
        let whole = match block {
            Block::Text(text) => lines(text, TEXT),
            Block::Verbatim(text) => text.iter().map(|line| lines(line, VERBATIM)).sum(),
            Block::Pairs(pairs) => {
                let row = |(name, value): &(String, String)| height(&self.pair(name, value));
                4.0 + pairs.iter().map(row).sum::<f32>()
            }
            Block::Table(_) => 50.0,
            Block::Title(_) | Block::Warning(_) | Block::Section(_) | Block::Caption(_) => 0.0,
        };
        if whole < KEPT_WHOLE { whole } else { 50.0 }
    }

    fn push(&mut self, block: &Block) {
        match block {
            Block::Title(text) => self.paragraph(text, TITLE),
            Block::Section(text) => {
                self.paragraph(text, SECTION);
                self.rule(1.0);
            }
            Block::Warning(text) => self.paragraph(text, WARNING),
            Block::Caption(text) => self.paragraph(text, CAPTION),
            Block::Text(text) => self.paragraph(text, TEXT),
            Block::Pairs(pairs) => self.pairs(pairs),
            Block::Table(table) => self.table(table),
            Block::Verbatim(lines) => lines.iter().for_each(|line| self.paragraph(line, VERBATIM)),
        }
    }

    fn paragraph(&mut self, text: &str, style: Style) {
        self.y -= style.above;
        let lines = self.fonts.of(style.weight).wrap(text, style.size, WIDTH);
        // As a whole on one sheet, unless it is long.
        let whole = style.leading() * lines.len() as f32;
        self.make_room(if whole < KEPT_WHOLE { whole } else { style.leading() } + style.keep);
        for line in lines {
            self.make_room(style.leading());
            self.y -= style.leading();
            self.line(MARGIN, self.y + style.size * 0.3, style, line);
        }
    }

    fn pairs(&mut self, pairs: &[(String, String)]) {
        self.y -= 4.0;
        for (name, value) in pairs {
            let row = self.pair(name, value);
            self.row(row, 0.3, None);
        }
    }

    fn pair(&self, name: &str, value: &str) -> Vec<Cell> {
        let unit = WIDTH / f32::from(NAMES.0 + NAMES.1);
        let (names, values) = (unit * f32::from(NAMES.0), unit * f32::from(NAMES.1));
        self.cells(&[(name, NAME, names), (value, VALUE, values)])
    }

    fn table(&mut self, table: &Table) {
        self.y -= 4.0;
        let style = if table.dense { DENSE } else { CELL };
        let of_head = Style { weight: Weight::Bold, ..style };
        let widths = self.widths(table, style, of_head);
        let heads: Vec<_> =
            table.columns.iter().zip(&widths).map(|((head, _), width)| (head.as_str(), of_head, *width)).collect();
        // Never split over sheets: room is made for it and a first row.
        let head = self.cells(&heads);
        self.make_room(height(&head) + 40.0);
        self.row(head, 1.0, None);
        for row in &table.rows {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| (cell.as_str(), style, *width)).collect();
            let cells = self.cells(&cells);
            self.row(cells, 0.3, Some(&heads));
        }
    }

    /// The widths of a table's columns: none is narrower than its longest word, so that no number breaks; what is left goes by
    /// shares. A word wider than [`WIDEST_WORD`] breaks.
    fn widths(&self, table: &Table, style: Style, of_head: Style) -> Vec<f32> {
        let longest = |text: &str, style: Style| {
            let font = self.fonts.of(style.weight);
            font.spell(text).split(' ').map(|word| font.width(word, style.size)).fold(0.0, f32::max)
        };
        let least = |place: usize| {
            let head = table.columns.get(place).map_or(0.0, |(head, _)| longest(head, of_head));
            let cells = table.rows.iter().filter_map(|row| row.get(place)).map(|cell| longest(cell, style));
            cells.fold(head, f32::max).min(WIDTH * WIDEST_WORD) + GUTTER + 0.5
        };
        let least: Vec<f32> = (0..table.columns.len()).map(least).collect();
        let shares: Vec<f32> = table.columns.iter().map(|(_, share)| f32::from(*share)).collect();
        let (needed, all) = (least.iter().sum::<f32>(), shares.iter().sum::<f32>().max(1.0));
        if needed > WIDTH {
            return least.iter().map(|width| width * WIDTH / needed).collect();
        }
        // Those whose share is less than they need have that; the others share the rest.
        let mut widths: Vec<f32> = shares.iter().map(|share| WIDTH * share / all).collect();
        let short = |(width, least): (&f32, &f32)| (least - width).max(0.0);
        let lacking: f32 = widths.iter().zip(&least).map(short).sum();
        let spare: f32 = widths.iter().zip(&least).map(|(width, least)| (width - least).max(0.0)).sum();
        let given = if spare > 0.0 { lacking / spare } else { 0.0 };
        for (width, least) in widths.iter_mut().zip(&least) {
            *width = if *width < *least { *least } else { *width - (*width - least) * given };
        }
        widths
    }

    /// Wraps texts into columns of their widths, in points.
    fn cells(&self, texts: &[(&str, Style, f32)]) -> Vec<Cell> {
        let mut x = MARGIN;
        let mut cells = Vec::with_capacity(texts.len());
        for (text, style, width) in texts {
            let lines = self.fonts.of(style.weight).wrap(text, style.size, width - GUTTER);
            cells.push(Cell { style: *style, x, lines });
            x += width;
        }
        cells
    }

    /// Sets a row and a rule below it. It goes to the next sheet as a whole if it fits there, and is split
    /// between lines if it is higher than a sheet; `heads` are repeated on every new sheet.
    fn row(&mut self, cells: Vec<Cell>, thickness: f32, heads: Option<&[(&str, Style, f32)]>) {
        if height(&cells) > self.room() && self.room() < 400.0 {
            self.turn(heads);
        }
        let mut cells = cells;
        loop {
            let leading = cells.iter().map(|cell| cell.style.leading()).fold(0.0, f32::max);
            // At least one line a sheet, so that it ends.
            #[expect(clippy::cast_sign_loss, reason = "one or more")]
            let fits = ((self.room() - GUTTER) / leading).floor().max(1.0) as usize;
            let padding = cells.iter().map(|cell| cell.style.padding).fold(0.0, f32::max) / 2.0;
            let top = self.y - padding;
            let mut used = 0;
            for cell in &mut cells {
                let rest = cell.lines.split_off(fits.min(cell.lines.len()));
                used = used.max(cell.lines.len());
                for (place, line) in std::mem::replace(&mut cell.lines, rest).into_iter().enumerate() {
                    let y = top - leading * (place as f32 + 1.0) + cell.style.size * 0.3;
                    self.line(cell.x, y, cell.style, line);
                }
            }
            self.y = top - leading * used as f32 - padding;
            if cells.iter().all(|cell| cell.lines.is_empty()) {
                break;
            }
            self.turn(heads);
        }
        self.rule(thickness);
    }

    fn room(&self) -> f32 {
        self.y - BOTTOM
    }

    fn make_room(&mut self, height: f32) {
        if height > self.room() {
            self.turn(None);
        }
    }

    /// Begins a sheet.
    fn turn(&mut self, heads: Option<&[(&str, Style, f32)]>) {
        self.sheets.push(Sheet::default());
        self.y = SHEET.1 - MARGIN;
        if let Some(heads) = heads {
            let cells = self.cells(heads);
            self.row(cells, 1.0, None);
        }
    }

    fn line(&mut self, x: f32, y: f32, style: Style, text: String) {
        let line = Line { x, y, size: style.size, weight: style.weight, text };
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.lines.push(line);
        }
    }

    fn rule(&mut self, thickness: f32) {
        let rule = (MARGIN, self.y, SHEET.0 - MARGIN, thickness);
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.rules.push(rule);
        }
    }

    fn finish(mut self, footer: &str) -> Vec<Sheet> {
        let font = &self.fonts.regular;
        let (count, footer) = (self.sheets.len(), font.spell(footer));
        for (number, sheet) in (1..).zip(&mut self.sheets) {
            let page = format!("{number} / {count}");
            let right = SHEET.0 - MARGIN - font.width(&page, CELL.size);
            for (x, text) in [(MARGIN, footer.clone()), (right, page)] {
                sheet.lines.push(Line { x, y: MARGIN - 8.0, size: CELL.size, weight: Weight::Regular, text });
            }
            sheet.rules.push((MARGIN, MARGIN + 4.0, SHEET.0 - MARGIN, 0.3));
        }
        self.sheets
    }
}

fn height(cells: &[Cell]) -> f32 {
    cells.iter().map(|cell| cell.style.leading() * cell.lines.len() as f32 + cell.style.padding).fold(0.0, f32::max)
}
