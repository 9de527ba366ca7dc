//! Log lines to standard error, for people or as one JSON object a line.

use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// The shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object a line, the event's fields at its top.
    Json,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The directives are none.
    #[error("the log level is not readable: {0}")]
    Filter(#[from] ParseError),
    /// It is set up already.
    #[error("logging is set up already: {0}")]
    Twice(#[from] TryInitError),
}

/// Sends the events that `level` lets through to standard error for the rest of the process. Colours
/// only on a terminal.
///
/// # Errors
/// Unreadable directives, or a second call.
pub fn init(format: Format, level: &str) -> Result<(), LogError> {
    let colours = std::io::stderr().is_terminal();
    subscriber(format, level, colours, std::io::stderr)?.try_init()?;
    Ok(())
}

fn subscriber<W>(format: Format, level: &str, colours: bool, writer: W) -> Result<impl Subscriber + Send + Sync, ParseError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(level)?;
    // A line that cannot be written is lost: to tell that on standard error too would end the process.
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(writer).log_internal_errors(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        Format::Human => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    Ok(tracing_subscriber::registry().with(lines.with_filter(filter)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, level, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(revision = 7, "ready");
            tracing::debug!("detail");
            tracing::info!(target: "other", "noise");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_json_line_has_the_fields_at_its_top() {
        let text = logged(Format::Json, "info,other=off");
        let mut line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(line["timestamp"].take().as_str().unwrap().ends_with('Z'));
        let target = "izingate::telemetry::logs::tests";
        let expected =
            serde_json::json!({"timestamp": null, "level": "INFO", "message": "ready", "revision": 7, "target": target});
        assert_eq!(line, expected);
    }

    #[test]
    fn a_human_line_has_no_colours_off_a_terminal() {
        let text = logged(Format::Human, "info,other=off");
        assert!(text.ends_with("  INFO izingate::telemetry::logs::tests: ready revision=7\n"), "{text:?}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn the_level_filters() {
        assert_eq!(logged(Format::Human, "off"), "");
        assert_eq!(logged(Format::Human, "debug").lines().count(), 3);
        assert!(subscriber(Format::Human, "izingate=loud", false, std::io::stderr).is_err());
    }
}
