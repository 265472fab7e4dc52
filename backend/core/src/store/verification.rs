//! Verification of stored data, and its report: one format for the command line, a file and the API.

use crate::{
    id::TenantId,
    merkle::Hash,
    query::QueryBudget,
    store::{BoxFuture, QueryError, SequenceSpan},
};

/// The maximum number of findings of a log, of findings that belong to no log, and of ranges of each kind in a report.
const LISTED_MAX: usize = 1_000;

/// The result of verifying stored data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Each log that was read, by tenant.
    pub logs: Vec<LogVerification>,
    /// Problems that belong to no tenant: files, the ledger, control data, indexes.
    pub findings: Findings,
}

/// The result of verifying one tenant's log. Each of its events is intact, damaged or unreadable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerification {
    /// The tenant of the log.
    pub tenant_id: TenantId,
    /// The number of acknowledged events, as far as it can be determined.
    pub size: u64,
    /// The root that was recomputed from the stored events. `None` where one of them could not be read.
    pub root: Option<Hash>,
    /// Events that were read and that nothing contradicts. Events that share a block of 256 leaves with an unreadable
    /// one are proved by the checksums of their bytes alone.
    pub intact: Sequences,
    /// Events that were read and differ from those that were acknowledged.
    pub damaged: Sequences,
    /// Acknowledged events that could not be read.
    pub unreadable: Sequences,
    /// The problems of the log.
    pub findings: Findings,
}

/// Some sequences of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequences {
    /// The number of sequences.
    pub count: u64,
    /// The ranges of the sequences in order, neighbours joined. At most 1,000 are listed.
    pub ranges: Vec<SequenceSpan>,
    /// The number of further ranges.
    pub ranges_omitted: u64,
}

/// Problems, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// At most 1,000 of them.
    pub listed: Vec<Finding>,
    /// The number of further problems.
    pub omitted: u64,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The part of the stored data it concerns.
    pub part: Part,
    /// The events it concerns, if it concerns some events of a log.
    pub sequences: Option<SequenceSpan>,
    /// The file it was found in, if any.
    pub file: Option<String>,
    /// The position in the file, in bytes, if known.
    pub offset: Option<u64>,
    /// The problem, for an operator.
    pub detail: String,
}

/// The part of the stored data that a finding concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Events, in data files or not there yet.
    Events,
    /// An index file. No event is lost with it, and it can be rebuilt.
    Index,
    /// The records of order, trees and files.
    Ledger,
    /// Tenants, API keys, saved searches and exports.
    Control,
    /// Another file, such as one that is missing, is damaged or does not belong to the store.
    File,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::Events, Self::Index, Self::Ledger, Self::Control, Self::File];

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Index => "index",
            Self::Ledger => "ledger",
            Self::Control => "control",
            Self::File => "file",
        }
    }
}

impl Verification {
    /// Whether every stored byte is as it was acknowledged.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty() && self.logs.iter().all(LogVerification::is_intact)
    }

    /// Every listed finding, those of logs first.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.logs.iter().flat_map(|log| &log.findings.listed).chain(&self.findings.listed)
    }
}

impl LogVerification {
    /// The report of a log without problems.
    #[must_use]
    pub fn whole(tenant_id: TenantId, size: u64, root: Hash) -> Self {
        Self {
            tenant_id,
            size,
            root: Some(root),
            intact: Sequences::below(size),
            damaged: Sequences::default(),
            unreadable: Sequences::default(),
            findings: Findings::default(),
        }
    }

    /// Whether every event is present as it was acknowledged, and nothing else is wrong with the log.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty() && self.damaged.count == 0 && self.unreadable.count == 0
    }
}

impl Sequences {
    /// All sequences below a size.
    #[must_use]
    pub fn below(size: u64) -> Self {
        let all = size.checked_sub(1).map(|last| SequenceSpan { first: 0, last });
        Self { count: size, ranges: all.into_iter().collect(), ranges_omitted: 0 }
    }

    /// Adds a range. It must lie after those that were added before; one that continues the last one is joined to it.
    pub fn push(&mut self, range: SequenceSpan) {
        self.count += range.last.saturating_sub(range.first) + 1;
        if self.ranges_omitted == 0
            && let Some(last) = self.ranges.last_mut()
            && last.last.checked_add(1) == Some(range.first)
        {
            last.last = range.last;
        } else if self.ranges.len() < LISTED_MAX {
            self.ranges.push(range);
        } else {
            self.ranges_omitted += 1;
        }
    }
}

impl Findings {
    /// Adds a finding. Beyond a thousand they are only counted.
    pub fn push(&mut self, finding: Finding) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(finding);
        } else {
            self.omitted += 1;
        }
    }

    /// Whether there are no findings.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl Finding {
    /// A problem without a position.
    #[must_use]
    pub fn new(part: Part, detail: impl Into<String>) -> Self {
        Self { part, sequences: None, file: None, offset: None, detail: detail.into() }
    }

    /// The same, about these events.
    #[must_use]
    pub fn about(self, sequences: SequenceSpan) -> Self {
        Self { sequences: Some(sequences), ..self }
    }

    /// The same, in a file.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    /// The same, at this offset.
    #[must_use]
    pub fn at(self, offset: Option<u64>) -> Self {
        Self { offset, ..self }
    }
}

/// Verifies stored data.
pub trait Verify: Send + Sync + 'static {
    /// Reads back the log of one tenant, or everything that is stored, recomputes leaves and roots and compares them
    /// with what was acknowledged. Damage is a finding, never an error, and does not stop the rest from being read. An
    /// unknown tenant has no log. Of one tenant only its log is reported.
    ///
    /// # Errors
    /// [`QueryError`] where it did not complete; never `Corrupted`.
    fn verify(&self, tenant: Option<TenantId>, budget: QueryBudget) -> BoxFuture<'_, Result<Verification, QueryError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: u64, last: u64) -> SequenceSpan {
        SequenceSpan { first, last }
    }

    #[test]
    fn neighbouring_ranges_are_one_and_too_many_are_only_counted() {
        let mut sequences = Sequences::default();
        sequences.push(span(0, 3));
        sequences.push(span(4, 4));
        sequences.push(span(6, 7));
        assert_eq!((sequences.count, sequences.ranges.as_slice()), (7, &[span(0, 4), span(6, 7)][..]));
        for index in 0..2_000 {
            sequences.push(span(10 + 2 * index, 10 + 2 * index));
        }
        assert_eq!((sequences.count, sequences.ranges.len(), sequences.ranges_omitted), (2_007, 1_000, 1_002));
        assert_eq!(Sequences::below(0), Sequences::default());
    }

    #[test]
    fn findings_are_bounded() {
        let mut findings = Findings::default();
        assert!(findings.is_empty());
        (0..1_500).for_each(|index| findings.push(Finding::new(Part::Events, index.to_string())));
        assert_eq!((findings.listed.len(), findings.omitted, findings.is_empty()), (1_000, 500, false));
    }
}
