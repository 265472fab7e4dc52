//! Owns the counters of what happened since a store was opened.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use auditlog_core::{
    event::violation::code,
    store::{EventOutcome, ReceiptStatus},
};

use crate::segment::SegmentMeta;

/// The events that a commit has accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intake {
    pub events: u64,
    /// The size of their canonical texts.
    pub bytes: u64,
}

/// Counts since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) commit_nanos: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) event_bytes: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) seals: AtomicU64,
    pub(crate) sealed_bytes: AtomicU64,
    pub(crate) compactions: AtomicU64,
    pub(crate) compacted_bytes: AtomicU64,
    pub(crate) reindexed_bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn count_commit(&self, took: Duration, intake: Intake) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.events.fetch_add(intake.events, Ordering::Relaxed);
        self.event_bytes.fetch_add(intake.bytes, Ordering::Relaxed);
    }

    pub(crate) fn count_outcomes(&self, outcomes: &[EventOutcome]) {
        let (mut duplicates, mut conflicts) = (0, 0);
        for outcome in outcomes {
            match outcome {
                Ok(receipt) => duplicates += u64::from(receipt.status == ReceiptStatus::Duplicate),
                Err(violations) => {
                    conflicts +=
                        u64::from(violations.iter().any(|violation| violation.code == code::EVENT_ID_CONFLICT));
                }
            }
        }
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
        self.conflicts.fetch_add(conflicts, Ordering::Relaxed);
    }

    pub(crate) fn count_seal<'a>(&self, segments: impl IntoIterator<Item = &'a SegmentMeta>) {
        self.seals.fetch_add(1, Ordering::Relaxed);
        let bytes = segments.into_iter().map(SegmentMeta::file_bytes).sum();
        self.sealed_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn count_compaction(&self, output: &SegmentMeta) {
        self.compactions.fetch_add(1, Ordering::Relaxed);
        self.compacted_bytes.fetch_add(output.file_bytes(), Ordering::Relaxed);
    }

    /// The data file of a segment with a new index is the old one.
    pub(crate) fn count_reindexing(&self, output: &SegmentMeta) {
        self.reindexed_bytes.fetch_add(output.index.bytes, Ordering::Relaxed);
    }
}
