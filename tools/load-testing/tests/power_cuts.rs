//! Power cuts under load, 100 times: no acknowledged event is lost or duplicated, and `auditlog check` is clean each
//! time. `make power-cuts` does the same 1,000 times; `make power-cut-without-sync` shows that the test can fail.
//!
//! The processors are kept busy: on an idle machine the power hardly ever fails while the writer and the checkpointer
//! both sync the log.

use std::{
    hint::spin_loop,
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use auditlog_load_testing::campaign::{self, CampaignPlan, Ground, LoopDevice, unavailable};

const POWER_CUTS: u64 = 100;

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

/// Keeps every processor busy until it is dropped.
struct BusyProcessors(Arc<AtomicBool>);

impl BusyProcessors {
    fn start() -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let stopped = Arc::clone(&stopped);
            thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    spin_loop();
                }
            });
        }
        Self(stopped)
    }
}

impl Drop for BusyProcessors {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_by_100_power_cuts() {
    if let Some(reason) = unavailable() {
        // Past the test harness, which hides the output of passing tests: a skipped test must be visible.
        writeln!(std::io::stderr(), "\nSKIPPED: power cannot be cut on this machine: {reason}\n").unwrap();
        return;
    }
    let plan = CampaignPlan::new(server_binary(), POWER_CUTS, 0x0070_6f77_6572);
    let work_dir = std::env::temp_dir().join(format!("hammer-power-cuts-{}", std::process::id()));
    let mut ground = Ground::LoopDevice(LoopDevice::new(work_dir).unwrap());
    let _busy = BusyProcessors::start();
    let tally = campaign::run(&plan, &mut ground).await.unwrap();
    assert!(tally.violations.is_empty(), "{:?}; see {}", tally.violations, ground.work_dir().display());
    assert_eq!(tally.interruptions, POWER_CUTS);
    assert!(tally.during_start >= POWER_CUTS / 20, "only {} power cuts during a start", tally.during_start);
    assert!(tally.acknowledged >= 50 * POWER_CUTS, "only {} events were acknowledged", tally.acknowledged);
    assert!(tally.seals >= 25.0, "only {} seals", tally.seals);
    assert!(tally.clean_checks >= POWER_CUTS / 2, "only {} checks", tally.clean_checks);
}
