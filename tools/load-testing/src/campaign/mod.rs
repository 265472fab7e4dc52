//! Interrupts a server under load repeatedly and proves after each interruption that no acknowledged event was lost or
//! duplicated. The place of the data decides how: a directory by SIGKILL, a file system on a loop device by cutting its
//! power.

mod ground;
mod loop_device;
mod plan;
mod round;
mod tally;

pub use ground::Ground;
pub use loop_device::{LoopDevice, unavailable};
pub use plan::{CampaignPlan, FirstStart};
pub use tally::Tally;

use self::round::Round;
use crate::{
    api::CallError,
    server::{SetupError, StartError},
};

/// Why a campaign could not continue. Broken promises are not an error: they are in the tally.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Runs the whole campaign. Data directories are replaced by fresh ones as the plan says, so that proofs stay cheap.
/// The first broken promise ends it, with all files left for inspection.
pub async fn run(plan: &CampaignPlan, ground: &mut Ground) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    if let Err(fault) = interrupt_and_prove(plan, ground, &mut tally).await {
        // A server that does not come back, or ends again, is lost for its users.
        let is_servers = fault.is::<StartError>() || fault.is::<CallError>() || fault.is::<SetupError>();
        if !is_servers || tally.interruptions == 0 {
            return Err(fault);
        }
        tally.count_refusal(&fault);
    }
    if tally.violations.is_empty() {
        ground.clear()?;
    }
    Ok(tally)
}

async fn interrupt_and_prove(plan: &CampaignPlan, ground: &mut Ground, tally: &mut Tally) -> Result<(), Fault> {
    while tally.interruptions < plan.interruptions && tally.violations.is_empty() {
        let mut round = Round::begin(plan, ground, tally).await?;
        let end = tally.interruptions.saturating_add(plan.interruptions_per_directory).min(plan.interruptions);
        while tally.interruptions < end && tally.violations.is_empty() {
            round.interrupt_and_prove(tally).await?;
            tally.print_progress(plan.interruptions);
        }
        round.finish(tally).await?;
    }
    Ok(())
}
