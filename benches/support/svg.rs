//! Two kinds of chart, written as plain SVG.

use std::fmt::Write;

/// A chart.
pub enum Chart {
    /// Bars beside each other, in groups.
    Bars {
        /// What is shown, with its unit.
        title: String,
        /// Groups with their bars: name and value.
        groups: Vec<(String, Vec<(String, f64)>)>,
    },
    /// Lines over an axis that grows by factors.
    Lines {
        /// What is shown, with its unit.
        title: String,
        /// What the axis is.
        axis: String,
        /// Lines with their points, from left to right.
        lines: Vec<(String, Vec<(f64, f64)>)>,
    },
}

const WIDTH: f64 = 860.0;
const LABELS: f64 = 250.0;
const BAR: f64 = 20.0;
const COLOURS: [&str; 8] = ["#0b6e4f", "#6b7280", "#c2410c", "#7c3aed", "#0369a1", "#b45309", "#be185d", "#4d7c0f"];

impl Chart {
    /// What is shown.
    pub fn title(&self) -> &str {
        match self {
            Self::Bars { title, .. } | Self::Lines { title, .. } => title,
        }
    }

    /// The chart as a file.
    pub fn svg(&self) -> String {
        let (height, body) = match self {
            Self::Bars { groups, .. } => bars(groups),
            Self::Lines { axis, lines, .. } => plot(axis, lines),
        };
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}' \
             font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n{}{body}</svg>\n",
            text(16.0, 24.0, "start", &format!("<tspan font-size='15' font-weight='bold'>{}</tspan>", escape(self.title())))
        )
    }
}

fn bars(groups: &[(String, Vec<(String, f64)>)]) -> (f64, String) {
    let most = groups.iter().flat_map(|(_, bars)| bars).map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let names: Vec<&String> = in_order(groups.iter().flat_map(|(_, bars)| bars).map(|(name, _)| name));
    let (mut y, mut body) = (44.0, String::new());
    for (group, bars) in groups {
        body += &text(16.0, y + 13.0, "start", &format!("<tspan font-weight='bold'>{}</tspan>", escape(group)));
        y += BAR;
        for (name, value) in bars {
            let colour = colour(names.iter().position(|known| *known == name));
            let length = (value / most * (WIDTH - LABELS - 90.0)).max(1.0);
            body += &text(LABELS - 8.0, y + 13.0, "end", &escape(name));
            let _ = writeln!(
                body,
                "<rect x='{LABELS}' y='{y}' width='{length:.1}' height='{:.0}' rx='2' fill='{colour}'/>",
                BAR - 4.0
            );
            body += &text(LABELS + length + 6.0, y + 13.0, "start", &figure(*value));
            y += BAR;
        }
        y += 12.0;
    }
    (y + 8.0, body)
}

fn plot(axis: &str, lines: &[(String, Vec<(f64, f64)>)]) -> (f64, String) {
    let (top, bottom, left, right) = (50.0, 380.0, 60.0, WIDTH - 190.0);
    let points = || lines.iter().flat_map(|(_, points)| points);
    let least_x = points().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let most_x = points().map(|(x, _)| *x).fold(least_x * 1.01, f64::max);
    let most_y = points().map(|(_, y)| *y).fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let across = |x: f64| left + (x / least_x).ln() / (most_x / least_x).ln() * (right - left);
    let up = |y: f64| bottom - y / most_y * (bottom - top);
    let mut body = String::new();
    for step in 0..=5 {
        let value = most_y * f64::from(step) / 5.0;
        let _ = writeln!(body, "<line x1='{left}' x2='{right}' y1='{0:.1}' y2='{0:.1}' stroke='#e5e7eb'/>", up(value));
        body += &text(left - 8.0, up(value) + 4.0, "end", &figure(value));
    }
    for decade in (3..12).map(|power| 10_u64.pow(power)).filter(|decade| (least_x..=most_x).contains(&(*decade as f64))) {
        body += &text(across(decade as f64), bottom + 18.0, "middle", &super::report::short(decade));
    }
    body += &text(f64::midpoint(left, right), bottom + 38.0, "middle", &escape(axis));
    for (at, (name, points)) in lines.iter().enumerate() {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
        let colour = colour(Some(at));
        let _ = writeln!(body, "<polyline fill='none' stroke='{colour}' stroke-width='2' points='{}'/>", path.join(" "));
        let y = top + 18.0 * at as f64;
        let _ = writeln!(body, "<rect x='{}' y='{}' width='12' height='4' fill='{colour}'/>", right + 16.0, y - 6.0);
        body += &text(right + 34.0, y, "start", &escape(name));
    }
    (bottom + 52.0, body)
}

fn colour(at: Option<usize>) -> &'static str {
    COLOURS[at.unwrap_or_default() % COLOURS.len()]
}

fn in_order<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    names.fold(Vec::new(), |mut seen, name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
        seen
    })
}

fn figure(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.2} M", value / 1e6),
        value if value >= 1e4 => format!("{:.0} k", value / 1e3),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn text(x: f64, y: f64, anchor: &str, inner: &str) -> String {
    format!("<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' fill='#111827'>{inner}</text>\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
