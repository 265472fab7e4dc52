//! `hammer hostile`.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use auditlog_load_testing::hostile::{self, HostilePlan, Kind};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct HostileArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// How many seconds a phase lasts.
    #[arg(long, default_value = "10")]
    seconds: NonZeroU64,
    /// How many quiet and how many hostile phases each kind has, one after the other in turn.
    #[arg(long, default_value = "3")]
    phases: u32,
    /// This kind alone; may be given several times.
    #[arg(long)]
    only: Vec<Kind>,
    /// How many events there are before the first phase.
    #[arg(long, default_value = "500000")]
    events: NonZeroU64,
    /// How many events are sent a second by those who behave, in batches.
    #[arg(long, default_value = "30000")]
    rate: NonZeroU64,
    /// What events are drawn from.
    #[arg(long)]
    seed: Option<u64>,
    /// Where everything is kept; removed after a run without violations.
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
    eprintln!("what is left stands in {}", plan.work_dir.display());
    Err(Failure::PromiseBroken)
}
