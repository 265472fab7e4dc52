//! Owns the command `hammer soak`: its arguments, and the plan of a steady load.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use auditlog_load_testing::soak::{self, SoakPlan};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct SoakArguments {
    /// The `auditlog` binary to run.
    #[arg(long)]
    server_binary: PathBuf,
    /// For how many minutes to send and read, for example 0.5.
    #[arg(long, value_parser = minutes)]
    minutes: Duration,
    /// The target rate of events per second.
    #[arg(long)]
    rate: NonZeroU64,
    /// The number of tenants, each with about half as many events as the one before.
    #[arg(long, default_value = "5")]
    tenants: NonZeroUsize,
    /// Kill the server with SIGKILL at this interval in minutes and start it again. Figures of memory and latency then
    /// reflect starts.
    #[arg(long, value_parser = minutes)]
    kill_every_minutes: Option<Duration>,
    /// Walk about this many of the last events at the end; all events are counted, sampled and checked in any case.
    #[arg(long, default_value = "1000000")]
    walk_events: u64,
    /// The directory of all files; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
    /// The seed of the events.
    #[arg(long)]
    seed: Option<u64>,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|_| format!("{text} is not a number of minutes"))?;
    let duration = Duration::try_from_secs_f64(minutes * 60.0).map_err(|error| error.to_string())?;
    if duration < Duration::from_secs(5) { Err("a run needs at least five seconds".to_owned()) } else { Ok(duration) }
}

pub(crate) async fn soak(arguments: SoakArguments) -> Result<(), Failure> {
    let plan = SoakPlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        duration: arguments.minutes,
        rate: arguments.rate,
        tenants: arguments.tenants,
        kill_every: arguments.kill_every_minutes,
        walk_events: arguments.walk_events,
        seed: seed(arguments.seed),
        settings: Vec::new(),
    };
    let report = soak::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if !report.violations.is_empty() {
        eprintln!("the remaining files are in {}", plan.work_dir.display());
        return Err(Failure::PromiseBroken);
    }
    if report.failures.is_empty() { Ok(()) } else { Err(Failure::cannot("not everything could be sent")) }
}
