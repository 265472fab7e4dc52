//! Owns how sealing, compaction and reindexing take effect: one transaction in the ledger, then one swap of what
//! readers see.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use auditlog_core::{
    id::TenantId,
    merkle::{BLOCK_LEAVES, BLOCK_LEVEL, Hash, hash_node},
};

use crate::{
    commit::{FrozenTail, NewSegment, Reply, SegmentChange, Writer},
    error::StoreError,
    ledger::{Change, Mark, NodePosition, TenantNumber},
    segment::{Segment, SegmentId},
    tail::{LogView, SegmentPart},
};

impl Writer {
    /// Performs the job and replies. Fails only where the ledger fails.
    pub(super) fn record_segments(
        &mut self,
        change: SegmentChange,
        reply: Reply<(), StoreError>,
    ) -> Result<(), StoreError> {
        let outcome = match change {
            SegmentChange::Seal { frozen, segments } => self.record_seal(&frozen, &segments),
            SegmentChange::Replacement { inputs, output } => self.record_replacement(&inputs, &output),
        };
        let answer = match &outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(StoreError::Stopped(error.to_string())),
        };
        drop(reply.send(answer));
        outcome
    }

    fn record_seal(&mut self, frozen: &FrozenTail, segments: &[NewSegment]) -> Result<(), StoreError> {
        {
            let _gate = self.checkpointer.enter()?;
            let change = self.ledger.change()?;
            for new in segments {
                insert(&change, new)?;
            }
            for log in &frozen.logs {
                change.put_log(log.number, &log.tree)?;
                insert_tree_hashes(&change, log.number, &log.blocks)?;
            }
            change.delete_commits(frozen.last_commit)?;
            change.raise_mark(Mark::SealedCommit, frozen.last_commit)?;
            let newest_receipt = u64::try_from(frozen.newest_receipt.as_micros()).unwrap_or(0);
            change.set_mark(Mark::NewestReceipt, newest_receipt)?;
            // Deleted rows are overwritten, so their pages go through the log once more.
            self.checkpointer.grew(frozen.commit_bytes + super::writer::COMMIT_OVERHEAD_BYTES, change.commit()?);
        }
        self.commit_bytes = self.commit_bytes.saturating_sub(frozen.commit_bytes);
        self.show_sealed(frozen, segments);
        self.ids.forget_frozen();
        for frozen_log in &frozen.logs {
            if let Some(log) = self.logs.get_mut(&frozen_log.tenant_id) {
                log.blocks.retain(|(position, _)| (position + 1) * BLOCK_LEAVES > frozen_log.tree.size());
            }
        }
        Ok(())
    }

    fn show_sealed(&self, frozen: &FrozenTail, segments: &[NewSegment]) {
        let mut parts = parts_by_tenant(segments.iter().map(|new| &new.segment));
        let views: Vec<LogView> = frozen
            .logs
            .iter()
            .filter_map(|log| {
                let view = self.published.log(&log.tenant_id)?;
                let mut all: Vec<SegmentPart> = view.parts.to_vec();
                all.extend(parts.remove(&log.tenant_id).unwrap_or_default());
                let newer = view.batches.iter().filter(|batch| batch.generation > frozen.generation);
                Some(view.with_parts(all, newer.cloned().collect()))
            })
            .collect();
        self.published.replace(views);
    }

    fn record_replacement(&mut self, inputs: &[Arc<Segment>], output: &NewSegment) -> Result<(), StoreError> {
        {
            let _gate = self.checkpointer.enter()?;
            let change = self.ledger.change()?;
            for input in inputs {
                change.delete_segment(input.meta().id)?;
            }
            insert(&change, output)?;
            self.checkpointer.grew(super::writer::COMMIT_OVERHEAD_BYTES, change.commit()?);
        }
        let replaced: BTreeSet<SegmentId> = inputs.iter().map(|input| input.meta().id).collect();
        let views: Vec<LogView> = parts_by_tenant([&output.segment])
            .into_iter()
            .filter_map(|(tenant, new)| {
                let view = self.published.log(&tenant)?;
                let kept = view.parts.iter().filter(|part| !replaced.contains(&part.segment.meta().id));
                let parts = kept.cloned().chain(new).collect();
                Some(view.with_parts(parts, view.batches.clone()))
            })
            .collect();
        self.published.replace(views);
        Ok(())
    }
}

fn insert(change: &Change<'_>, new: &NewSegment) -> Result<(), StoreError> {
    let meta = new.segment.meta();
    change.raise_mark(Mark::LastSegment, meta.id.0)?;
    change.insert_segment(meta, |tenant| new.tenants.get(tenant).copied())
}

/// The rows of each tenant in these segments.
pub(crate) fn parts_by_tenant<'a>(
    segments: impl IntoIterator<Item = &'a Arc<Segment>>,
) -> BTreeMap<TenantId, Vec<SegmentPart>> {
    let mut parts: BTreeMap<TenantId, Vec<SegmentPart>> = BTreeMap::new();
    for segment in segments {
        for range in &segment.meta().tenants {
            let part = SegmentPart { segment: Arc::clone(segment), range: range.clone() };
            parts.entry(range.tenant_id.clone()).or_default().push(part);
        }
    }
    parts
}

/// Stores the hashes of blocks and of every larger subtree that they complete.
fn insert_tree_hashes(change: &Change<'_>, tenant: TenantNumber, blocks: &[(u64, Hash)]) -> Result<(), StoreError> {
    for (position, hash) in blocks {
        let mut node = NodePosition { level: BLOCK_LEVEL, position: *position };
        let mut hash = *hash;
        change.insert_tree_hash(tenant, node, &hash)?;
        while node.position % 2 == 1 {
            let sibling = NodePosition { position: node.position - 1, ..node };
            let missing = || StoreError::Corrupted(format!("ledger.db: tree hash {sibling:?} is missing"));
            let left = change.tree_hash(tenant, sibling)?.ok_or_else(missing)?;
            hash = hash_node(&left, &hash);
            node = NodePosition { level: node.level + 1, position: node.position / 2 };
            change.insert_tree_hash(tenant, node, &hash)?;
        }
    }
    Ok(())
}
