//! Runs hostile clients, a slow disk and a wrong clock against a server of its own and measures the effect on
//! well-behaved clients. Quiet and hostile phases alternate, so that changes over time affect both.

mod attack;
mod conditions;
mod kind;
mod others;
mod report;
mod scene;

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

pub(crate) use attack::{connect_with_small_buffer, gzip};
pub use kind::{Class, Kind};
pub use others::Figure;
pub use report::{Change, Report, Row};
use tokio::time::sleep;

use self::{
    others::Seen,
    report::{Observed, ServerResources},
    scene::Scene,
};
use crate::{campaign::Fault, record::Kind as Promise, server::Resources};

/// The additional time of each sync in [`Kind::SlowDisk`].
const DISK_DELAY: Duration = Duration::from_millis(20);
/// The offsets of the clock in [`Kind::ClockJumps`], in seconds, one after the other.
const CLOCK_OFFSETS_S: [i64; 3] = [86_400, -3_600, -2 * 86_400];
/// The server's recovery time after each phase, so that a phase is not affected by the one before.
const BREATH: Duration = Duration::from_millis(500);

/// The options of a run.
#[derive(Debug, Clone)]
pub struct HostilePlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed after a run without violations.
    pub work_dir: PathBuf,
    /// The kinds to run; all of them if empty.
    pub only: Vec<Kind>,
    /// How long a phase lasts.
    pub phase: Duration,
    /// How many quiet and how many hostile phases each kind has.
    pub phases: u32,
    /// The number of events before the first phase.
    pub events: NonZeroU64,
    /// The number of events that well-behaved clients send per second in batches.
    pub events_per_second: NonZeroU64,
    /// The seed of the events.
    pub seed: u64,
}

/// Runs every kind that the plan names.
///
/// # Errors
/// Describes why the server cannot be judged. Broken promises are not an error: they are in the report.
pub async fn run(plan: &HostilePlan) -> Result<Report, Fault> {
    std::fs::create_dir_all(&plan.work_dir)?;
    let mut report = Report::new(plan);
    let chosen = |kind: &Kind| plan.only.is_empty() || plan.only.contains(kind);
    for kind in Kind::ALL.into_iter().filter(chosen) {
        let row = run_kind(plan, kind).await?;
        report.add(row);
    }
    if report.violations().is_empty() {
        std::fs::remove_dir_all(&plan.work_dir)?;
    }
    Ok(report)
}

async fn run_kind(plan: &HostilePlan, kind: Kind) -> Result<Row, Fault> {
    let scene = Scene::set(plan, kind).await?;
    // One-time effects, such as filling caches and a first seal, belong to no phase.
    scene.others.run_for(plan.phase / 2).await;
    let before = Resources::of(scene.server.id());
    let (mut quiet, mut hostile) = (Seen::default(), Seen::default());
    for _ in 0..plan.phases {
        sleep(BREATH).await;
        quiet.add(&scene.others.run_for(plan.phase).await);
        sleep(BREATH).await;
        hostile.add(&hostile_phase(&scene, kind, plan.phase).await?);
    }
    let answers = scene.target.answers.counts();
    let after = scene.settle(before).await;
    let violations = scene.prove().await?;
    let seen = Observed { quiet: &quiet, hostile: &hostile };
    Ok(Row::new(kind, seen, ServerResources { before, after }, answers, violations))
}

async fn hostile_phase(scene: &Scene, kind: Kind, phase: Duration) -> Result<Seen, Fault> {
    let attackers = attack::begin(kind, &scene.target);
    let seen = match kind {
        Kind::SlowDisk => slow_down(scene, phase).await?,
        Kind::ClockJumps => jump(scene, phase).await?,
        _ => scene.others.run_for(phase).await,
    };
    drop(attackers);
    Ok(seen)
}

/// Makes the disk slow for the phase, and fast again for the requests that still wait at its end.
async fn slow_down(scene: &Scene, phase: Duration) -> Result<Seen, Fault> {
    let slow = async {
        scene.conditions.delay_disk(DISK_DELAY)?;
        sleep(phase).await;
        scene.conditions.delay_disk(Duration::ZERO)
    };
    let (slowed, seen, crowd) = tokio::join!(slow, scene.others.run_for(phase), others::crowd(scene, phase));
    slowed?;
    scene.target.answers.add("200", crowd.stored / others::CROWD_BATCH);
    scene.target.answers.add("429 with Retry-After", crowd.overloads);
    Ok(seen)
}

/// Makes the clock jump while events are sent, and corrects it at the end. The server has to stay ready throughout.
async fn jump(scene: &Scene, phase: Duration) -> Result<Seen, Fault> {
    let jumping = async {
        for offset in CLOCK_OFFSETS_S {
            scene.conditions.shift_clock(offset)?;
            sleep(phase / 4).await;
            if !scene.is_ready().await {
                scene.violated(Promise::Refused, format!("not ready with a clock that is wrong by {offset} s"));
            }
        }
        scene.conditions.shift_clock(0)
    };
    let (jumped, seen) = tokio::join!(jumping, scene.others.run_for(phase));
    jumped?;
    Ok(seen)
}
