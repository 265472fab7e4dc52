//! Cached results: a partial one for each segment, and the sum of all of them.

use std::sync::Arc;

use auditlog_core::query::{Aggregation, Filter};
use sha2::{Digest, Sha256};

use super::partial::Partial;
use crate::{cache::AnswerKey, executor::SegmentRows, segment::Segment};

/// The cached results of all rows of a tenant in one segment under one filter.
pub(super) struct Kept<'a> {
    segment: &'a Segment,
    /// Identifies the rows and the filter.
    scope: Sha256,
}

impl<'a> Kept<'a> {
    /// `None` where some of the rows are not visible: such a result would not be requested again.
    pub(super) fn of(part: SegmentRows<'a>, filter: &Filter, head: u64) -> Option<Self> {
        let is_whole = part.rows_below(head).len() == part.range.rows as usize;
        is_whole.then(|| {
            let mut scope = Sha256::new_with_prefix(b"segment");
            name(part, filter, &mut scope);
            Self { segment: part.segment, scope }
        })
    }

    pub(super) fn known(&self, asked: &Aggregation) -> Option<Arc<Partial>> {
        self.segment.kept_answer(&key(&self.scope, asked))
    }

    pub(super) fn keep(&self, asked: &Aggregation, partial: &Arc<Partial>) {
        self.segment.keep_answer(key(&self.scope, asked), Arc::clone(partial), partial.bytes());
    }
}

/// The cached results of all rows of a tenant in several segments, where all of them are visible.
pub(super) struct WholeParts<'a>(Kept<'a>);

impl<'a> WholeParts<'a> {
    pub(super) fn of(parts: &[(SegmentRows<'a>, Filter)], head: u64) -> Option<Self> {
        let is_whole = |part: &SegmentRows<'_>| part.rows_below(head).len() == part.range.rows as usize;
        let segment = parts.first().filter(|_| parts.iter().all(|(part, _)| is_whole(part)))?.0.segment;
        let mut scope = Sha256::new_with_prefix(b"segments");
        for (part, filter) in parts {
            name(*part, filter, &mut scope);
        }
        Some(Self(Kept { segment, scope }))
    }

    pub(super) fn known(&self, asked: &Aggregation) -> Option<Arc<Partial>> {
        self.0.known(asked)
    }

    pub(super) fn keep(&self, asked: &Aggregation, partial: &Arc<Partial>) {
        self.0.keep(asked, partial);
    }
}

/// Identifies the tenant's rows of a segment, and a filter. Each part has a fixed length.
fn name(part: SegmentRows<'_>, filter: &Filter, into: &mut Sha256) {
    into.update(part.segment.cache_name().to_le_bytes());
    into.update(part.range.row_start.to_le_bytes());
    into.update(filter.fingerprint());
}

/// The cache key of an aggregation over the events of a scope.
pub(super) fn key(scope: &Sha256, asked: &Aggregation) -> AnswerKey {
    AnswerKey(scope.clone().chain_update(asked.fingerprint()).finalize().into())
}
