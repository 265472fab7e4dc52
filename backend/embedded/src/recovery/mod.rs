//! Owns how a store is restored at start: the manifest as it was recorded, and the tail from the commits that are not
//! sealed.

pub(crate) mod leftovers;
mod replay;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use auditlog_core::{
    id::{EventId, TenantId},
    merkle::Hash,
    timestamp::Timestamp,
};

use crate::{
    cache::Cache,
    commit::{Log, TailIds, parts_by_tenant},
    control::ControlRecords,
    data_directory::Paths,
    error::{OpenError, StoreError},
    ledger::{CommitRow, ControlRows, Ledger, Mark, TenantNumber, tenant_names},
    receipt_clock::newest_after,
    segment::{Segment, SegmentMeta},
    tail::{LogView, RowGroups, Rows, TailBatch, push_joined},
};
use replay::Replay;
pub(crate) use replay::{Gap, gaps, read_event};

/// The contents of the ledger, as they were when the store stopped.
pub(crate) struct Recovered {
    pub control: ControlRecords,
    pub segments: Vec<SegmentMeta>,
    pub views: Vec<LogView>,
    pub logs: HashMap<TenantId, Log>,
    pub ids: TailIds,
    pub last_commit: u64,
    pub last_segment: u64,
    /// The latest `received_at` since the clock was last reset.
    pub newest_receipt: Timestamp,
    /// The size of the rows of unsealed commits, in bytes.
    pub commit_bytes: u64,
}

/// Reads the ledger and opens the segments it lists.
pub(crate) fn recover(ledger: &Ledger, paths: &Paths, cache: &Arc<Cache>) -> Result<Recovered, OpenError> {
    let ControlRows { tenants, keys, searches, exports } = ledger.control_rows();
    let tenants = tenants?.whole()?;
    let names = tenant_names(&tenants);
    let name_of = |number| names.get(&number).cloned();
    let segments = ledger.segments(name_of)?.whole()?;
    leftovers::refuse_linked_days(paths, &segments)?;
    let mut open = Vec::with_capacity(segments.len());
    for meta in &segments {
        open.push(Arc::new(Segment::open(&paths.day(meta.day), meta.clone(), cache).map_err(StoreError::from)?));
    }
    let replay = Replay::start(&names, ledger.logs()?.whole()?, ledger.mark(Mark::SealedCommit)?)?;
    let logs = replay.logs.values().map(|log| (&log.tenant_id, log.tree.size()));
    if let Some(gap) = gaps(logs, &segments).into_iter().next() {
        return Err(gap.error.into());
    }
    let newest_sealed = i64::try_from(ledger.mark(Mark::NewestReceipt)?).unwrap_or(i64::MAX);
    let newest_receipt = Timestamp::from_micros(newest_sealed);
    let mut tail = Tail { replay, logs: BTreeMap::new(), commit_bytes: 0, newest_receipt };
    ledger.for_each_commit(|commit| tail.add(commit))?;
    let Tail { replay, logs: mut tails, commit_bytes, newest_receipt } = tail;
    let mut parts = parts_by_tenant(&open);
    let (mut views, mut ids) = (Vec::new(), TailIds::default());
    for (number, log) in &replay.logs {
        let tail = tails.remove(number).unwrap_or_default();
        let parts = parts.remove(&log.tenant_id).unwrap_or_default();
        views.push(LogView::new(log.tenant_id.clone(), *number, parts, tail.batches).with_tree(log.tree.clone()));
        for (id, sequence) in tail.ids {
            ids.insert(*number, id, sequence);
        }
    }
    let last_commit = replay.last_commit;
    let logs = replay.logs.into_values().map(|log| (log.tenant_id.clone(), log)).collect();
    // The mark and the manifest agree; if they ever do not, the higher one is safe.
    let last_listed = segments.iter().map(|meta| meta.id.0).max().unwrap_or(0);
    let (keys, searches, exports) = (keys?.whole()?, searches?.whole()?, exports?.whole()?);
    Ok(Recovered {
        control: ControlRecords { tenants, keys, searches, exports },
        segments,
        views,
        logs,
        ids,
        last_commit,
        last_segment: ledger.mark(Mark::LastSegment)?.max(last_listed),
        newest_receipt,
        commit_bytes,
    })
}

/// Builds the tail from commits.
struct Tail<'a> {
    replay: Replay<'a>,
    logs: BTreeMap<TenantNumber, LogTail>,
    commit_bytes: u64,
    newest_receipt: Timestamp,
}

#[derive(Default)]
struct LogTail {
    batches: Vec<Arc<TailBatch>>,
    ids: Vec<(EventId, u64)>,
}

impl Tail<'_> {
    fn add(&mut self, commit: CommitRow) -> Result<(), StoreError> {
        self.commit_bytes += (commit.payload.len() + commit.leaf_hashes.len() * size_of::<Hash>()) as u64;
        let mut groups: BTreeMap<TenantNumber, RowGroups> = BTreeMap::new();
        for request in self.replay.add(commit)? {
            self.newest_receipt = newest_after(self.newest_receipt, request.received_at);
            let log = self.logs.entry(request.number).or_default();
            log.ids.extend(request.events.iter().map(|stored| (stored.event.id, stored.sequence)));
            let rows = Rows::new(request.events)?;
            groups.entry(request.number).or_default().push(rows, request.leaf_hashes, request.received_at)?;
        }
        for (number, groups) in groups {
            let log = self.logs.entry(number).or_default();
            for batch in groups.finish(0)? {
                push_joined(&mut log.batches, batch)?;
            }
        }
        Ok(())
    }
}
