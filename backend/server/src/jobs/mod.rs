//! Owns background work: making the files of exports, and deleting expired exports and orphaned files. Knows nothing of
//! routes and requests.

mod exports;

pub(crate) use exports::{ExportJobs, delete_file, expires_at, is_over, key_of};

use crate::app::App;

/// Runs until the server stops.
pub(crate) async fn run(app: App) {
    exports::run(app).await;
}
