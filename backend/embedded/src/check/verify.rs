//! Owns verification of a store that is in use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
};

use auditlog_core::{
    id::TenantId,
    merkle::CompactRange,
    store::{Finding, LogVerification, QueryBudget, QueryError},
};

use crate::{
    check::{
        Problem,
        manifest::Manifest,
        segments::check_open_segment,
        tail,
        tree::{SealedTree, root_with},
    },
    engine::Engine,
    error::StoreError,
    ledger::{Ledger, NodePosition, TenantNumber},
    segment::{Segment, SegmentId},
    tail::LogView,
};

/// Reads the log of one tenant, or every log by tenant, back from disk. Blocks the thread; commits go on.
pub(crate) fn verify(
    engine: &Engine,
    tenant: Option<&TenantId>,
    budget: &QueryBudget,
) -> Result<Vec<LogVerification>, QueryError> {
    let stored = Stored::read(engine, tenant)?;
    let mut trees = BTreeMap::new();
    let mut problems = Vec::new();
    for segment in stored.segments.values() {
        budget.check()?;
        let directory = engine.day_directory(segment.meta().day);
        check_open_segment(&directory, segment, &mut trees, &mut |problem| problems.push((segment, problem)))?;
    }
    let verified = stored.logs.iter().map(|log| {
        let recomputed = trees.remove(&log.tenant_id).unwrap_or_default();
        log.verify(recomputed, &stored, &problems)
    });
    Ok(verified.collect())
}

/// What is to be compared, all of one moment.
struct Stored {
    logs: Vec<StoredLog>,
    segments: BTreeMap<SegmentId, Arc<Segment>>,
    tails: tail::Tails,
}

struct StoredLog {
    tenant_id: TenantId,
    number: TenantNumber,
    tree: CompactRange,
    hashes: Vec<(NodePosition, auditlog_core::leaf::Hash)>,
}

impl Stored {
    /// While this reads the ledger nothing is sealed or compacted, so that its rows and the open segments agree.
    fn read(engine: &Engine, tenant: Option<&TenantId>) -> Result<Self, StoreError> {
        let _no_compaction = engine.compacting.lock().unwrap_or_else(PoisonError::into_inner);
        let _no_seal = engine.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = Ledger::open_read_only(&engine.directory.paths().ledger())?.freeze()?;
        let manifest = Manifest::read(&ledger)?;
        let tails = tail::read(&ledger, &manifest);
        let views = engine.published.logs();
        let wanted = views.iter().filter(|view| tenant.is_none_or(|tenant| *tenant == view.tenant_id));
        let (mut logs, mut segments) = (Vec::new(), BTreeMap::new());
        for view in wanted {
            segments.extend(segments_of(view));
            logs.push(StoredLog {
                tenant_id: view.tenant_id.clone(),
                number: view.number,
                tree: manifest.tree(view.number),
                hashes: ledger.tree_hashes(view.number)?,
            });
        }
        Ok(Self { logs, segments, tails })
    }
}

fn segments_of(view: &LogView) -> impl Iterator<Item = (SegmentId, Arc<Segment>)> + '_ {
    view.parts.iter().map(|part| (part.segment.meta().id, Arc::clone(&part.segment)))
}

impl StoredLog {
    fn verify(
        &self,
        recomputed: SealedTree,
        stored: &Stored,
        problems: &[(&Arc<Segment>, Problem)],
    ) -> LogVerification {
        let (range, compared) = recomputed.compare(&self.tree, &self.hashes);
        let tail = stored.tails.leaves.get(&self.number).map_or(&[][..], Vec::as_slice);
        let own = problems.iter().filter(|(segment, _)| segment.meta().tenant(&self.tenant_id).is_some());
        let details = own.map(|(_, problem)| problem.detail.clone());
        let details = details.chain(stored.tails.problem.clone()).chain(compared).collect::<BTreeSet<_>>();
        LogVerification {
            tenant_id: self.tenant_id.clone(),
            size: self.tree.size() + tail.len() as u64,
            root: range.map_or([0; 32], |range| root_with(range, tail)),
            findings: details.into_iter().map(|detail| Finding { sequence: None, detail }).collect(),
        }
    }
}
