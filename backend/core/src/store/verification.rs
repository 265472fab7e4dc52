//! Verification of stored data, and its report: one format for the command line, a file and the API.

use crate::{
    id::TenantId,
    leaf::Hash,
    store::{BoxFuture, QueryBudget, QueryError, SequenceSpan},
};

/// A report lists so many findings of a log, so many of what belongs to no log, and so many ranges of each kind.
const LISTED_MAX: usize = 1_000;

/// What reading stored data back found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Each log that was read, by tenant.
    pub logs: Vec<LogVerification>,
    /// What is wrong with what belongs to no tenant: files, the ledger, control data, indexes.
    pub findings: Findings,
}

/// What reading one tenant's log back found. Each of its events is intact, damaged or unreadable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerification {
    /// Whose log it is.
    pub tenant_id: TenantId,
    /// How many events were acknowledged, as far as can be told.
    pub size: u64,
    /// The root that was recomputed from the stored events. `None` where one of them could not be read.
    pub root: Option<Hash>,
    /// Events that were read and that nothing contradicts. Events that share a block of 256 leaves with one that cannot
    /// be read are proved by the checksums of their bytes alone.
    pub intact: Sequences,
    /// Events that were read and are not those that were acknowledged.
    pub damaged: Sequences,
    /// Acknowledged events that could not be read.
    pub unreadable: Sequences,
    /// What is wrong with it.
    pub findings: Findings,
}

/// Some sequences of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequences {
    /// How many.
    pub count: u64,
    /// Where they are: ranges in order, neighbours joined. At most 1,000 are listed.
    pub ranges: Vec<SequenceSpan>,
    /// How many ranges more there are.
    pub ranges_omitted: u64,
}

/// Things that are wrong, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// At most 1,000 of them.
    pub listed: Vec<Finding>,
    /// How many more there are.
    pub omitted: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it concerns.
    pub part: Part,
    /// The events it concerns, where it concerns some of a log.
    pub sequences: Option<SequenceSpan>,
    /// The file it was found in, where there is one.
    pub file: Option<String>,
    /// Where in the file, in bytes, where that is known.
    pub offset: Option<u64>,
    /// What is wrong, for an operator.
    pub detail: String,
}

/// What of the stored data a finding concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Events: in data files, or not sealed yet.
    Events,
    /// An index file. No event is lost with it, and it can be rebuilt.
    Index,
    /// What is known of order, trees and files.
    Ledger,
    /// Tenants, API keys, saved searches and exports.
    Control,
    /// A file that is missing, or that belongs to something else.
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
    /// The report of a log of which nothing is wrong.
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

    /// Whether every event is there as it was acknowledged, and nothing else is wrong with the log.
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

    /// Adds a range. It must lie behind those that were added before; one that continues the last one is joined to it.
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
    /// Adds one. Beyond a thousand they are only counted.
    pub fn push(&mut self, finding: Finding) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(finding);
        } else {
            self.omitted += 1;
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl Finding {
    /// Something that is wrong, without a place.
    #[must_use]
    pub fn new(part: Part, detail: impl Into<String>) -> Self {
        Self { part, sequences: None, file: None, offset: None, detail: detail.into() }
    }

    /// The same, about some events.
    #[must_use]
    pub fn about(self, sequences: SequenceSpan) -> Self {
        Self { sequences: Some(sequences), ..self }
    }

    /// The same, in a file.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    /// The same, at some offset.
    #[must_use]
    pub fn at(self, offset: Option<u64>) -> Self {
        Self { offset, ..self }
    }
}

/// Verifies stored data.
pub trait Verify: Send + Sync + 'static {
    /// Reads the log of one tenant, or everything that is stored, back; recomputes leaves and roots and compares them
    /// with what was acknowledged. Damage is a finding, never an error, and keeps nothing else from being read. An unknown
    /// tenant has no log. Of one tenant only its log is reported.
    ///
    /// # Errors
    /// [`QueryError`] where it was not finished; never `Corrupted`.
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
