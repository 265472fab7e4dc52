//! A log is exported in every format, and each file holds the events of the list; so do the files that a server makes
//! in the background although it is killed meanwhile. `make export-proof` measures rates and memory.

use std::{num::NonZeroU64, path::PathBuf};

use auditlog_load_testing::exports::{self, ExportPlan};

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_holds_what_the_list_gives_in_spite_of_kills() {
    let plan = ExportPlan {
        server_binary: server_binary(),
        work_dir: std::env::temp_dir().join(format!("hammer-export-{}", std::process::id())),
        events: NonZeroU64::new(10_000).unwrap(),
        seed: 0x6578_706f,
    };
    let report = exports::run(&plan).await.unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.rows.len(), 12);
    let (all, some) = report.rows.split_at(6);
    assert!(all.iter().all(|row| row.events == 10_000), "{all:?}");
    assert!(some.iter().all(|row| (1..10_000).contains(&row.events)), "{some:?}");
    assert_eq!(report.jobs.len(), 6);
    assert!(report.jobs.iter().all(|job| job.events == 10_000), "{:?}", report.jobs);
    assert!(report.jobs.iter().any(|job| job.killed_at_percent.is_some()), "{:?}", report.jobs);
}
