//! Owns the final verdict on one log: compares what was read with what is recorded.

use auditlog_core::{
    id::TenantId,
    store::{Finding, Findings, LogVerification, Part, SequenceSpan},
};

use crate::{
    check::{
        classes::Classes, ids::DuplicateId, manifest::Manifest, segments::SealedLog, tail::TailLog, tree::root_with,
    },
    ledger::TenantNumber,
};

/// Everything that was read of a log.
pub(super) struct ReadLog {
    pub(super) tenant_id: TenantId,
    pub(super) sealed: SealedLog,
    pub(super) tail: Option<TailLog>,
    pub(super) duplicates: Vec<DuplicateId>,
}

impl ReadLog {
    /// Compares it with the ledger.
    pub(super) fn compare(self, manifest: &mut Manifest, number: TenantNumber) -> LogVerification {
        let Self { tenant_id, sealed, tail, duplicates } = self;
        let (recorded, size) = (manifest.tree(number), manifest.sealed(number));
        let compared = sealed.tree.compare(size, recorded.as_ref(), &manifest.take_hashes(number));
        let mut findings = sealed.findings;
        let of_ledger = manifest.of_tenants.iter().filter(|found| found.tenant_id == tenant_id);
        of_ledger.for_each(|found| findings.push(found.finding.clone()));
        compared.findings.into_iter().for_each(|detail| findings.push(Finding::new(Part::Ledger, detail)));
        let tail = tail.unwrap_or_else(|| TailLog::behind(size, recorded.clone()));
        let mut receipts = sealed.receipts;
        receipts.append(tail.receipts);
        let mut findings = Listed(findings);
        tail.findings.into_iter().for_each(|finding| findings.0.push(finding));
        let unreadable = [compared.unreadable, tail.unreadable].concat();
        let damaged = [compared.damaged, tail.damaged].concat();
        findings.name(&unreadable, "they cannot be found");
        findings.name(&damaged, "they are not the events that were acknowledged");
        for fall in receipts.falls() {
            let (received_at, after) = (fall.received_at, fall.after);
            let detail = format!("it was received at {received_at}, and one before it at {after}");
            findings.0.push(Finding::new(Part::Events, detail).about(fall.span()));
        }
        findings.add_duplicates(&duplicates);
        let root = compared.range.zip(tail.leaves).map(|(range, leaves)| root_with(range, &leaves));
        let size = tail.end.max(size);
        let Classes { intact, damaged, unreadable } = Classes::of(size, damaged, unreadable);
        LogVerification { tenant_id, size, root, intact, damaged, unreadable, findings: findings.0 }
    }

    /// The report about events of a tenant that the ledger does not know.
    pub(super) fn unknown(self) -> LogVerification {
        let size = self.sealed.events;
        let last = size.saturating_sub(1);
        let mut findings = self.sealed.findings;
        findings.push(Finding::new(Part::Control, "segments hold its events, but the ledger has no such tenant"));
        let all = vec![SequenceSpan { first: 0, last }];
        let Classes { intact, damaged, unreadable } = Classes::of(size, all, Vec::new());
        LogVerification { tenant_id: self.tenant_id, size, root: None, intact, damaged, unreadable, findings }
    }
}

struct Listed(Findings);

impl Listed {
    /// Adds a finding for each range that no finding covers yet.
    fn name(&mut self, spans: &[SequenceSpan], what: &str) {
        for span in spans {
            let mut about = self.0.listed.iter().filter_map(|finding| finding.sequences);
            if !about.any(|known| known.first <= span.last && span.first <= known.last) {
                self.0.push(Finding::new(Part::Events, what).about(*span));
            }
        }
    }

    fn add_duplicates(&mut self, duplicates: &[DuplicateId]) {
        for DuplicateId { duplicate, .. } in duplicates {
            let [first, last] = [duplicate.first, duplicate.second];
            let (first, last) = (first.min(last), first.max(last));
            let detail = format!("the events {first} and {last} have the same id");
            self.0.push(Finding::new(Part::Events, detail).about(SequenceSpan { first: last, last }));
        }
    }
}
