//! Owns the command `hammer hostile`: its arguments, and the plan of hostile clients and resources.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use auditlog_load_testing::hostile::{self, HostilePlan, Kind};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct HostileArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// The length of a phase in seconds.
    #[arg(long, default_value = "10")]
    seconds: NonZeroU64,
    /// How many quiet and how many hostile phases each kind has; they alternate.
    #[arg(long, default_value = "3")]
    phases: u32,
    /// Run only this kind; may be given several times.
    #[arg(long)]
    only: Vec<Kind>,
    /// The number of events before the first phase.
    #[arg(long, default_value = "500000")]
    events: NonZeroU64,
    /// The number of events that well-behaved clients send per second in batches.
    #[arg(long, default_value = "30000")]
    rate: NonZeroU64,
    /// The seed of the events.
    #[arg(long)]
    seed: Option<u64>,
    /// The directory of all files; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

pub(crate) async fn hostile(arguments: HostileArguments) -> Result<(), Failure> {
    let plan = HostilePlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        only: arguments.only,
        phase: Duration::from_secs(arguments.seconds.get()),
        phases: arguments.phases,
        events: arguments.events,
        events_per_second: arguments.rate,
        seed: seed(arguments.seed),
    };
    let report = hostile::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if report.violations().is_empty() {
        return Ok(());
    }
    eprintln!("the remaining files are in {}", plan.work_dir.display());
    Err(Failure::PromiseBroken)
}
