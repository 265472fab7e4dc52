//! Owns reading the unsealed commits back and skipping those that are damaged.

use std::collections::BTreeMap;

use auditlog_core::{
    id::TenantId,
    leaf::leaf_hash,
    merkle::{CompactRange, Hash},
    store::{Finding, Findings, Part, SequenceSpan},
};

use crate::{
    check::{
        manifest::{Manifest, Problems, text_of},
        receipts::Receipts,
    },
    ledger::{
        CommitHints, CommitRow, Ledger, TenantNumber,
        payload::{EncodedEvent, EncodedRequest, RequestHeader, decode},
    },
    recovery::read_event,
};

/// A commit that claims more events than this is treated as damaged.
const EVENTS_MAX: u64 = 1 << 20;

/// The contents of the commits by tenant.
#[derive(Debug, Default)]
pub(super) struct Tails {
    pub(super) logs: BTreeMap<TenantNumber, TailLog>,
}

/// The unsealed part of a log.
#[derive(Debug, Default)]
pub(super) struct TailLog {
    /// The size of the log including it.
    pub(super) end: u64,
    /// The tree as of the last commit that was processed. `None` where it is unknown.
    tree: Option<CompactRange>,
    /// The recomputed leaf hashes; `None` where one of them could not be recomputed.
    pub(super) leaves: Option<Vec<Hash>>,
    pub(super) ids: Vec<([u8; 16], u64)>,
    pub(super) receipts: Receipts,
    pub(super) damaged: Vec<SequenceSpan>,
    pub(super) unreadable: Vec<SequenceSpan>,
    pub(super) findings: Vec<Finding>,
}

impl Tails {
    /// Reads every commit and recomputes every leaf.
    pub(super) fn read(ledger: &Ledger, manifest: &Manifest, findings: &mut Findings) -> Self {
        let mut reader = Reader { manifest, findings, tails: Self::default() };
        let numbers = Problems(reader.findings).rows(Part::Ledger, ledger.commit_numbers());
        let mut last = manifest.sealed_commit;
        for number in numbers {
            reader.expect(number, last);
            last = Some(number);
            let read = ledger.commit(number).map_err(|error| text_of(&error));
            if let Err(reason) = read.and_then(|commit| reader.add(commit)) {
                reader.skip(number, &reason, &ledger.commit_hints(number));
            }
        }
        reader.tails
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    findings: &'a mut Findings,
    tails: Tails,
}

impl Reader<'_> {
    fn found(&mut self, detail: String) {
        self.findings.push(Finding::new(Part::Events, detail));
    }

    fn expect(&mut self, number: u64, last: Option<u64>) {
        let Some(last) = last.filter(|last| last.checked_add(1) != Some(number)) else { return };
        self.found(if number > last {
            format!("ledger.db: the commits between {last} and {number} are missing")
        } else {
            format!("ledger.db: commit {number} exists although all up to {last} are sealed")
        });
    }

    fn log(&mut self, number: TenantNumber) -> &mut TailLog {
        let manifest = self.manifest;
        let behind = || TailLog::behind(manifest.sealed(number), manifest.tree(number));
        self.tails.logs.entry(number).or_insert_with(behind)
    }

    /// Processes a commit whose row is intact. Fails where its events cannot be decoded.
    fn add(&mut self, commit: CommitRow) -> Result<(), String> {
        let requests = decode(&commit.payload).map_err(|error| text_of(&error))?;
        let mut hashes = commit.leaf_hashes.iter().copied();
        let mut begins: BTreeMap<TenantNumber, u64> = BTreeMap::new();
        for EncodedRequest { header: request, events } in requests {
            let number = TenantNumber(request.tenant);
            begins.entry(number).or_insert(request.first_sequence);
            let Some(tenant_id) = self.manifest.names.get(&number).cloned() else {
                self.found(format!("ledger.db: commit {} has an unknown tenant {}", commit.number, number.0));
                hashes.by_ref().take(events.len()).for_each(drop);
                continue;
            };
            let request = TailRequest { commit: commit.number, tenant_id, request, events };
            self.log(number).add(request, &mut hashes);
        }
        if hashes.next().is_some() {
            self.found(format!("ledger.db: commit {} has more leaf hashes than events", commit.number));
        }
        for (number, tree) in commit.logs {
            let first = begins.get(&number).copied();
            self.log(number).compare(commit.number, first, tree);
        }
        Ok(())
    }

    /// Records a commit that cannot be read, with the tenants of its events as far as they are known.
    fn skip(&mut self, number: u64, reason: &str, hints: &CommitHints) {
        let limit = hints.events.unwrap_or(EVENTS_MAX).min(EVENTS_MAX);
        let mut lost: BTreeMap<TenantNumber, u64> = BTreeMap::new();
        for (tenant, size) in &hints.sizes {
            let is_known = self.manifest.names.contains_key(tenant);
            let more = size.saturating_sub(self.log(*tenant).end);
            if is_known && (1..=limit).contains(&more) {
                let known = lost.entry(*tenant).or_insert(0);
                *known = (*known).max(*size);
            }
        }
        let whose = if lost.is_empty() { "; the tenants of its events are unknown" } else { "" };
        self.found(format!("commit {number} cannot be read: {reason}{whose}"));
        for (tenant, size) in lost {
            let log = self.log(tenant);
            let detail = format!("commit {number}, which held them, cannot be read: {reason}");
            log.lose_until(size, &detail);
        }
    }
}

/// A request of a commit.
struct TailRequest {
    commit: u64,
    tenant_id: TenantId,
    request: RequestHeader,
    events: Vec<EncodedEvent>,
}

impl TailLog {
    /// An empty tail after this many sealed events, whose tree may be unknown.
    pub(super) fn behind(sealed: u64, tree: Option<CompactRange>) -> Self {
        Self { end: sealed, tree, leaves: Some(Vec::new()), ..Self::default() }
    }

    /// Records that all events up to a size are missing.
    fn lose_until(&mut self, size: u64, detail: &str) {
        let Some(last) = size.checked_sub(1).filter(|last| *last >= self.end) else { return };
        let span = SequenceSpan { first: self.end, last };
        self.unreadable.push(span);
        self.findings.push(Finding::new(Part::Events, detail).about(span));
        (self.end, self.tree, self.leaves) = (size, None, None);
    }

    fn damage(&mut self, span: SequenceSpan, detail: String) {
        self.damaged.push(span);
        self.findings.push(Finding::new(Part::Events, detail).about(span));
        self.leaves = None;
    }

    fn add(&mut self, request: TailRequest, hashes: &mut impl Iterator<Item = Hash>) {
        let TailRequest { commit, tenant_id, request, events } = request;
        let first = request.first_sequence;
        self.lose_until(first, &format!("they are not among the events up to commit {commit}"));
        if first < self.end {
            let last = first.saturating_add(events.len() as u64).saturating_sub(1).max(first);
            self.damage(SequenceSpan { first, last }, format!("commit {commit} has other events of these sequences"));
            hashes.take(events.len()).for_each(drop);
            return;
        }
        for encoded in events {
            let sequence = self.end;
            self.end = self.end.saturating_add(1);
            let span = SequenceSpan { first: sequence, last: sequence };
            let acknowledged = hashes.next();
            match read_event(&request, &encoded, sequence, &format!("commit {commit}")) {
                Err(error) => self.damage(span, text_of(&error)),
                Ok(stored) => {
                    let hash = leaf_hash(&stored.event, &stored.salt);
                    if stored.event.tenant_id != tenant_id || acknowledged != Some(hash) {
                        self.damage(span, format!("commit {commit}: it is not the event that was acknowledged"));
                    }
                    if let Some(leaves) = &mut self.leaves {
                        leaves.push(hash);
                    }
                    self.ids.push((*stored.event.id.as_bytes(), sequence));
                    self.receipts.add(sequence, &stored.event);
                }
            }
            // The tree continues from what was acknowledged, so that a damaged event does not affect the next commit.
            match (&mut self.tree, acknowledged) {
                (Some(tree), Some(hash)) => drop(tree.append(hash)),
                _ => self.tree = None,
            }
        }
    }

    /// Compares with the tree that a commit recorded, and continues from that.
    fn compare(&mut self, commit: u64, first: Option<u64>, recorded: CompactRange) {
        let detail = format!("commit {commit} says that the log is larger than its events");
        self.lose_until(recorded.size(), &detail);
        if self.tree.as_ref().is_some_and(|tree| *tree != recorded) {
            let first = first.unwrap_or(self.end).min(self.end.saturating_sub(1));
            let span = SequenceSpan { first, last: self.end.saturating_sub(1) };
            self.damage(span, format!("the tree after commit {commit} differs from the recorded one"));
        }
        self.tree = Some(recorded);
    }
}
