//! What the gateway says of itself on `/metrics`.

use crate::socket::{Pool, Speech};
use bytes::Bytes;
use std::collections::BTreeMap;

/// A page of `/metrics`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Name and labels as they stand, and the value.
    series: BTreeMap<String, f64>,
}

/// Upper ends of a histogram's buckets in seconds, and how many were seen up to there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets(Vec<(f64, f64)>);

/// Reads the page at `host:port`.
pub async fn page(admin: &str) -> Result<Page, String> {
    let request = Bytes::from(format!("GET /metrics HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n"));
    let answer = Pool::new(admin.to_owned(), Speech::Http, 1).call(&request).await;
    let answer = answer.map_err(|failure| format!("{admin}/metrics: {failure:?}"))?;
    Ok(Page::parse(&String::from_utf8_lossy(&answer)))
}

impl Page {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self { series: series.collect() }
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        let own = move |series: &'a str| {
            let rest = series.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('{')).then_some(rest)
        };
        self.series.iter().filter_map(move |(series, value)| Some((own(series)?, *value)))
    }

    /// A series, all its labels together; none if it is not there.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.of(name).map(|(_, value)| value).reduce(|sum, value| sum + value)
    }

    /// How long checks of an edge took to decide.
    pub fn check_seconds(&self, edge: &str) -> Buckets {
        let edge = format!("edge=\"{edge}\"");
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for (labels, value) in self.of("izingate_check_seconds_bucket").filter(|(labels, _)| labels.contains(&edge)) {
            let Some(end) = labels.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()) else { continue };
            match buckets.iter_mut().find(|(known, _)| known.total_cmp(&end).is_eq()) {
                Some((_, seen)) => *seen += value,
                None => buckets.push((end, value)),
            }
        }
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        Buckets(buckets)
    }
}

impl Buckets {
    /// What was seen since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let seen = |end: f64| before.0.iter().find(|(known, _)| known.total_cmp(&end).is_eq()).map_or(0.0, |(_, seen)| *seen);
        Self(self.0.iter().map(|(end, now)| (*end, now - seen(*end))).collect())
    }

    /// How many.
    pub fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, seen)| *seen)
    }

    /// The end of the bucket in which the part lies: the part took no longer than this many seconds.
    pub fn at(&self, part: f64) -> Option<f64> {
        let wanted = self.count() * part;
        self.0.iter().find(|(_, seen)| *seen >= wanted && *seen > 0.0).map(|(end, _)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(mesaj: [u32; 3]) -> Page {
        let [few, more, all] = mesaj;
        Page::parse(&format!(
            "# HELP izingate_index_bytes Memory that the index takes.\nizingate_index_bytes 4096\n\
             izingate_check_seconds_bucket{{edge=\"grpc_unary\",channel=\"MESAJ\",le=\"0.000002\"}} {few}\n\
             izingate_check_seconds_bucket{{edge=\"grpc_unary\",channel=\"MESAJ\",le=\"0.0001\"}} {more}\n\
             izingate_check_seconds_bucket{{edge=\"grpc_unary\",channel=\"MESAJ\",le=\"+Inf\"}} {all}\n\
             izingate_check_seconds_bucket{{edge=\"grpc_unary\",channel=\"ARAMA\",le=\"+Inf\"}} 1\n\
             izingate_check_seconds_bucket{{edge=\"grpc_batch\",channel=\"MESAJ\",le=\"+Inf\"}} 7\n\
             izingate_checks_total{{edge=\"grpc_unary\"}} 2\nizingate_checks_total{{edge=\"grpc_batch\"}} 3\n"
        ))
    }

    #[test]
    fn a_histogram_is_read_by_difference() {
        let since = page([100, 199, 201]).check_seconds("grpc_unary").since(&page([1, 1, 1]).check_seconds("grpc_unary"));
        assert_eq!(since.count(), 200.0);
        assert_eq!([0.4, 0.99, 1.0].map(|part| since.at(part)), [Some(2e-6), Some(1e-4), Some(f64::INFINITY)]);
        assert_eq!(Buckets::default().at(0.5), None);
    }

    #[test]
    fn a_value_is_of_all_labels() {
        assert_eq!(page([0; 3]).value("izingate_index_bytes"), Some(4096.0));
        assert_eq!(page([0; 3]).value("izingate_checks_total"), Some(5.0));
        assert_eq!(page([0; 3]).value("izingate_index"), None);
    }
}
