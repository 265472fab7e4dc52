//! Owns the destination and format of log lines.

use std::io::{IsTerminal, stderr, stdout};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, LevelFilter, filter_fn},
    fmt,
    layer::{Filter, SubscriberExt},
    util::SubscriberInitExt,
};

use crate::{
    config::{LogFormat, LogSection},
    telemetry::pretty::PrettyLines,
};

/// The name of log events that are only for programs: a person has already seen them, or would see nothing else because
/// of them. The pretty format omits them unless `log.level` requests details.
pub const FOR_PROGRAMS: &str = "for_programs";

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The level is invalid.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// Logging was already started in this process.
    #[error("logging is already started: {0}")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts to write log lines to standard error, for the life of the process.
pub fn start_logging(section: &LogSection) -> Result<(), LoggingError> {
    let filter = EnvFilter::builder().parse(&section.level)?;
    let is_pretty = match section.format {
        LogFormat::Json => false,
        LogFormat::Pretty => true,
        LogFormat::Auto => stdout().is_terminal() && stderr().is_terminal(),
    };
    let registry = tracing_subscriber::registry();
    if is_pretty {
        let is_coloured = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let layer = fmt::layer().event_format(PrettyLines).with_ansi(is_coloured).with_writer(stderr);
        registry.with(layer.with_filter(for_people(filter))).try_init()?;
    } else {
        let layer = fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(stderr);
        registry.with(layer.with_filter(filter)).try_init()?;
    }
    Ok(())
}

/// Omits the log events that are only for programs.
fn for_people<S>(filter: EnvFilter) -> impl Filter<S> {
    let shows_details = filter.max_level_hint().is_none_or(|level| level >= LevelFilter::DEBUG);
    filter.and(filter_fn(move |metadata| shows_details || metadata.name() != FOR_PROGRAMS))
}
