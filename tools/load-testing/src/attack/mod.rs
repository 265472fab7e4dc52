//! Attacks a server of its own in ways that have worked before, and measures the effect on a tenant that is not
//! attacked: how long it waits, and how large the server grows. Each attack also makes claims about what it must not
//! achieve.

mod claim;
mod full_disk;
mod keys;
mod kind;
mod phrase;
mod report;
mod scene;
mod shares;
mod stream;
mod unread;
mod witness;

use std::{future::Future, path::PathBuf, time::Duration};

pub use claim::Claim;
pub use kind::Attack;
pub use report::{Change, Report, Row};
pub use witness::Figure;

use self::{
    full_disk::FullDiskAttack, keys::KeysAttack, phrase::PhraseAttack, report::Observed, scene::Scene,
    shares::SharesAttack, unread::UnreadAttack,
};
use crate::campaign::{Fault, unavailable};

/// The options of a run.
#[derive(Debug, Clone)]
pub struct AttackPlan {
    /// The `auditlog` binary.
    pub server_binary: PathBuf,
    /// The directory of all files; removed after a run in which every claim holds.
    pub work_dir: PathBuf,
    /// The attacks to run; all of them if empty.
    pub only: Vec<Attack>,
    /// How long other clients are measured during each attack; before it, half as long.
    pub window: Duration,
    /// The permitted effects on other clients.
    pub limits: Limits,
    /// The seed of the keys.
    pub seed: u64,
}

/// The permitted effects on other clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The p99 limit for other clients' requests to `/health/live` and the newest page.
    pub others_p99: Duration,
    /// How many MiB the server may grow: [`GROWTH_MIB_MAX`] unless a test says otherwise.
    pub growth_mib: u64,
    /// How long a stream may continue without its key.
    pub stream_end: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { others_p99: Duration::from_millis(250), growth_mib: GROWTH_MIB_MAX, stream_end: Duration::from_secs(1) }
    }
}

/// What the configuration allows a server to grow, in MiB: 128 for answers that are not sent yet (`answer_bytes_max`),
/// 128 for caches (`cache_bytes_max`), and 64 for the work in progress. Without bounds the unread answers alone would
/// take 1.6 GiB.
pub const GROWTH_MIB_MAX: u64 = 128 + 128 + 64;

/// Runs every attack of the plan.
///
/// # Errors
/// Describes why the server cannot be judged. A claim that does not hold is not an error: it is in the report.
pub async fn run(plan: &AttackPlan) -> Result<Report, Fault> {
    std::fs::create_dir_all(&plan.work_dir)?;
    let mut report = Report::new(plan);
    let chosen = |attack: &Attack| plan.only.is_empty() || plan.only.contains(attack);
    for attack in Attack::ALL.into_iter().filter(chosen) {
        let reason = if attack == Attack::FullDisk { unavailable() } else { None };
        match reason {
            Some(reason) => report.pass_over(attack, &reason),
            None => report.add(carry_out(plan, attack).await?),
        }
    }
    if report.holds() {
        std::fs::remove_dir_all(&plan.work_dir)?;
    }
    Ok(report)
}

async fn carry_out(plan: &AttackPlan, attack: Attack) -> Result<Row, Fault> {
    let scene = Scene::set(plan, attack).await?;
    let window = plan.window;
    let row = match attack {
        Attack::Phrase => {
            let prepared = PhraseAttack::prepare(&scene).await?;
            measure(plan, attack, &scene, prepared.carry_out(&scene, window)).await
        }
        Attack::UnreadAnswers => {
            let prepared = UnreadAttack::prepare(&scene).await?;
            measure(plan, attack, &scene, prepared.carry_out(&scene, window)).await
        }
        Attack::FullDisk => {
            let prepared = FullDiskAttack::prepare(&scene).await?;
            measure(plan, attack, &scene, prepared.carry_out(&scene)).await
        }
        Attack::Shares => {
            let prepared = SharesAttack::prepare(&scene).await?;
            measure(plan, attack, &scene, prepared.carry_out(&scene, window)).await
        }
        Attack::Keys => {
            let prepared = KeysAttack::prepare(&scene).await?;
            measure(plan, attack, &scene, prepared.carry_out(&scene, plan)).await
        }
    }?;
    let left = scene.end()?;
    if row.holds() {
        std::fs::remove_dir_all(left)?;
    }
    Ok(row)
}

/// Measures other clients before the attack and during it.
async fn measure(
    plan: &AttackPlan,
    attack: Attack,
    scene: &Scene,
    carry_out: impl Future<Output = Result<Vec<Claim>, Fault>>,
) -> Result<Row, Fault> {
    let quiet = scene.witness.watch(plan.window / 2).await;
    let (attacked, claims) = tokio::join!(scene.witness.watch(plan.window), carry_out);
    let seen = Observed { quiet: &quiet, attacked: &attacked };
    Ok(Row::new(attack, plan.limits, seen, claims?))
}
