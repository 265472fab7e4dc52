//! Owns the command `hammer bench`: its arguments, and the plan of a measurement.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use auditlog_load_testing::{
    bench::{self, BenchPlan},
    corpus::Content,
};
use clap::Args;

use crate::commands::{Failure, newest, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// The `auditlog` binary to measure.
    #[arg(long)]
    server_binary: PathBuf,
    /// The directory of all files; removed afterwards. Its disk is the one that is measured.
    #[arg(long)]
    work_dir: Option<PathBuf>,
    /// The number of events to load.
    #[arg(long, default_value = "2000000")]
    events: NonZeroU64,
    /// The number of tenants.
    #[arg(long, default_value = "4")]
    tenants: NonZeroUsize,
    /// For how many seconds single events are sent.
    #[arg(long, default_value = "15")]
    singles_s: u64,
    /// For how many seconds the started server idles before its memory is read.
    #[arg(long, default_value = "60")]
    rest_s: u64,
    /// How many different keys of each kind are looked up.
    #[arg(long, default_value = "1000")]
    needles: usize,
    /// The seed of the events.
    #[arg(long)]
    seed: Option<u64>,
    /// The newest time of an event, RFC 3339; by default now.
    #[arg(long)]
    newest: Option<String>,
    /// The kind of events: standard or extended.
    #[arg(long, default_value_t)]
    corpus: Content,
}

pub(crate) async fn bench(arguments: BenchArguments) -> Result<(), Failure> {
    let plan = BenchPlan {
        server_binary: arguments.server_binary,
        work_dir: work_dir(arguments.work_dir),
        events: arguments.events,
        tenants: arguments.tenants,
        singles_for: Duration::from_secs(arguments.singles_s),
        rest_for: Duration::from_secs(arguments.rest_s),
        needles: arguments.needles,
        seed: seed(arguments.seed),
        newest: newest(arguments.newest.as_deref())?,
        content: arguments.corpus,
    };
    let report = bench::run(&plan).await?;
    eprintln!("\n{report}");
    print_summary(&report)?;
    if report.violations.is_empty() { Ok(()) } else { Err(Failure::PromiseBroken) }
}
