//! Owns how the log is read for a file, one piece at a time.

use auditlog_core::{
    query::QueryBudget,
    store::{QueryError, ScanPage, ScanRequest, View},
};

use crate::{app::App, telemetry::QueryKind};

/// The number of events that are read and written at a time.
const EVENTS_MAX: usize = 500;

/// Reads the piece that begins at a sequence. Each piece has the timeout of a query; the file as a whole has no
/// timeout.
pub(crate) async fn read_piece(app: &App, view: &View, from: u64, budget: QueryBudget) -> Result<ScanPage, QueryError> {
    let request = ScanRequest { view: view.clone(), from, limit: EVENTS_MAX };
    let page = app.services().events.scan(request, budget).await;
    app.metrics().count_query(QueryKind::Scan, &page);
    page
}
