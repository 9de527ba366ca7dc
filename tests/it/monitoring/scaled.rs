//! The rules with their times made shorter, so that a test sees in a minute what takes an hour.

/// Sixty times shorter: an hour is a minute.
const BY: u64 = 60;

/// Rules whose every time is shorter: of windows, of `for` and of `keep_firing_for`.
pub fn scaled(rules: &str) -> String {
    let line = |line: &str| match line.split_once("for: ") {
        Some((before, time)) if !line.trim_start().starts_with('#') && is_time(time) => format!("{before}for: {}", shorter(time)),
        _ => windows(line),
    };
    rules.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// The windows of a line: `[5m]`.
fn windows(line: &str) -> String {
    let mut parts = line.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('[');
        match part.split_once(']') {
            Some((time, rest)) if is_time(time) => out.extend([&shorter(time), "]", rest]),
            _ => out += part,
        }
    }
    out
}

fn is_time(text: &str) -> bool {
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    number.parse::<u64>().is_ok() && ["s", "m", "h"].contains(&unit)
}

fn shorter(time: &str) -> String {
    let (number, unit) = time.split_at(time.len() - 1);
    let seconds = number.parse::<u64>().unwrap()
        * if unit == "h" {
            3_600
        } else if unit == "m" {
            60
        } else {
            1
        };
    // Two scrapes at least.
    format!("{}s", (seconds / BY).max(1))
}

#[test]
fn every_time_is_a_sixtieth() {
    let rules =
        "  expr: rate(a[5m]) / rate(b[6h])\n  for: 15m\n  keep_firing_for: 5m\n  # for: 2m\n  - e: a[0] for: x\n  b[30s]\n";
    let shorter =
        "  expr: rate(a[5s]) / rate(b[360s])\n  for: 15s\n  keep_firing_for: 5s\n  # for: 2m\n  - e: a[0] for: x\n  b[1s]\n";
    assert_eq!(scaled(rules), shorter);
}
