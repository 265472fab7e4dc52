//! Many readers follow a log while events are sent: each gets each event once, in order, and each event is printed
//! once. `make tail-proof` measures latencies.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use auditlog_load_testing::tail::{self, TailPlan};

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_gets_every_event_once_in_order() {
    let plan = TailPlan {
        server_binary: server_binary(),
        work_dir: std::env::temp_dir().join(format!("hammer-tail-{}", std::process::id())),
        events: NonZeroU64::new(4_000).unwrap(),
        events_per_second: NonZeroU64::new(4_000).unwrap(),
        batch: NonZeroU64::new(7).unwrap(),
        connections: NonZeroUsize::new(4).unwrap(),
        readers: NonZeroUsize::new(10).unwrap(),
        seed: 0x7461_696c,
    };
    let report = tail::run(&plan).await.unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    // Eight readers of everything, two of a tenth.
    assert_eq!(report.delivered, 8 * 4_000 + 2 * 400);
}
