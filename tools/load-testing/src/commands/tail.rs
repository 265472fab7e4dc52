//! Owns the command `hammer tail`: its arguments, and the plan of live readers.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use auditlog_load_testing::tail::{self, TailPlan};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct TailArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// The number of events per second.
    #[arg(long, default_value = "10000")]
    rate: NonZeroU64,
    /// The duration in seconds.
    #[arg(long, default_value = "20")]
    seconds: NonZeroU64,
    /// Events per request.
    #[arg(long, default_value = "10")]
    batch: NonZeroU64,
    /// The number of sending connections.
    #[arg(long, default_value = "32")]
    connections: NonZeroUsize,
    /// The number of readers, every fifth with a filter. One more does not read.
    #[arg(long, default_value = "50")]
    readers: NonZeroUsize,
    /// The seed of the keys.
    #[arg(long)]
    seed: Option<u64>,
    /// The directory of all files; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

pub(crate) async fn tail(arguments: TailArguments) -> Result<(), Failure> {
    let plan = TailPlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        events: arguments.rate.saturating_mul(arguments.seconds),
        events_per_second: arguments.rate,
        batch: arguments.batch,
        connections: arguments.connections,
        readers: arguments.readers,
        seed: seed(arguments.seed),
    };
    let report = tail::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if report.violations.is_empty() {
        return Ok(());
    }
    eprintln!("the remaining files are in {}", plan.work_dir.display());
    Err(Failure::PromiseBroken)
}
