//! Owns human-readable log lines: time, level, message and fields.

use std::fmt::{self, Debug, Display, Write as _};

use auditlog_core::{
    clock::{Clock as _, SystemClock},
    printable::printable,
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

/// Formats each event as one short line.
pub(super) struct PrettyLines;

impl<S, N> FormatEvent<S, N> for PrettyLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let now = SystemClock.now().to_string();
        let time = now.get(11..19).unwrap_or_default();
        let (dim, reset) = if writer.has_ansi_escapes() { (DIM, RESET) } else { ("", "") };
        let level = *event.metadata().level();
        let colour = if writer.has_ansi_escapes() { colour_of(level) } else { "" };
        let mut line = Line::default();
        event.record(&mut line);
        write!(writer, "{dim}{time}{reset} {colour}{level:<5}{reset} {}", line.message)?;
        if !line.fields.is_empty() {
            write!(writer, " {dim}{}{reset}", line.fields)?;
        }
        writeln!(writer)
    }
}

const fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[1;31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

/// The message and the fields of an event, safe for a terminal: file names and error texts may contain any character.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn add(&mut self, field: &Field, value: impl Display) {
        let text = value.to_string();
        let text = printable(&text);
        if field.name() == "message" {
            self.message.push_str(&text);
            return;
        }
        let space = if self.fields.is_empty() { "" } else { "  " };
        // Writing to a string cannot fail.
        let _ = write!(self.fields, "{space}{}: {text}", field.name());
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, format_args!("{value:.1}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Output {
        type Writer = Self;

        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    fn written(is_coloured: bool, log: impl FnOnce()) -> String {
        let output = Output::default();
        let layer = tracing_subscriber::fmt::layer().event_format(PrettyLines).with_ansi(is_coloured);
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = output.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_has_time_level_message_and_fields() {
        let line = written(false, || tracing::warn!(left = 3, took_ms = 1.26, "waiting"));
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 8 && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'), "{line:?}");
        assert_eq!(rest, "WARN  waiting left: 3  took_ms: 1.3\n");
        assert!(written(true, || tracing::error!("x")).contains("\u{1b}[1;31mERROR\u{1b}[0m x"));
    }

    #[test]
    fn foreign_text_reaches_no_terminal_as_it_is() {
        let path = "a\u{1b}[2J\u{9b}\u{202e}\nINFO forged";
        let line = written(false, || tracing::info!(path, error = %path, "{path}"));
        assert_eq!(line.lines().count(), 1, "{line:?}");
        assert!(!line.trim_end().contains(auditlog_core::printable::is_unprintable), "{line:?}");
    }
}
