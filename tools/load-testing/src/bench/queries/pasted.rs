//! Owns the questions of somebody who has an alert and no field names: identifiers in the search box, and in the
//! extended corpus the values of one event in a thousand behind a star and in nested metadata.

use super::{Asking, Expected, Goal, Query, page_of};
use crate::{
    bench::keys::Keys,
    campaign::Fault,
    corpus::{RARE_DOMAIN, RARE_STAGE},
};

const PASTED: Goal = Goal { bar: "≤8 (p50)", aim: "5" };
const ONE_IN_A_THOUSAND: Goal = Goal { bar: "≤60", aim: "" };

impl Asking<'_> {
    pub(super) async fn pasted(&mut self, keys: &Keys) -> Result<(), Fault> {
        self.ask("pasted: request id", found_by(&keys.request_ids), PASTED).await?;
        let targets: Vec<String> = keys.targets.iter().map(|(target, _)| target.clone()).collect();
        self.ask("pasted: target id", found_by(&targets), PASTED).await?;
        if keys.external_ids.is_empty() {
            return Ok(());
        }
        self.ask("pasted: external id", found_by(&keys.external_ids), PASTED).await?;
        for (what, query) in [
            ("newest 50, 1 in 1,000 by actor.email:*@domain", format!("actor.email:*@{RARE_DOMAIN}")),
            ("newest 50, 1 in 1,000 by metadata.a.b:value", format!("metadata.rollout.stage:{RARE_STAGE}")),
        ] {
            self.repeat(what, page_of("q", &query), Expected::AtLeast(1), ONE_IN_A_THOUSAND).await?;
        }
        Ok(())
    }
}

fn found_by(pasted: &[String]) -> Vec<Query> {
    let query = |text: &String| Query { target: page_of("q", text), expected: Expected::AtLeast(1) };
    pasted.iter().map(query).collect()
}
