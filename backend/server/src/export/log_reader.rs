//! Owns how the log is read for a file, one piece at a time.

use std::sync::Arc;

use auditlog_core::{
    query::QueryBudget,
    store::{EventStore, QueryError, ScanPage, ScanRequest, View},
};

use crate::telemetry::{Metrics, QueryKind};

/// The number of events that are read and written at a time.
const EVENTS_MAX: usize = 500;

/// Reads logs for files. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LogReader {
    events: Arc<dyn EventStore>,
    metrics: Arc<Metrics>,
}

impl LogReader {
    pub(crate) fn new(events: Arc<dyn EventStore>, metrics: Arc<Metrics>) -> Self {
        Self { events, metrics }
    }

    /// Reads the piece that begins at a sequence. Each piece has the timeout of a query; the file as a whole has no
    /// timeout.
    pub(crate) async fn read_piece(&self, view: &View, from: u64, budget: QueryBudget) -> Result<ScanPage, QueryError> {
        let request = ScanRequest { view: view.clone(), from, limit: EVENTS_MAX };
        let page = self.events.scan(request, budget).await;
        self.metrics.count_query(QueryKind::Scan, &page);
        page
    }
}
