//! Every kind of hostile client, a slow disk and a clock that jumps, for a few seconds each: the server answers with
//! the right statuses, serves other clients meanwhile, loses no event, and releases its resources. `make hostile`
//! measures how long other clients wait.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use auditlog_load_testing::hostile::{self, Figure, HostilePlan, Kind, Row};

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

/// The answers that the server must have given, and those that it must not give.
fn expected(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::Idle => (&["opened", "closed"], &["not opened"]),
        Kind::HalfOpen | Kind::NotReading => (&["opened"], &["not opened"]),
        Kind::Oversized => (&["413", "431"], &["200", "500"]),
        Kind::Bombs => (&["400", "413"], &["200", "500"]),
        // What an end user chooses keeps no event out: it is adjusted.
        Kind::WildContent => (&["all stored"], &["not all stored", "400", "413", "422", "500", "closed"]),
        Kind::QueryFlood => (&["429 with Retry-After"], &["500", "closed"]),
        Kind::BadKeys => (&["401"], &["200", "500", "closed"]),
        Kind::SlowDisk => (&["200"], &[]),
        Kind::ClockJumps => (&[], &[]),
    }
}

fn check(kind: Kind, row: &Row) {
    assert!(row.violations.is_empty(), "{kind}: {:?}", row.violations);
    let (present, absent) = expected(kind);
    assert!(present.iter().all(|answer| row.answers.contains_key(*answer)), "{kind}: {:?}", row.answers);
    assert!(absent.iter().all(|answer| !row.answers.contains_key(*answer)), "{kind}: {:?}", row.answers);
    for figure in Figure::ALL {
        assert!(row.changes[&figure].hostile.requests > 0, "{kind}: no other client was served: {figure:?}");
    }
    // Without bounds each of these kinds takes gigabytes.
    assert!(row.after.highest_mib < 1_024, "{kind}: {:?}", row.after);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stands_every_kind_of_hostility() {
    let plan = HostilePlan {
        server_binary: server_binary(),
        work_dir: std::env::temp_dir().join(format!("hammer-hostile-{}", std::process::id())),
        only: Vec::new(),
        phase: Duration::from_millis(1_500),
        phases: 1,
        events: NonZeroU64::new(20_000).unwrap(),
        events_per_second: NonZeroU64::new(2_000).unwrap(),
        seed: 0x686f_7374,
    };
    let report = hostile::run(&plan).await.unwrap();
    assert_eq!(report.rows().len(), Kind::ALL.len());
    for (kind, row) in Kind::ALL.into_iter().zip(report.rows()) {
        check(kind, row);
    }
}
