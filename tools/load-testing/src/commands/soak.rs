//! `hammer soak`.

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
    /// How many minutes to send and read; 0.5 is half of one.
    #[arg(long, value_parser = minutes)]
    minutes: Duration,
    /// How many events a second are due.
    #[arg(long)]
    rate: NonZeroU64,
    /// How many tenants they belong to, each with about half as many as the one before.
    #[arg(long, default_value = "5")]
    tenants: NonZeroUsize,
    /// Kill the server with SIGKILL every so many minutes and start it again. Numbers of memory and latency then speak
    /// of starts.
    #[arg(long, value_parser = minutes)]
    kill_every_minutes: Option<Duration>,
    /// Walk over about so many of the last events in the end; everything is counted, sampled and checked in any case.
    #[arg(long, default_value = "1000000")]
    walk_events: u64,
    /// Where everything is kept; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
    /// What events are drawn from.
    #[arg(long)]
    seed: Option<u64>,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|_| format!("{text} is no number of minutes"))?;
    let duration = Duration::try_from_secs_f64(minutes * 60.0).map_err(|error| error.to_string())?;
    if duration < Duration::from_secs(5) { Err("less than five seconds say nothing".to_owned()) } else { Ok(duration) }
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
        eprintln!("what is left stands in {}", plan.work_dir.display());
        return Err(Failure::PromiseBroken);
    }
    if report.failures.is_empty() { Ok(()) } else { Err(Failure::cannot("not everything could be sent")) }
}
