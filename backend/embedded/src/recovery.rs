//! Owns how a store comes back at start: the manifest as it was recorded, and the tail from the commits that are not
//! sealed, with every leaf recomputed from the stored text.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use auditlog_core::{
    event::{StoredEvent, parse_canonical},
    id::TenantId,
    leaf::{Hash, SaltSource, leaf_hash},
    store::ApiKey,
    timestamp::Timestamp,
};

use crate::{
    cache::Cache,
    commit::{Log, TailIds, parts_by_tenant},
    data_directory::Paths,
    error::StoreError,
    ledger::{
        CommitRow, Ledger, Mark, NumberedTenant, TenantNumber,
        payload::{EncodedEvent, RequestHeader, decode},
    },
    segment::{Segment, SegmentMeta},
    tail::{LogView, RowGroups, Rows, SegmentPart, TailBatch, push_joined},
};

/// Everything the ledger knows, as it was when the store stopped.
pub(crate) struct Recovered {
    pub tenants: Vec<NumberedTenant>,
    pub keys: Vec<ApiKey>,
    pub segments: Vec<SegmentMeta>,
    pub views: Vec<LogView>,
    pub logs: HashMap<TenantId, Log>,
    pub ids: TailIds,
    pub last_commit: u64,
    pub last_segment: u64,
    /// The latest `received_at` of a sealed event, in microseconds since 1970.
    pub newest_receipt: u64,
    /// What the rows of unsealed commits take, in bytes.
    pub commit_bytes: u64,
}

impl Recovered {
    /// The latest time any event was received.
    pub(crate) fn newest(&self) -> Timestamp {
        let tail = self.views.iter().flat_map(|view| &view.batches).filter_map(|batch| batch.newest_receipt()).max();
        let sealed = Timestamp::from_micros(i64::try_from(self.newest_receipt).unwrap_or(i64::MAX));
        tail.map_or(sealed, |tail| tail.max(sealed))
    }
}

/// Reads the ledger and opens the segments it lists.
pub(crate) fn recover(ledger: &Ledger, paths: &Paths, cache: &Arc<Cache>) -> Result<Recovered, StoreError> {
    let tenants = ledger.tenants()?;
    let names: BTreeMap<TenantNumber, TenantId> =
        tenants.iter().map(|numbered| (numbered.number, numbered.tenant.id.clone())).collect();
    let name_of = |number| names.get(&number).cloned();
    let segments = ledger.segments(name_of)?;
    let mut open = Vec::with_capacity(segments.len());
    for meta in &segments {
        open.push(Arc::new(Segment::open(&paths.day(meta.day), meta.clone(), cache)?));
    }
    let mut tail = Replay::start(ledger, &names, parts_by_tenant(&open))?;
    ledger.for_each_commit(|commit| tail.add(commit))?;
    let commit_bytes = tail.commit_bytes;
    let last_commit = tail.last_commit;
    let (views, logs, ids) = tail.finish()?;
    Ok(Recovered {
        keys: ledger.api_keys(name_of)?,
        tenants,
        segments,
        views,
        logs,
        ids,
        last_commit,
        last_segment: ledger.mark(Mark::LastSegment)?,
        newest_receipt: ledger.mark(Mark::NewestReceipt)?,
        commit_bytes,
    })
}

/// Replays unsealed commits.
struct Replay<'a> {
    names: &'a BTreeMap<TenantNumber, TenantId>,
    parts: BTreeMap<TenantId, Vec<SegmentPart>>,
    logs: BTreeMap<TenantNumber, ReplayedLog>,
    last_commit: u64,
    commit_bytes: u64,
}

struct ReplayedLog {
    log: Log,
    batches: Vec<Arc<TailBatch>>,
    ids: Vec<(auditlog_core::id::EventId, u64)>,
}

impl<'a> Replay<'a> {
    fn start(
        ledger: &Ledger,
        names: &'a BTreeMap<TenantNumber, TenantId>,
        parts: BTreeMap<TenantId, Vec<SegmentPart>>,
    ) -> Result<Self, StoreError> {
        let mut logs = BTreeMap::new();
        for (number, tree) in ledger.logs()? {
            let unknown = || damaged(&format!("the log of tenant {} has no tenant", number.0));
            let tenant_id = names.get(&number).cloned().ok_or_else(unknown)?;
            let log = Log { tree, ..Log::new(tenant_id, number) };
            logs.insert(number, ReplayedLog { log, batches: Vec::new(), ids: Vec::new() });
        }
        let replay = Self { names, parts, logs, last_commit: ledger.mark(Mark::SealedCommit)?, commit_bytes: 0 };
        replay.check_parts()?;
        Ok(replay)
    }

    /// Each log's sealed rows lie in segments from the first to the last, without a gap.
    fn check_parts(&self) -> Result<(), StoreError> {
        let mut ends: BTreeMap<&TenantId, u64> = BTreeMap::new();
        for (tenant, parts) in &self.parts {
            let mut sorted: Vec<_> = parts.iter().collect();
            sorted.sort_by_key(|part| part.range.first_sequence);
            let end = ends.entry(tenant).or_default();
            for part in sorted {
                if part.range.first_sequence != *end {
                    let (id, first) = (part.segment.meta().id, part.range.first_sequence);
                    return Err(damaged(&format!("segment {id} begins at sequence {first} of {tenant}, not at {end}")));
                }
                *end = part.end_sequence();
            }
        }
        for replayed in self.logs.values() {
            let (tenant, sealed) = (&replayed.log.tenant_id, replayed.log.tree.size());
            let found = ends.remove(tenant).unwrap_or(0);
            if found != sealed {
                return Err(damaged(&format!("{sealed} events of {tenant} are sealed, and segments hold {found}")));
            }
        }
        ends.keys()
            .next()
            .map_or(Ok(()), |tenant| Err(damaged(&format!("segments hold events of {tenant}, who has no log"))))
    }

    fn add(&mut self, commit: CommitRow) -> Result<(), StoreError> {
        let number = commit.number;
        if number != self.last_commit + 1 {
            return Err(damaged(&format!("commit {number} follows commit {}", self.last_commit)));
        }
        self.last_commit = number;
        self.commit_bytes += (commit.payload.len() + commit.leaf_hashes.len() * size_of::<Hash>()) as u64;
        let mut hashes = commit.leaf_hashes.into_iter();
        let mut groups: BTreeMap<TenantNumber, RowGroups> = BTreeMap::new();
        for (request, events) in decode(&commit.payload)? {
            let tenant = TenantNumber(request.tenant);
            let (rows, leaf_hashes) = self.add_request(&request, events, &mut hashes, number)?;
            let received_at = Timestamp::from_micros(request.received_at);
            groups.entry(tenant).or_default().push(rows, leaf_hashes, received_at)?;
        }
        if hashes.next().is_some() {
            return Err(damaged(&format!("commit {number} has more leaf hashes than events")));
        }
        for (tenant, groups) in groups {
            let replayed = self.logs.get_mut(&tenant).ok_or_else(|| damaged("a log is missing"))?;
            for batch in groups.finish(0)? {
                push_joined(&mut replayed.batches, batch)?;
            }
        }
        for (tenant, tree) in &commit.logs {
            if self.logs.get(tenant).is_none_or(|replayed| replayed.log.tree != *tree) {
                return Err(damaged(&format!("the tree of tenant {} is another one after commit {number}", tenant.0)));
            }
        }
        Ok(())
    }

    fn add_request(
        &mut self,
        request: &RequestHeader,
        events: Vec<EncodedEvent>,
        hashes: &mut impl Iterator<Item = Hash>,
        commit: u64,
    ) -> Result<(Rows, Vec<Hash>), StoreError> {
        let number = TenantNumber(request.tenant);
        let unknown = || damaged(&format!("commit {commit} has an unknown tenant {}", number.0));
        let tenant_id = self.names.get(&number).ok_or_else(unknown)?;
        let replayed = self.logs.entry(number).or_insert_with(|| ReplayedLog {
            log: Log::new(tenant_id.clone(), number),
            batches: Vec::new(),
            ids: Vec::new(),
        });
        if replayed.log.tree.size() != request.first_sequence {
            let (first, size) = (request.first_sequence, replayed.log.tree.size());
            return Err(damaged(&format!("commit {commit} begins at sequence {first} of {tenant_id}, not at {size}")));
        }
        let mut rows = Vec::with_capacity(events.len());
        let mut leaf_hashes = Vec::with_capacity(events.len());
        for encoded in events {
            let sequence = replayed.log.tree.size();
            let place = format!("commit {commit}, sequence {sequence} of {tenant_id}");
            let stored = read_event(request, &encoded, sequence, &place)?;
            let hash = leaf_hash(&stored.event, &stored.salt);
            if stored.event.tenant_id != *tenant_id || hashes.next() != Some(hash) {
                return Err(damaged(&format!("{place} is not the event that was acknowledged")));
            }
            replayed.log.append(hash);
            replayed.ids.push((stored.event.id, sequence));
            leaf_hashes.push(hash);
            rows.push(stored);
        }
        Ok((Rows::new(rows)?, leaf_hashes))
    }

    fn finish(mut self) -> Result<(Vec<LogView>, HashMap<TenantId, Log>, TailIds), StoreError> {
        let (mut views, mut logs, mut ids) = (Vec::new(), HashMap::new(), TailIds::default());
        for (number, replayed) in self.logs {
            let tenant_id = replayed.log.tenant_id.clone();
            let parts = self.parts.remove(&tenant_id).unwrap_or_default();
            views.push(LogView::new(tenant_id.clone(), number, parts, replayed.batches));
            for (id, sequence) in replayed.ids {
                ids.insert(number, id, sequence);
            }
            logs.insert(tenant_id, replayed.log);
        }
        Ok((views, logs, ids))
    }
}

fn read_event(
    request: &RequestHeader,
    encoded: &EncodedEvent,
    sequence: u64,
    place: &str,
) -> Result<StoredEvent, StoreError> {
    let event = parse_canonical(&encoded.canonical).map_err(|error| damaged(&format!("{place}: {error}")))?;
    if event.received_at.as_micros() != request.received_at {
        return Err(damaged(&format!("{place} was received at another time than its request")));
    }
    Ok(StoredEvent { event, sequence, salt: SaltSource { seed: request.salt_seed, index: encoded.salt_index } })
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Corrupted(format!("ledger.db: {detail}"))
}
