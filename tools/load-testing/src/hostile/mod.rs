//! Sends hostile clients, a slow disk and a wrong clock against a server of its own and measures what those notice who
//! behave. Quiet and hostile phases alternate, so that what changes over time is in both.

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

use self::{others::Seen, scene::Scene};
use crate::{campaign::Fault, record::Kind as Promise, server::Resources};

/// The disk of [`Kind::SlowDisk`] takes so much longer.
const DISK_DELAY: Duration = Duration::from_millis(20);
/// The clock of [`Kind::ClockJumps`] is wrong by so many seconds, one after the other.
const CLOCK_OFFSETS_S: [i64; 3] = [86_400, -3_600, -2 * 86_400];
/// Behind each phase the server is given this long, so that a phase does not pay for the one before.
const BREATH: Duration = Duration::from_millis(500);

/// What a run does.
#[derive(Debug, Clone)]
pub struct HostilePlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// Where everything is kept; removed after a run without violations.
    pub work_dir: PathBuf,
    /// Which kinds; every kind where there is none.
    pub only: Vec<Kind>,
    /// How long a phase lasts.
    pub phase: Duration,
    /// How many quiet and how many hostile phases each kind has.
    pub phases: u32,
    /// How many events there are before the first phase.
    pub events: NonZeroU64,
    /// How many are sent a second by those who behave, in batches.
    pub events_per_second: NonZeroU64,
    /// What events are drawn from.
    pub seed: u64,
}

/// Runs every kind that the plan names.
///
/// # Errors
/// Says why nothing can be said about the server. Broken promises are no error: they stand in the report.
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
    // What is only done once, caches that fill and a first seal, belongs to no phase.
    scene.others.go_on_for(plan.phase / 2).await;
    let before = Resources::of(scene.server.id());
    let (mut quiet, mut hostile) = (Seen::default(), Seen::default());
    for _ in 0..plan.phases {
        sleep(BREATH).await;
        quiet.add(&scene.others.go_on_for(plan.phase).await);
        sleep(BREATH).await;
        hostile.add(&hostile_phase(&scene, kind, plan.phase).await?);
    }
    let answers = scene.target.answers.counts();
    let after = scene.settle(before).await;
    let violations = scene.prove().await?;
    Ok(Row::new(kind, (&quiet, &hostile), (before, after), answers, violations))
}

async fn hostile_phase(scene: &Scene, kind: Kind, phase: Duration) -> Result<Seen, Fault> {
    let attackers = attack::begin(kind, &scene.target);
    let seen = match kind {
        Kind::SlowDisk => slow_down(scene, phase).await?,
        Kind::ClockJumps => jump(scene, phase).await?,
        _ => scene.others.go_on_for(phase).await,
    };
    drop(attackers);
    Ok(seen)
}

/// The disk is slow for the phase, and fast again for what still waits then.
async fn slow_down(scene: &Scene, phase: Duration) -> Result<Seen, Fault> {
    let slow = async {
        scene.conditions.delay_disk(DISK_DELAY)?;
        sleep(phase).await;
        scene.conditions.delay_disk(Duration::ZERO)
    };
    let (slowed, seen, crowd) = tokio::join!(slow, scene.others.go_on_for(phase), others::crowd(scene, phase));
    slowed?;
    scene.target.answers.add("200", crowd.stored / others::CROWD_BATCH);
    scene.target.answers.add("429 with Retry-After", crowd.overloads);
    Ok(seen)
}

/// The clock jumps while events are sent, and is right again at the end. The server has to stay ready all the while.
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
    let (jumped, seen) = tokio::join!(jumping, scene.others.go_on_for(phase));
    jumped?;
    Ok(seen)
}
