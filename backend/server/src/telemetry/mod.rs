//! Owns the server's logs and metrics. They never contain secrets, headers or events.

mod access;
mod answer_metrics;
mod export_metrics;
mod logging;
mod metrics;
mod pretty;
mod process_collector;
mod store_collector;
mod tail_metrics;

pub(crate) use access::ObservedRequest;
pub(crate) use export_metrics::ExportEnd;
pub use logging::{FOR_PROGRAMS, LoggingError, start_logging};
pub(crate) use metrics::{IngestOutcome, Metrics, QueryKind};
pub(crate) use tail_metrics::{OpenTail, TailCounters, TailEnd};
