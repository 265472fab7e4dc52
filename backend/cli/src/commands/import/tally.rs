//! Counts the outcomes of the records, and reports the first rejections.

use super::{
    batches::{Origin, Portion},
    inputs::Inputs,
};
use crate::{
    client::{BatchReply, ItemStatus},
    output::Console,
};

/// Further rejections are only counted: a file in the wrong format would fill the screen.
const REJECTIONS_TOLD_MAX: u64 = 20;

/// The outcomes so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) stored: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    /// Those among the first two of which the server adjusted values.
    pub(super) adjusted: u64,
}

impl Tally {
    /// How many records have been processed.
    pub(super) fn events(&self) -> u64 {
        self.stored + self.duplicates + self.rejected
    }

    /// Adds the outcome of a batch.
    pub(super) fn add(&mut self, inputs: &Inputs, portion: &Portion, reply: &BatchReply, console: &Console) {
        self.stored += reply.stored;
        self.duplicates += reply.duplicates;
        self.adjusted += reply.adjusted;
        for (origin, reason) in &portion.unsendable {
            self.reject(inputs, *origin, reason, console);
        }
        for (origin, item) in portion.origins.iter().zip(&reply.results) {
            if item.status == ItemStatus::Rejected {
                self.reject(inputs, *origin, &item.reasons().join("; "), console);
            }
        }
    }

    fn reject(&mut self, inputs: &Inputs, origin: Origin, reason: &str, console: &Console) {
        self.rejected += 1;
        if self.rejected <= REJECTIONS_TOLD_MAX {
            console.warn(format!("{}:{}: rejected: {reason}", inputs.name_of(origin.file), origin.number));
        } else if self.rejected == REJECTIONS_TOLD_MAX + 1 {
            console.warn("more records were rejected; they are only counted from here on");
        }
    }
}
