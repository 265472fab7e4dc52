//! Kill -9 under load, 200 times: no acknowledged event is lost or duplicated, and `auditlog check` is clean each time.
//! `make kills` does the same 2,000 times.

use std::path::PathBuf;

use auditlog_load_testing::campaign::{self, CampaignPlan, Ground};

const KILLS: u64 = 200;

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_by_200_kills() {
    let plan = CampaignPlan::new(server_binary(), KILLS, 0x6b69_6c6c);
    let mut ground = Ground::Directory(std::env::temp_dir().join(format!("hammer-kills-{}", std::process::id())));
    let tally = campaign::run(&plan, &mut ground).await.unwrap();
    assert!(tally.violations.is_empty(), "{:?}; see {}", tally.violations, ground.work_dir().display());
    assert_eq!(tally.interruptions, KILLS);
    assert!(tally.during_start >= KILLS / 20, "only {} kills during a start", tally.during_start);
    assert!(tally.acknowledged >= 50 * KILLS, "only {} events were acknowledged", tally.acknowledged);
    assert!(tally.seals >= 50.0, "only {} seals", tally.seals);
    assert!(tally.compactions >= 1.0, "no compaction");
    assert!(tally.clean_checks >= KILLS / 2, "only {} checks", tally.clean_checks);
}
