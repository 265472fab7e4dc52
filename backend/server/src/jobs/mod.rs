//! Owns work that goes on while nobody waits for it: making the files of exports, and cleaning up behind them. Knows
//! nothing of routes and requests.

mod exports;

pub(crate) use exports::{ExportJobs, delete_file, expires_at, is_over, key_of};

use crate::app::App;

/// Works until the server stops.
pub(crate) async fn run(app: App) {
    exports::run(app).await;
}
