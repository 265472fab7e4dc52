//! Owns the command `hammer export`: its arguments, and the plan of the exports of one log.

use std::{num::NonZeroU64, path::PathBuf};

use auditlog_load_testing::exports::{self, ExportPlan};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// The number of events to send and export.
    #[arg(long, default_value = "1000000")]
    events: NonZeroU64,
    /// The seed of keys and events.
    #[arg(long)]
    seed: Option<u64>,
    /// The directory of all files, a gigabyte for each million events; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

pub(crate) async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let plan = ExportPlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        events: arguments.events,
        seed: seed(arguments.seed),
    };
    let report = exports::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if report.violations.is_empty() {
        return Ok(());
    }
    eprintln!("the remaining files are in {}", plan.work_dir.display());
    Err(Failure::PromiseBroken)
}
