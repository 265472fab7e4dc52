//! Owns the command `hammer attack`: its arguments, and the plan of attacks against servers of its own.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use auditlog_load_testing::attack::{self, Attack, AttackPlan, Limits};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct AttackArguments {
    /// The `auditlog` binary to attack.
    #[arg(long)]
    server_binary: PathBuf,
    /// How many seconds other clients are measured in each attack; half as many before it.
    #[arg(long, default_value = "8")]
    seconds: NonZeroU64,
    /// Run only this attack; may be given several times.
    #[arg(long)]
    only: Vec<Attack>,
    /// The seed of the keys.
    #[arg(long)]
    seed: Option<u64>,
    /// The directory of all files; removed after a run in which every claim holds.
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

pub(crate) async fn attack(arguments: AttackArguments) -> Result<(), Failure> {
    let plan = AttackPlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        only: arguments.only,
        window: Duration::from_secs(arguments.seconds.get()),
        limits: Limits::default(),
        seed: seed(arguments.seed),
    };
    let report = attack::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if report.holds() { Ok(()) } else { Err(Failure::PromiseBroken) }
}
