//! Owns where log lines go and what they look like.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogFormat, LogSection};

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The level is none.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// Something else in the process logs already.
    #[error("logging was started before: {0}")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts to write log lines to standard error, for the life of the process.
pub fn start_logging(section: &LogSection) -> Result<(), LoggingError> {
    let filter = EnvFilter::builder().parse(&section.level)?;
    let json = match section.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let layer = if json {
        fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(stderr).boxed()
    } else {
        fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init()?;
    Ok(())
}
