//! Owns the expected contents according to the ledger, as far as it can be read.

use std::collections::{BTreeMap, btree_map::Entry};

use auditlog_core::{
    id::TenantId,
    merkle::{CompactRange, Hash},
    store::{Finding, Findings, Part},
};

use crate::{
    error::StoreError,
    ledger::{ControlRows, Ledger, Mark, NodePosition, Rows, TenantNumber, tenant_names},
    recovery::{Gap, gaps},
    segment::SegmentMeta,
};

/// The ledger's rows, without those that cannot be read.
pub(super) struct Manifest {
    pub(super) names: BTreeMap<TenantNumber, TenantId>,
    pub(super) segments: Vec<SegmentMeta>,
    /// `None` where it could not be read.
    pub(super) sealed_commit: Option<u64>,
    trees: BTreeMap<TenantNumber, CompactRange>,
    hashes: BTreeMap<TenantNumber, Vec<(NodePosition, Hash)>>,
    /// The end of each tenant's segments, as a sequence.
    ends: BTreeMap<TenantId, u64>,
    /// Problems of a tenant's part of the ledger.
    pub(super) of_tenants: Vec<TenantFinding>,
}

/// A problem of a tenant's part of the ledger.
pub(super) struct TenantFinding {
    pub(super) tenant_id: TenantId,
    pub(super) finding: Finding,
}

impl Manifest {
    /// Reads the ledger. A problem becomes a finding and does not stop the rest from being read.
    pub(super) fn read(ledger: &Ledger, findings: &mut Findings) -> Self {
        let mut problems = Problems(findings);
        match ledger.foreign_objects() {
            Ok(foreign) => foreign.into_iter().for_each(|detail| problems.push(Part::Ledger, &ledger_db(&detail))),
            Err(error) => problems.push(Part::Ledger, &error.to_string()),
        }
        let ControlRows { tenants, keys, searches, exports } = ledger.control_rows();
        let names = tenant_names(&problems.rows(Part::Control, tenants));
        let name_of = |number| names.get(&number).cloned();
        // Keys, saved searches and exports are not used, but a damaged one is reported.
        problems.rows(Part::Control, keys);
        problems.rows(Part::Control, searches);
        problems.rows(Part::Control, exports);
        match ledger.control_findings() {
            Ok(found) => found.into_iter().for_each(|detail| problems.push(Part::Control, &ledger_db(&detail))),
            Err(error) => problems.push(Part::Control, &error.to_string()),
        }
        let segments = problems.rows(Part::Ledger, ledger.segments(name_of));
        let mut sealed_commit = None;
        for mark in Mark::ALL {
            match ledger.mark(mark) {
                Ok(value) if mark == Mark::SealedCommit => sealed_commit = Some(value),
                Ok(_) => {}
                Err(error) => problems.push(Part::Ledger, &error.to_string()),
            }
        }
        let trees: BTreeMap<_, _> = problems.rows(Part::Ledger, ledger.logs()).into_iter().collect();
        let mut manifest = Self {
            ends: ends(&segments),
            names,
            segments,
            sealed_commit,
            trees,
            hashes: BTreeMap::new(),
            of_tenants: Vec::new(),
        };
        manifest.read_hashes(ledger);
        manifest.add_gaps();
        manifest
    }

    fn read_hashes(&mut self, ledger: &Ledger) {
        for (number, tenant_id) in &self.names {
            let mut found = Findings::default();
            let hashes = Problems(&mut found).rows(Part::Ledger, ledger.tree_hashes(*number));
            self.hashes.insert(*number, hashes);
            let of_tenant = |finding| TenantFinding { tenant_id: tenant_id.clone(), finding };
            self.of_tenants.extend(found.listed.into_iter().map(of_tenant));
        }
    }

    /// Adds findings where the segments do not hold exactly the sealed events of a log.
    fn add_gaps(&mut self) {
        let logs = self.trees.iter().filter_map(|(number, tree)| Some((self.names.get(number)?, tree.size())));
        let gaps = gaps(logs, &self.segments);
        self.of_tenants.extend(gaps.into_iter().map(|Gap { tenant_id, error }| {
            let finding = Finding::new(Part::Ledger, error.to_string());
            TenantFinding { tenant_id, finding }
        }));
    }

    /// A tenant's tree as of the last seal. `None` where its row could not be read.
    pub(super) fn tree(&self, number: TenantNumber) -> Option<CompactRange> {
        match self.trees.get(&number) {
            Some(tree) => Some(tree.clone()),
            // None of its events was sealed yet.
            None => (self.end_of_segments(number) == 0).then(CompactRange::new),
        }
    }

    /// The number of sealed events of a tenant.
    pub(super) fn sealed(&self, number: TenantNumber) -> u64 {
        self.trees.get(&number).map_or_else(|| self.end_of_segments(number), CompactRange::size)
    }

    /// The recorded hashes of a tenant's tree.
    pub(super) fn take_hashes(&mut self, number: TenantNumber) -> Vec<(NodePosition, Hash)> {
        self.hashes.remove(&number).unwrap_or_default()
    }

    fn end_of_segments(&self, number: TenantNumber) -> u64 {
        self.names.get(&number).and_then(|tenant_id| self.ends.get(tenant_id)).copied().unwrap_or(0)
    }
}

fn ends(segments: &[SegmentMeta]) -> BTreeMap<TenantId, u64> {
    let mut ends = BTreeMap::new();
    for range in segments.iter().flat_map(|meta| &meta.tenants) {
        let end = range.first_sequence + u64::from(range.rows);
        match ends.entry(range.tenant_id.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(end)),
            Entry::Occupied(mut occupied) => *occupied.get_mut() = end.max(*occupied.get()),
        }
    }
    ends
}

fn ledger_db(detail: &str) -> String {
    format!("ledger.db: {detail}")
}

/// Collects problems and passes on what could be read.
pub(super) struct Problems<'a>(pub(super) &'a mut Findings);

impl Problems<'_> {
    pub(super) fn push(&mut self, part: Part, detail: &str) {
        self.0.push(Finding::new(part, detail));
    }

    pub(super) fn rows<T>(&mut self, part: Part, read: Result<Rows<T>, StoreError>) -> Vec<T> {
        match read {
            Ok(Rows { rows, problems }) => {
                for problem in &problems {
                    self.push(part, &text_of(problem));
                }
                rows
            }
            Err(error) => {
                self.push(part, &text_of(&error));
                Vec::new()
            }
        }
    }
}

pub(super) fn text_of(error: &StoreError) -> String {
    match error {
        StoreError::Corrupted(detail) => detail.clone(),
        other => other.to_string(),
    }
}
