//! Owns background work: making the files of exports, and deleting expired exports and orphaned files. Knows nothing of
//! routes and requests.

mod exports;

pub(crate) use exports::{ExportJobs, ExportServices, ExportSettings};

/// Runs until the server stops.
pub(crate) async fn run(exports: ExportJobs) {
    exports.run().await;
}
