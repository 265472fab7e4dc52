//! The oracle must pass the suite like every other store.

use std::sync::Arc;

use auditlog_conformance::{oracle::Oracle, suite};

#[tokio::test(flavor = "multi_thread")]
async fn the_oracle_passes_the_suite() {
    suite::run(async || Arc::new(Oracle::new())).await;
}
