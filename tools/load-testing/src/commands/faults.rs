//! Owns the command `hammer faults`: its arguments, and the plan of failing file operations.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use auditlog_load_testing::faults::{self, FaultPlan, Injection};
use clap::Args;

use crate::commands::{Failure, print_summary, work_dir};

#[derive(Debug, Args)]
pub(crate) struct FaultArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// Make one of this many neighbouring calls fail.
    #[arg(long, default_value = "1")]
    step: NonZeroU64,
    /// The number of concurrent cases.
    #[arg(long, default_value = "2")]
    parallel: NonZeroUsize,
    /// Inject only this fault, for example write:eio-once:17.
    #[arg(long)]
    only: Option<Injection>,
    /// The directory of all files; removed after a run without violations. By default in memory if the system has such
    /// a place: the faults are injected, so no disk is needed.
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

pub(crate) async fn faults(arguments: FaultArguments) -> Result<(), Failure> {
    let plan = FaultPlan {
        server_binary: arguments.server_binary,
        work_dir: arguments.work_dir.unwrap_or_else(|| faults::work_dir_in_memory().unwrap_or_else(|| work_dir(None))),
        step: arguments.step,
        parallel: arguments.parallel,
        only: arguments.only,
    };
    let table = faults::run(&plan).await?;
    eprint!("{table}");
    print_summary(&table.summary())?;
    if !table.violations().is_empty() {
        eprintln!("the remaining files are in {}", plan.work_dir.display());
        return Err(Failure::PromiseBroken);
    }
    let missing: Vec<_> = table.not_reached().iter().map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::CannotRun(format!("calls that were not reached: {}", missing.join(" "))))
}
