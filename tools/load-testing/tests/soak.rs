//! Half a minute of `make soak`: concurrent writers and readers, with sealing and compaction throughout, and one kill.
//! No event is lost or duplicated, every metric is present, and every bound holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail where it stands")]

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use auditlog_load_testing::soak::{self, Question, Report, SoakPlan};

const RATE: u64 = 4_000;
const MIB: u64 = 1 << 20;
const WAL_BYTES_MAX: u64 = 4 * MIB;
const CACHE_BYTES_MAX: u64 = 8 * MIB;
const SEAL_EVENTS: u64 = 2_500;
/// The maximum that one commit writes into the log: the commit of a seal deletes the rows of its events and rewrites
/// all their pages.
const ONE_COMMIT: u64 = 4 * MIB;

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

fn plan() -> SoakPlan {
    SoakPlan {
        server_binary: server_binary(),
        work_dir: std::env::temp_dir().join(format!("hammer-soak-{}", std::process::id())),
        duration: Duration::from_secs(30),
        rate: NonZeroU64::new(RATE).unwrap(),
        tenants: NonZeroUsize::new(4).unwrap(),
        kill_every: Some(Duration::from_secs(16)),
        walk_events: 1_000_000,
        seed: 0x736f_616b,
        settings: vec![
            ("AUDITLOG__STORAGE__SEAL_EVENTS", SEAL_EVENTS.to_string()),
            ("AUDITLOG__STORAGE__WAL_BYTES_MAX", WAL_BYTES_MAX.to_string()),
            ("AUDITLOG__STORAGE__CACHE_BYTES_MAX", CACHE_BYTES_MAX.to_string()),
            ("AUDITLOG__STORAGE__MIN_FREE_BYTES", MIB.to_string()),
        ],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_with_a_kill_loses_nothing_and_stays_within_every_bound() {
    let plan = plan();
    let report = soak::run(&plan).await.unwrap();
    assert!(report.violations.is_empty(), "{:?}; see {}", report.violations, plan.work_dir.display());
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(report.restarts_ms.len(), 1);
    everything_was_proved(&report);
    every_number_is_there(&report);
    every_bound_holds(&report);
}

fn everything_was_proved(report: &Report) {
    let proved = &report.proved;
    assert!(proved.acknowledged >= RATE * 30 * 9 / 10, "{proved:?}");
    assert_eq!(proved.in_doubt, 0, "what was not answered was sent again until it was");
    assert_eq!(proved.counted, proved.acknowledged + proved.own_records);
    assert_eq!(proved.verified.walked, proved.counted, "a short log is walked over as a whole");
    assert!(proved.is_clean);
}

fn every_number_is_there(report: &Report) {
    let (counted, peak) = (report.counted, report.whole.peak);
    for (name, number) in [
        ("events", counted.events),
        ("event bytes", counted.event_bytes),
        ("log", counted.log_bytes),
        ("written back", counted.written_back_bytes),
        ("sealed", counted.sealed_bytes),
        ("compacted", counted.compacted_bytes),
        ("processor", counted.processor_seconds),
        ("resident", peak.resident_bytes),
        ("open files", peak.open_files),
        ("cache", peak.cache_bytes),
    ] {
        assert!(number > 0.0, "{name} is missing: {report:?}");
    }
    assert_eq!(report.whole.questions.len(), Question::ALL.len(), "{:?}", report.whole.questions);
    assert!(!report.slopes.is_empty());
    // Two independent measurements of the bytes written. The kernel counts whole pages, each once however often it was
    // written before it went to disk, and the file system's own writes for file names, so they are close but not equal.
    let written = counted.write_amplification() * counted.event_bytes;
    // On a file system in memory the kernel counts nothing.
    if counted.kernel_bytes > 0.0 {
        assert!(written > counted.kernel_bytes / 2.0 && written < counted.kernel_bytes * 2.0, "{counted:?}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
fn every_bound_holds(report: &Report) {
    let (peak, at_rest) = (report.whole.peak, report.at_rest);
    assert!(peak.wal_file_bytes <= (WAL_BYTES_MAX + ONE_COMMIT) as f64, "{peak:?}");
    assert!(peak.cache_bytes <= CACHE_BYTES_MAX as f64, "{peak:?}");
    assert!(at_rest.segments >= 2.0 && (at_rest.segment_files - 2.0 * at_rest.segments).abs() < 0.5, "{at_rest:?}");
    // Without compaction there would be one segment per seal.
    assert!(at_rest.segments < report.counted.events / SEAL_EVENTS as f64 / 2.0, "{at_rest:?}");
    // Each segment has two open files; the rest are connections, the ledger and files that a seal or a query holds
    // briefly.
    assert!(at_rest.open_files <= at_rest.segment_files + 64.0, "{at_rest:?}");
}
