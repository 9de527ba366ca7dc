//! Panels of lines under each other, as plain SVG.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 690.0;
const HEIGHT: f64 = 230.0;
/// What stands above and below a panel.
const TOP: f64 = 40.0;
const BELOW: f64 = 56.0;
const COLOURS: [&str; 8] = ["#0b6e4f", "#dc2626", "#2563eb", "#d97706", "#7c3aed", "#6b7280", "#0891b2", "#be185d"];

/// How an axis is divided.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// Evenly, from nothing on.
    Even,
    /// By factors of ten.
    Tens,
    /// At these places, with these words.
    At(Vec<(f64, String)>),
}

/// A line.
pub struct Curve {
    /// What it is called beside the panel; nothing for one that goes with the line before it.
    pub name: String,
    /// Lines of one colour belong together.
    pub colour: usize,
    pub dashed: bool,
    pub points: Vec<(f64, f64)>,
}

/// A panel.
pub struct Panel {
    pub title: String,
    pub across: String,
    pub x: Axis,
    pub y: Axis,
    /// Writes a value of the upright axis.
    pub figure: fn(f64) -> String,
    pub curves: Vec<Curve>,
}

/// Values of an axis, and where they lie between 0 and 1.
struct Scale {
    least: f64,
    most: f64,
    tens: bool,
    marks: Vec<(f64, String)>,
}

impl Scale {
    fn new(axis: &Axis, values: &[f64], figure: fn(f64) -> String) -> Self {
        let here = |value: &f64| *axis != Axis::Tens || *value > 0.0;
        let low = values.iter().copied().filter(here).fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match axis {
            Axis::Even => {
                let most = if high > 0.0 { high * 1.05 } else { 1.0 };
                let step = step(most);
                let marks =
                    (0..).map(|at| f64::from(at) * step).take_while(|mark| *mark <= most).map(|mark| (mark, figure(mark)));
                Self { least: 0.0, most, tens: false, marks: marks.collect() }
            }
            Axis::Tens => {
                let (low, high) = if low > 0.0 && high.is_finite() { (low, high) } else { (1.0, 10.0) };
                let (from, to) = (low.log10().floor() as i32, (high.log10().ceil() as i32).max(low.log10().floor() as i32 + 1));
                let marks = (from..=to).map(|power| (10_f64.powi(power), figure(10_f64.powi(power))));
                Self { least: 10_f64.powi(from), most: 10_f64.powi(to), tens: true, marks: marks.collect() }
            }
            Axis::At(marks) => {
                let high = marks.iter().map(|(mark, _)| *mark).filter(|mark| *mark <= high * 1.05).fold(high, f64::max);
                let marks: Vec<_> = marks.iter().filter(|(mark, _)| *mark <= high).cloned().collect();
                let least = axis_start(&marks);
                Self { least, most: high, tens: false, marks }
            }
        }
    }

    fn place(&self, value: f64) -> f64 {
        if self.tens {
            return (value.max(self.least) / self.least).ln() / (self.most / self.least).ln();
        }
        (value - self.least) / (self.most - self.least)
    }
}

fn axis_start(marks: &[(f64, String)]) -> f64 {
    marks.first().map_or(0.0, |(mark, _)| *mark)
}

/// A round number of which some five make the whole.
fn step(most: f64) -> f64 {
    let ten = 10_f64.powf((most / 5.0).log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|times| times * ten).find(|step| most / step <= 6.0).unwrap_or(most)
}

/// The panels as a file.
pub fn svg(title: &str, panels: &[Panel]) -> String {
    let height = 44.0 + panels.len() as f64 * (TOP + HEIGHT + BELOW);
    let mut body = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}' \
         font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n\
         <text x='16' y='28' fill='#111827' font-size='16' font-weight='bold'>{}</text>\n",
        escape(title)
    );
    for (at, panel) in panels.iter().enumerate() {
        draw(panel, 44.0 + at as f64 * (TOP + HEIGHT + BELOW) + TOP, &mut body);
    }
    body + "</svg>\n"
}

fn draw(panel: &Panel, top: f64, body: &mut String) {
    let bottom = top + HEIGHT;
    let all = |of: fn(&(f64, f64)) -> f64| panel.curves.iter().flat_map(|curve| curve.points.iter().map(of)).collect::<Vec<_>>();
    let x = Scale::new(&panel.x, &all(|point| point.0), |value| format!("{value}"));
    let y = Scale::new(&panel.y, &all(|point| point.1), panel.figure);
    let across = |value: f64| LEFT + x.place(value) * (RIGHT - LEFT);
    let up = |value: f64| bottom - y.place(value) * HEIGHT;
    let _ =
        writeln!(body, "<text x='16' y='{:.1}' fill='#111827' font-weight='bold'>{}</text>", top - 14.0, escape(&panel.title));
    for (mark, words) in &y.marks {
        let _ = writeln!(body, "<line x1='{LEFT}' x2='{RIGHT}' y1='{0:.1}' y2='{0:.1}' stroke='#e5e7eb'/>", up(*mark));
        text(body, LEFT - 8.0, up(*mark) + 4.0, "end", words);
    }
    for (mark, words) in &x.marks {
        let _ = writeln!(body, "<line x1='{0:.1}' x2='{0:.1}' y1='{top:.1}' y2='{bottom:.1}' stroke='#f3f4f6'/>", across(*mark));
        text(body, across(*mark), bottom + 18.0, "middle", words);
    }
    text(body, f64::midpoint(LEFT, RIGHT), bottom + 38.0, "middle", &panel.across);
    let mut named = 0.0;
    for curve in &panel.curves {
        let colour = COLOURS[curve.colour % COLOURS.len()];
        let dash = if curve.dashed { " stroke-dasharray='5 4'" } else { "" };
        // Nothing has no place on an axis of tens: there the line is interrupted.
        for part in curve.points.split(|(_, value)| y.tens && *value <= 0.0).filter(|part| !part.is_empty()) {
            let points: Vec<String> = part.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
            let _ = writeln!(
                body,
                "<polyline fill='none' stroke='{colour}' stroke-width='1.8' stroke-linejoin='round'{dash} points='{}'/>",
                points.join(" ")
            );
        }
        if curve.name.is_empty() {
            continue;
        }
        let y = top + 8.0 + 18.0 * named;
        named += 1.0;
        let (from, to) = (RIGHT + 16.0, RIGHT + 38.0);
        let _ =
            writeln!(body, "<line x1='{from}' x2='{to}' y1='{y:.1}' y2='{y:.1}' stroke='{colour}' stroke-width='2.5'{dash}/>");
        text(body, to + 6.0, y + 4.0, "start", &curve.name);
    }
}

fn text(body: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = writeln!(body, "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' fill='#374151'>{}</text>", escape(words));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_axis_has_round_marks_from_nothing_on() {
        let scale = Scale::new(&Axis::Even, &[3.0, 9_800.0], |value| format!("{value}"));
        let marks: Vec<&str> = scale.marks.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(marks, ["0", "2000", "4000", "6000", "8000", "10000"]);
        assert_eq!((scale.place(0.0), scale.place(9_800.0 * 1.05)), (0.0, 1.0));
    }

    #[test]
    fn an_axis_of_tens_ends_at_powers() {
        let scale = Scale::new(&Axis::Tens, &[42.0, 9_800.0], |value| format!("{value}"));
        assert_eq!((scale.least, scale.most, scale.marks.len()), (10.0, 10_000.0, 4));
        assert!((scale.place(1_000.0) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(Scale::new(&Axis::Tens, &[0.0, 42.0, 9_800.0], |value| format!("{value}")).least, 10.0);
        // Nothing at all is drawn somewhere.
        assert_eq!(Scale::new(&Axis::Tens, &[], |value| format!("{value}")).marks.len(), 2);
    }
}
