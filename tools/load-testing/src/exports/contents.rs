//! Owns the comparison of two sources of events: their number, and a checksum over their ids and order.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::campaign::Fault;

/// A digest of events for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    events: u64,
    first: Option<u64>,
    last: Option<u64>,
    checksum: [u8; 32],
}

impl Contents {
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// The lowest sequence.
    pub(super) const fn first(&self) -> Option<u64> {
        self.first
    }

    /// The highest sequence.
    pub(super) const fn last(&self) -> Option<u64> {
        self.last
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} events with the checksum ", self.events)?;
        self.checksum[..8].iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Collects events one after the other.
#[derive(Default)]
pub(super) struct Comparison {
    digest: Sha256,
    events: u64,
    first: Option<u64>,
    last: Option<u64>,
}

impl Comparison {
    /// # Errors
    /// The event does not follow the one before it in the log.
    pub(super) fn add(&mut self, sequence: u64, id: &str) -> Result<(), Fault> {
        if let Some(last) = self.last.filter(|last| *last >= sequence) {
            return Err(format!("sequence {sequence} comes after {last}").into());
        }
        self.first.get_or_insert(sequence);
        self.last = Some(sequence);
        self.events += 1;
        self.digest.update(format!("{sequence} {id}\n"));
        Ok(())
    }

    pub(super) fn finish(self) -> Contents {
        let Self { digest, events, first, last } = self;
        Contents { events, first, last, checksum: digest.finalize().into() }
    }
}
