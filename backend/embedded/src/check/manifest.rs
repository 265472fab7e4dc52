//! Owns what the ledger says there should be.

use std::collections::BTreeMap;

use auditlog_core::{id::TenantId, merkle::CompactRange};

use crate::{
    error::StoreError,
    ledger::{Ledger, Mark, TenantNumber},
    recovery::{gaps, names},
    segment::SegmentMeta,
};

/// The ledger's own rows, each of which matched its checksum.
pub(super) struct Manifest {
    pub names: BTreeMap<TenantNumber, TenantId>,
    pub segments: Vec<SegmentMeta>,
    pub sealed_commit: u64,
    trees: BTreeMap<TenantNumber, CompactRange>,
}

impl Manifest {
    pub(super) fn read(ledger: &Ledger) -> Result<Self, StoreError> {
        let names = names(&ledger.tenants()?);
        let name_of = |number| names.get(&number).cloned();
        // Nothing is done with keys, saved searches and exports, but a damaged one is damage.
        ledger.api_keys(name_of)?;
        ledger.saved_searches(name_of)?;
        ledger.exports(name_of)?;
        let segments = ledger.segments(name_of)?;
        ledger.mark(Mark::LastSegment)?;
        ledger.mark(Mark::NewestReceipt)?;
        let (trees, sealed_commit) = (ledger.logs()?.into_iter().collect(), ledger.mark(Mark::SealedCommit)?);
        Ok(Self { names, segments, sealed_commit, trees })
    }

    /// A tenant's tree as of the last seal.
    pub(super) fn tree(&self, number: TenantNumber) -> CompactRange {
        self.trees.get(&number).cloned().unwrap_or_default()
    }

    pub(super) fn trees(&self) -> Vec<(TenantNumber, CompactRange)> {
        self.trees.iter().map(|(number, tree)| (*number, tree.clone())).collect()
    }

    /// Where the segments do not hold just the sealed events of a log.
    pub(super) fn gaps(&self) -> Vec<(TenantId, StoreError)> {
        let logs = self.trees.iter().filter_map(|(number, tree)| Some((self.names.get(number)?, tree.size())));
        gaps(logs, &self.segments)
    }
}
