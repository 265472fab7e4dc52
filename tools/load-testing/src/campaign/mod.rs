//! Interrupts a server under load again and again and proves after each time that nothing acknowledged was lost or
//! doubled. The ground the data stands on decides how it is interrupted: a directory by SIGKILL, a file system on a loop
//! device by cutting its power.

mod ground;
mod loop_device;
mod plan;
mod round;
mod tally;

pub use ground::Ground;
pub use loop_device::{LoopDevice, unavailable};
pub use plan::CampaignPlan;
pub use tally::Tally;

use self::round::Round;

/// Why a campaign could not go on. Broken promises are no error: they stand in the tally.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Runs the whole campaign. Data directories are exchanged for fresh ones as the plan says, so that proving stays
/// cheap. The first broken promise ends it, with everything left in place to be looked at.
pub async fn run(plan: &CampaignPlan, ground: &mut Ground) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    while tally.interruptions < plan.interruptions && tally.violations.is_empty() {
        let mut round = Round::begin(plan, ground, &mut tally).await?;
        let end = tally.interruptions.saturating_add(plan.interruptions_per_directory).min(plan.interruptions);
        while tally.interruptions < end && tally.violations.is_empty() {
            round.interrupt_and_prove(&mut tally).await?;
            tally.print_progress(plan.interruptions);
        }
        round.finish(&mut tally).await?;
    }
    if tally.violations.is_empty() {
        ground.clear()?;
    }
    Ok(tally)
}
