//! Owns the commands `hammer crash` and `hammer power-cut`: their arguments, and the plan of a campaign.

use std::path::PathBuf;

use auditlog_load_testing::campaign::{self, CampaignPlan, FirstStart, Ground, LoopDevice, unavailable};
use clap::Args;

use crate::commands::{Failure, print_summary, seed, work_dir};

#[derive(Debug, Args)]
pub(crate) struct CrashArguments {
    /// The number of kills.
    #[arg(long)]
    kills: u64,
    #[command(flatten)]
    common: CommonArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PowerCutArguments {
    /// The number of power cuts.
    #[arg(long)]
    cycles: u64,
    /// Do not interrupt the first start, and sync its file system once: a server without syncs then loses events, and
    /// not its secrets first.
    #[arg(long)]
    sync_first_start: bool,
    #[command(flatten)]
    common: CommonArguments,
}

#[derive(Debug, Args)]
struct CommonArguments {
    /// The `auditlog` binary to test.
    #[arg(long)]
    server_binary: PathBuf,
    /// The directory of all files; removed after a run without violations.
    #[arg(long)]
    work_dir: Option<PathBuf>,
    /// The seed of moments and events.
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) async fn crash(arguments: CrashArguments) -> Result<(), Failure> {
    let ground = Ground::Directory(work_dir(arguments.common.work_dir.clone()));
    run(arguments.common.plan(arguments.kills), ground).await
}

pub(crate) async fn power_cut(arguments: PowerCutArguments) -> Result<(), Failure> {
    if let Some(reason) = unavailable() {
        return Err(Failure::NoPowerToCut(reason));
    }
    let device = LoopDevice::new(work_dir(arguments.common.work_dir.clone())).map_err(Failure::cannot)?;
    let mut plan = arguments.common.plan(arguments.cycles);
    if arguments.sync_first_start {
        plan.first_start = FirstStart::Synced;
    }
    run(plan, Ground::LoopDevice(device)).await
}

impl CommonArguments {
    fn plan(self, interruptions: u64) -> CampaignPlan {
        CampaignPlan::new(self.server_binary, interruptions, seed(self.seed))
    }
}

async fn run(plan: CampaignPlan, mut ground: Ground) -> Result<(), Failure> {
    let tally = campaign::run(&plan, &mut ground).await?;
    print_summary(&tally.summary())?;
    if tally.violations.is_empty() {
        return Ok(());
    }
    eprintln!("the remaining files are in {}", ground.work_dir().display());
    Err(Failure::PromiseBroken)
}
