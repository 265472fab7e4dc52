//! Each file operation of a small workload fails once and permanently: no acknowledged event is lost, nothing is served
//! wrong. Prints the table. `make faults` does the same for every call.

use std::{
    io::Write as _,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use auditlog_load_testing::faults::{self, Class, FaultPlan, Outcome};

/// One of this many neighbouring calls fails, a different one for each kind of fault.
const STEP: u64 = 1;

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_served_wrong_whatever_call_fails() {
    let in_temp = || std::env::temp_dir().join(format!("hammer-faults-{}", std::process::id()));
    let plan = FaultPlan {
        server_binary: server_binary(),
        work_dir: faults::work_dir_in_memory().unwrap_or_else(in_temp),
        step: NonZeroU64::new(STEP).unwrap(),
        parallel: NonZeroUsize::new(2).unwrap(),
        only: None,
    };
    let table = faults::run(&plan).await.unwrap();
    // Past the test harness, which hides the output of passing tests.
    writeln!(std::io::stderr(), "\n{table}").unwrap();
    assert!(table.violations().is_empty(), "{:?}; see {}", table.violations(), plan.work_dir.display());
    let missing = table.not_reached();
    assert!(missing.is_empty(), "calls that were not reached: {missing:?}");
    for class in Class::ALL {
        for kind in class.kinds() {
            let row = &table.rows()[&(class, kind)];
            assert!(!row.fired.is_empty(), "{} {} never happened", class.as_str(), kind.as_str());
        }
    }
    for outcome in Outcome::ALL {
        let seen = table.rows().values().any(|row| row.outcomes.contains_key(&outcome));
        assert!(seen, "no fault ended in \"{}\": the workload has lost what it was made for", outcome.as_str());
    }
}
