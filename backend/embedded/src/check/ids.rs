//! Owns the passes over the ids of everything that is checked, repeated until all duplicates are known.

use std::sync::Arc;

use auditlog_core::{id::TenantId, store::QueryError};

use crate::{
    cache::Cache,
    check::duplicates::{Duplicate, IdFilter, passes},
    segment::{SegmentFiles, SegmentMeta},
};

/// The maximum number of listed duplicates of all logs together.
const DUPLICATES_MAX: usize = 10_000;

/// The ids of all events that are checked.
pub(super) struct Ids<'a> {
    pub(super) segments: &'a [SegmentMeta],
    pub(super) open: &'a dyn Fn(&SegmentMeta, &Arc<Cache>) -> SegmentFiles,
    pub(super) cache: &'a Arc<Cache>,
    /// The ids of each tenant's unsealed events.
    pub(super) tails: Vec<TailIds>,
    /// The tenant whose log is checked; `None` checks all.
    pub(super) wanted: Option<&'a TenantId>,
}

/// The ids of a tenant's unsealed events, with their sequences.
pub(super) struct TailIds {
    pub(super) tenant_id: TenantId,
    pub(super) ids: Vec<([u8; 16], u64)>,
}

/// An id that occurs twice in a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DuplicateId {
    pub(super) tenant_id: TenantId,
    pub(super) duplicate: Duplicate,
}

impl Ids<'_> {
    /// The number of ids in segments and tails.
    pub(super) fn count(segments: &[SegmentMeta], unsealed: u64) -> u64 {
        segments.iter().map(|meta| u64::from(meta.rows)).sum::<u64>() + unsealed
    }

    /// The duplicate ids. `first` already contains the ids of all segments.
    ///
    /// # Errors
    /// The error with which `check_continues`, which is called before each segment, ends the check.
    pub(super) fn duplicates(
        &self,
        mut first: IdFilter,
        check_continues: &mut dyn FnMut() -> Result<(), QueryError>,
    ) -> Result<Vec<DuplicateId>, QueryError> {
        let count = Self::count(self.segments, self.tails.iter().map(|tail| tail.ids.len() as u64).sum());
        for TailIds { tenant_id, ids } in &self.tails {
            for (id, _) in ids {
                first.add(tenant_id.as_str(), *id);
            }
        }
        let mut found = Vec::new();
        let mut filter = Some(first);
        for pass in 0..passes(count) {
            let filter = if let Some(first) = filter.take() {
                first
            } else {
                let mut filter = IdFilter::new(count, pass);
                self.for_each(check_continues, &mut |tenant_id, id, _| filter.add(tenant_id, id))?;
                filter
            };
            let Some(mut candidates) = filter.candidates() else { continue };
            self.for_each(check_continues, &mut |tenant_id, id, sequence| {
                let Some(duplicate) = candidates.look(tenant_id, id, sequence) else { return };
                if let Some(tenant_id) = TenantId::parse(tenant_id).filter(|_| found.len() < DUPLICATES_MAX) {
                    found.push(DuplicateId { tenant_id, duplicate });
                }
            })?;
        }
        Ok(found)
    }

    fn for_each(
        &self,
        check_continues: &mut dyn FnMut() -> Result<(), QueryError>,
        visit: &mut dyn FnMut(&str, [u8; 16], u64),
    ) -> Result<(), QueryError> {
        for meta in self.segments {
            check_continues()?;
            let wanted = self.wanted.map(TenantId::as_str);
            let files = (self.open)(meta, self.cache);
            files.for_each_id(&mut |tenant_id, id, sequence| {
                if wanted.is_none_or(|wanted| wanted == tenant_id) {
                    visit(tenant_id, id, sequence);
                }
            });
        }
        for TailIds { tenant_id, ids } in &self.tails {
            for (id, sequence) in ids {
                visit(tenant_id.as_str(), *id, *sequence);
            }
        }
        Ok(())
    }
}
