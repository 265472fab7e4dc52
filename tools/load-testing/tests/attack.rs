//! Runs every attack for a few seconds: its claims hold, and other clients are served meanwhile. `make attack` measures
//! how long they wait; the limits here leave room for a machine that also does other work.

use std::{io::Write as _, path::PathBuf, time::Duration};

use auditlog_load_testing::{
    attack::{self, Attack, AttackPlan, Figure, GROWTH_MIB_MAX, Limits},
    campaign::unavailable,
};

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn no_attack_achieves_what_it_must_not() {
    let plan = AttackPlan {
        server_binary: server_binary(),
        work_dir: std::env::temp_dir().join(format!("hammer-attack-{}", std::process::id())),
        only: Vec::new(),
        window: Duration::from_secs(3),
        limits: Limits {
            others_p99: Duration::from_secs(2),
            growth_mib: GROWTH_MIB_MAX,
            stream_end: Duration::from_secs(5),
        },
        seed: 0x6174_7461,
    };
    let report = attack::run(&plan).await.unwrap();
    let passed_over = usize::from(unavailable().is_some());
    if passed_over > 0 {
        // Past the test harness, which hides the output of passing tests: a skipped test must be visible.
        writeln!(std::io::stderr(), "\nSKIPPED: the attack on a full disk\n").unwrap();
    }
    assert_eq!(report.rows().len(), Attack::ALL.len() - passed_over);
    for row in report.rows() {
        for figure in Figure::ALL {
            assert!(row.changes[&figure].attacked.requests > 0, "{}: no request of {figure:?}", row.attack);
        }
        let broken: Vec<_> = row.claims.iter().filter(|claim| !claim.holds).collect();
        assert!(broken.is_empty(), "{}: {broken:#?}", row.attack);
    }
}
