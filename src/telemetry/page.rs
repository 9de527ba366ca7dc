//! The page of `/metrics`: every series with its help, in Prometheus' text format, version 0.0.4.

use super::cells::{Buckets, Counter, Gauge, Histogram, Level};
use super::series::{Kind, Series};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every family that is shown, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Page(Mutex<Vec<Family>>);

#[derive(Debug)]
struct Family {
    series: &'static Series,
    rows: Vec<(String, Cell)>,
}

#[derive(Debug)]
enum Cell {
    Whole(Arc<AtomicU64>),
    Real(Arc<AtomicU64>),
    Fixed(f64),
    Histogram(Arc<Buckets>),
}

impl Page {
    pub(super) fn counter(&self, series: &'static Series, values: &[&str]) -> Counter {
        let counter = Counter::default();
        self.add(series, Kind::Counter, values, Cell::Whole(Arc::clone(&counter.0)));
        counter
    }

    pub(super) fn gauge(&self, series: &'static Series, values: &[&str]) -> Gauge {
        let gauge = Gauge::default();
        self.add(series, Kind::Gauge, values, Cell::Real(Arc::clone(&gauge.0)));
        gauge
    }

    /// A counter that is read from somewhere and is no whole number.
    pub(super) fn real_counter(&self, series: &'static Series) -> Gauge {
        let gauge = Gauge::default();
        self.add(series, Kind::Counter, &[], Cell::Real(Arc::clone(&gauge.0)));
        gauge
    }

    pub(super) fn level(&self, series: &'static Series) -> Level {
        let level = Level::default();
        self.add(series, Kind::Gauge, &[], Cell::Whole(Arc::clone(&level.0)));
        level
    }

    pub(super) fn histogram(&self, series: &'static Series, values: &[&str], bounds: &'static [u64]) -> Histogram {
        let histogram = Histogram::new(bounds);
        self.add(series, Kind::Histogram, values, Cell::Histogram(Arc::clone(&histogram.0)));
        histogram
    }

    /// Replaces every row of a series that shows some of many: the value of its only label, and its own.
    pub(super) fn replace(&self, series: &'static Series, rows: impl Iterator<Item = (String, f64)>) {
        let rows = rows.map(|(value, number)| (labels(series, &[&value]), Cell::Fixed(number))).collect();
        family(&mut self.families(), series).rows = rows;
    }

    fn add(&self, series: &'static Series, kind: Kind, values: &[&str], cell: Cell) {
        debug_assert_eq!((series.kind, series.labels.len()), (kind, values.len()), "{}", series.name);
        family(&mut self.families(), series).rows.push((labels(series, values), cell));
    }

    pub(super) fn render(&self) -> String {
        let mut page = String::with_capacity(64 << 10);
        for Family { series, rows } in self.families().iter() {
            let Series { name, help, kind, .. } = series;
            let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
            for (labels, cell) in rows {
                cell.render(&mut page, name, labels);
            }
        }
        page
    }

    /// A panic of another thread leaves a list whole.
    fn families(&self) -> MutexGuard<'_, Vec<Family>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn family<'a>(families: &'a mut Vec<Family>, series: &'static Series) -> &'a mut Family {
    let place = families.iter().position(|family| family.series.name == series.name);
    let place = place.unwrap_or_else(|| {
        families.push(Family { series, rows: Vec::new() });
        families.len() - 1
    });
    &mut families[place]
}

/// `a="b",c="d"`. Every value is a word of ours or a number: nothing is to be escaped.
fn labels(series: &Series, values: &[&str]) -> String {
    let pairs = series.labels.iter().zip(values).map(|(label, value)| format!("{}=\"{value}\"", label.name));
    pairs.collect::<Vec<_>>().join(",")
}

impl Cell {
    fn render(&self, page: &mut String, name: &str, labels: &str) {
        let (open, close) = if labels.is_empty() { ("", "") } else { ("{", "}") };
        // Writing to a string does not fail.
        let _ = match self {
            Self::Whole(cell) => writeln!(page, "{name}{open}{labels}{close} {}", cell.load(Relaxed)),
            Self::Real(cell) => writeln!(page, "{name}{open}{labels}{close} {}", f64::from_bits(cell.load(Relaxed))),
            Self::Fixed(value) => writeln!(page, "{name}{open}{labels}{close} {value}"),
            Self::Histogram(buckets) => buckets.render(page, name, labels),
        };
    }
}

impl Buckets {
    fn render(&self, page: &mut String, name: &str, labels: &str) -> std::fmt::Result {
        let (comma, open, close) = if labels.is_empty() { ("", "", "") } else { (",", "{", "}") };
        let mut total = 0;
        for (place, count) in self.counts.iter().enumerate() {
            total += count.load(Relaxed);
            match self.bounds.get(place) {
                Some(bound) => writeln!(page, "{name}_bucket{{{labels}{comma}le=\"{}\"}} {total}", seconds(*bound))?,
                None => writeln!(page, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}")?,
            }
        }
        writeln!(page, "{name}_sum{open}{labels}{close} {}", seconds(self.nanos.load(Relaxed)))?;
        writeln!(page, "{name}_count{open}{labels}{close} {total}")
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
