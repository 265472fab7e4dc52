//! Owns the check that unsealed commits are what was acknowledged: every event is parsed from its stored text, its leaf
//! is recomputed, and the trees after each commit must equal those that were recorded with it.

use std::collections::BTreeMap;

use auditlog_core::{
    event::{SaltSource, StoredEvent, parse_canonical},
    id::TenantId,
    leaf::leaf_hash,
    merkle::{CompactRange, Hash},
    timestamp::Timestamp,
};

use crate::{
    commit::Log,
    error::StoreError,
    ledger::{
        CommitRow, TenantNumber,
        payload::{EncodedEvent, EncodedRequest, RequestHeader, decode},
    },
    segment::{SegmentMeta, TenantRange},
};

/// Replays unsealed commits in order.
pub(crate) struct Replay<'a> {
    names: &'a BTreeMap<TenantNumber, TenantId>,
    /// Each tenant's log, first as of the last seal, then as of the last commit that was added.
    pub logs: BTreeMap<TenantNumber, Log>,
    /// The number of that commit.
    pub last_commit: u64,
}

/// The events of one request.
pub(crate) struct ReplayedRequest {
    pub number: TenantNumber,
    pub received_at: Timestamp,
    pub events: Vec<StoredEvent>,
    pub leaf_hashes: Vec<Hash>,
}

impl<'a> Replay<'a> {
    /// Starts from the trees as of the last seal and the last commit that was sealed.
    pub(crate) fn start(
        names: &'a BTreeMap<TenantNumber, TenantId>,
        trees: Vec<(TenantNumber, CompactRange)>,
        sealed_commit: u64,
    ) -> Result<Self, StoreError> {
        let mut logs = BTreeMap::new();
        for (number, tree) in trees {
            let unknown = || damaged(&format!("the log of tenant {} has no tenant", number.0));
            let tenant_id = names.get(&number).cloned().ok_or_else(unknown)?;
            logs.insert(number, Log { tree, ..Log::new(tenant_id, number) });
        }
        Ok(Self { names, logs, last_commit: sealed_commit })
    }

    /// Adds the next commit.
    pub(crate) fn add(&mut self, commit: CommitRow) -> Result<Vec<ReplayedRequest>, StoreError> {
        let number = commit.number;
        if number != self.last_commit + 1 {
            return Err(damaged(&format!("commit {number} follows commit {}", self.last_commit)));
        }
        self.last_commit = number;
        let mut hashes = commit.leaf_hashes.into_iter();
        let mut requests = Vec::new();
        for EncodedRequest { header: request, events } in decode(&commit.payload)? {
            requests.push(self.add_request(&request, events, &mut hashes)?);
        }
        if hashes.next().is_some() {
            return Err(damaged(&format!("commit {number} has more leaf hashes than events")));
        }
        for (tenant, tree) in &commit.logs {
            if self.logs.get(tenant).is_none_or(|log| log.tree != *tree) {
                return Err(damaged(&format!(
                    "the tree of tenant {} after commit {number} differs from the recorded one",
                    tenant.0
                )));
            }
        }
        Ok(requests)
    }

    fn add_request(
        &mut self,
        request: &RequestHeader,
        encoded: Vec<EncodedEvent>,
        hashes: &mut impl Iterator<Item = Hash>,
    ) -> Result<ReplayedRequest, StoreError> {
        let (number, commit) = (TenantNumber(request.tenant), self.last_commit);
        let unknown = || damaged(&format!("commit {commit} has an unknown tenant {}", number.0));
        let tenant_id = self.names.get(&number).ok_or_else(unknown)?;
        let log = self.logs.entry(number).or_insert_with(|| Log::new(tenant_id.clone(), number));
        if log.tree.size() != request.first_sequence {
            let (first, size) = (request.first_sequence, log.tree.size());
            return Err(damaged(&format!("commit {commit} begins at sequence {first} of {tenant_id}, not at {size}")));
        }
        let mut events = Vec::with_capacity(encoded.len());
        let mut leaf_hashes = Vec::with_capacity(encoded.len());
        for encoded in encoded {
            let sequence = log.tree.size();
            let place = format!("commit {commit}, sequence {sequence} of {tenant_id}");
            let stored = read_event(request, &encoded, sequence, &place)?;
            let hash = leaf_hash(&stored.event, &stored.salt);
            if stored.event.tenant_id != *tenant_id || hashes.next() != Some(hash) {
                return Err(damaged(&format!("{place} is not the event that was acknowledged")));
            }
            log.append(hash);
            leaf_hashes.push(hash);
            events.push(stored);
        }
        let received_at = Timestamp::from_micros(request.received_at);
        Ok(ReplayedRequest { number, received_at, events, leaf_hashes })
    }
}

/// Reads an event of a commit; `place` is its position for messages.
pub(crate) fn read_event(
    request: &RequestHeader,
    encoded: &EncodedEvent,
    sequence: u64,
    place: &str,
) -> Result<StoredEvent, StoreError> {
    let event = parse_canonical(&encoded.canonical).map_err(|error| damaged(&format!("{place}: {error}")))?;
    if event.received_at.as_micros() != request.received_at {
        return Err(damaged(&format!("{place} was received at another time than its request")));
    }
    Ok(StoredEvent {
        event: Box::new(event),
        sequence,
        salt: SaltSource { seed: request.salt_seed, index: encoded.salt_index },
    })
}

/// A contradiction between a log and the segments.
pub(crate) struct Gap {
    /// The tenant whose log it is.
    pub tenant_id: TenantId,
    /// What contradicts.
    pub error: StoreError,
}

impl Gap {
    fn new(tenant_id: &TenantId, detail: &str) -> Self {
        Self { tenant_id: tenant_id.clone(), error: damaged(detail) }
    }
}

/// Each log's sealed rows must be in segments from the first to the last, without a gap. Returns the contradictions.
pub(crate) fn gaps<'a>(logs: impl Iterator<Item = (&'a TenantId, u64)>, segments: &[SegmentMeta]) -> Vec<Gap> {
    let mut ranges: BTreeMap<&TenantId, Vec<(&SegmentMeta, &TenantRange)>> = BTreeMap::new();
    for meta in segments {
        for range in &meta.tenants {
            ranges.entry(&range.tenant_id).or_default().push((meta, range));
        }
    }
    let mut gaps = Vec::new();
    for (tenant, sealed) in logs {
        let mut ranges = ranges.remove(tenant).unwrap_or_default();
        ranges.sort_by_key(|(_, range)| range.first_sequence);
        let mut end = 0;
        for (meta, range) in ranges {
            let (id, first) = (meta.id, range.first_sequence);
            if first != end {
                let detail = format!("segment {id} begins at sequence {first} of {tenant}, not at {end}");
                gaps.push(Gap::new(tenant, &detail));
            }
            end = first + u64::from(range.rows);
        }
        if end != sealed {
            let detail = format!("{sealed} events of {tenant} are sealed, and segments hold {end}");
            gaps.push(Gap::new(tenant, &detail));
        }
    }
    let strays = ranges.into_keys();
    gaps.extend(strays.map(|tenant| Gap::new(tenant, &format!("segments hold events of {tenant}, which has no log"))));
    gaps
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Corrupted(format!("ledger.db: {detail}"))
}
