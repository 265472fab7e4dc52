//! Owns the choice of the segments to join next.

use std::collections::{BTreeMap, BTreeSet};

use auditlog_core::id::TenantId;

use crate::segment::{SegmentId, SegmentMeta};

/// Segments whose numbers of rows differ by less than this factor belong to one size class.
const SIZE_FACTOR: u32 = 8;

/// When joining is worth its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eagerness {
    /// For the current day: when there are enough segments of one size class, so that each event is rewritten seldom.
    /// For earlier days: always, because nothing is added to them.
    WhenDue {
        /// The current UTC day.
        today: i64,
        /// The minimum number of segments of one size class.
        inputs_min: usize,
    },
    /// As soon as there are two.
    Always,
}

/// The limits on the size of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// A segment with one tenant and at least this many rows is not joined with other tenants' segments.
    pub own_rows_min: u64,
    /// The maximum number of rows of a segment.
    pub rows_max: u64,
}

/// The segments to be joined next, at least two. `None` where nothing is due.
pub(super) fn next_group(segments: &[&SegmentMeta], eagerness: Eagerness, sizes: Sizes) -> Option<Vec<SegmentId>> {
    next_of_one_class(segments, eagerness, sizes).or_else(|| next_across_classes(segments, eagerness, sizes))
}

fn next_of_one_class(segments: &[&SegmentMeta], eagerness: Eagerness, sizes: Sizes) -> Option<Vec<SegmentId>> {
    let mut classes: BTreeMap<Class<'_>, Vec<&SegmentMeta>> = BTreeMap::new();
    for meta in segments {
        classes.entry(Class::of(meta, eagerness, sizes.own_rows_min)).or_default().push(meta);
    }
    classes.into_iter().find_map(|(class, members)| {
        let all = |_: &SegmentMeta| true;
        let groups = members.iter().rev().map(|seed| Group::around(seed, &members, sizes.rows_max, &all));
        largest(groups).filter(|group| group.len() >= eagerness.inputs_min(class.day))
    })
}

/// Where a tenant has a segment of its own now and then, the shared segments are not neighbours of each other and would
/// never be joined: they are joined here, together with those between them. The same applies to segments of different
/// sizes. A tenant that shares no segment keeps its own.
fn next_across_classes(segments: &[&SegmentMeta], eagerness: Eagerness, sizes: Sizes) -> Option<Vec<SegmentId>> {
    let size_of = |meta: &SegmentMeta| eagerness.size_of(meta);
    let is_shared = |meta: &SegmentMeta| owner(meta, sizes.own_rows_min).is_none();
    let kinds: BTreeSet<(i64, u32)> = segments.iter().map(|meta| (meta.day, size_of(meta))).collect();
    kinds.into_iter().find_map(|(day, size)| {
        let members: Vec<&SegmentMeta> =
            segments.iter().filter(|meta| meta.day == day && size_of(meta) <= size).copied().collect();
        let seeds = members.iter().rev().filter(|meta| is_shared(meta) && size_of(meta) == size);
        let groups = seeds.map(|seed| {
            let mut group = Group::around(seed, &members, sizes.rows_max, &is_shared);
            // Smaller ones are included. A number of this size class that is too small to be due is not rewritten for
            // them.
            let of_size = group.metas.iter().filter(|meta| size_of(meta) == size).count();
            let shared = group.metas.iter().filter(|meta| is_shared(meta)).count();
            if of_size < eagerness.inputs_min(day) || shared < 2 {
                group.metas.clear();
            }
            group
        });
        largest(groups)
    })
}

impl Eagerness {
    /// The minimum number of segments of a day for which joining is worth its cost.
    fn inputs_min(self, day: i64) -> usize {
        match self {
            Self::WhenDue { today, inputs_min } if day >= today => inputs_min.max(2),
            _ => 2,
        }
    }

    /// The order of magnitude of a segment's rows, where that matters.
    fn size_of(self, meta: &SegmentMeta) -> u32 {
        match self {
            Self::WhenDue { today, .. } if meta.day >= today => meta.rows.max(1).ilog(SIZE_FACTOR),
            _ => 0,
        }
    }
}

/// The tenant that the segment belongs to alone, if there is one.
fn owner(meta: &SegmentMeta, own_rows_min: u64) -> Option<&TenantId> {
    match meta.tenants.as_slice() {
        [only] if u64::from(meta.rows) >= own_rows_min => Some(&only.tenant_id),
        _ => None,
    }
}

/// Segments of one class are joined first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class<'a> {
    day: i64,
    /// The tenant that the segment belongs to alone: such segments stay separate.
    owner: Option<&'a TenantId>,
    size: u32,
}

impl<'a> Class<'a> {
    fn of(meta: &'a SegmentMeta, eagerness: Eagerness, own_rows_min: u64) -> Self {
        Self { day: meta.day, owner: owner(meta, own_rows_min), size: eagerness.size_of(meta) }
    }
}

/// The group with the most segments, if it has at least two.
fn largest<'a>(groups: impl Iterator<Item = Group<'a>>) -> Option<Vec<SegmentId>> {
    // Of groups of equal length the last is taken, so the groups come from the newest to the oldest.
    let largest = groups.max_by_key(|group| group.metas.len()).filter(|group| group.metas.len() >= 2)?;
    Some(largest.metas.iter().map(|meta| meta.id).collect())
}

/// Segments whose rows together leave no gap in any tenant's sequences.
struct Group<'a> {
    metas: Vec<&'a SegmentMeta>,
    rows: u64,
    /// The first sequence of each tenant, and the one after its last.
    spans: BTreeMap<&'a TenantId, (u64, u64)>,
}

impl<'a> Group<'a> {
    /// Collects neighbours around a segment: the wanted ones, and of others those that continue the group.
    fn around(
        seed: &'a SegmentMeta,
        members: &[&'a SegmentMeta],
        rows_max: u64,
        is_wanted: &dyn Fn(&SegmentMeta) -> bool,
    ) -> Self {
        let mut group = Self { metas: Vec::new(), rows: 0, spans: BTreeMap::new() };
        group.add(seed);
        // A segment that does not fit yet may fit once its neighbour is in.
        while let Some(next) =
            members.iter().find(|meta| group.takes(meta, rows_max) && (is_wanted(meta) || group.has_tenant_of(meta)))
        {
            group.add(next);
        }
        group
    }

    fn has_tenant_of(&self, meta: &SegmentMeta) -> bool {
        meta.tenants.iter().any(|range| self.spans.contains_key(&range.tenant_id))
    }

    fn takes(&self, meta: &SegmentMeta, rows_max: u64) -> bool {
        self.metas.iter().all(|known| known.id != meta.id)
            && self.rows + u64::from(meta.rows) <= rows_max
            && meta.tenants.iter().all(|range| {
                let end = range.first_sequence + u64::from(range.rows);
                let span = self.spans.get(&range.tenant_id);
                span.is_none_or(|(first, last)| *last == range.first_sequence || end == *first)
            })
    }

    fn add(&mut self, meta: &'a SegmentMeta) {
        self.metas.push(meta);
        self.rows += u64::from(meta.rows);
        for range in &meta.tenants {
            let end = range.first_sequence + u64::from(range.rows);
            let span = self.spans.entry(&range.tenant_id).or_insert((range.first_sequence, end));
            *span = (span.0.min(range.first_sequence), span.1.max(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::timestamp::Timestamp;

    use super::*;
    use crate::{cache::FileMeta, segment::TenantRange};

    const SIZES: Sizes = Sizes { own_rows_min: 700, rows_max: 1_000 };
    const DUE: Eagerness = Eagerness::WhenDue { today: 7, inputs_min: 3 };

    /// A segment of some day with, for each tenant, the first sequence and the rows.
    fn segment(id: u64, day: i64, tenants: &[(&str, u64, u32)]) -> SegmentMeta {
        let mut row_start = 0;
        let range = |(tenant, first_sequence, rows): &(&str, u64, u32)| {
            let tenant_id = TenantId::parse(tenant).unwrap();
            let (occurred_at_min, occurred_at_max) = (Timestamp::EPOCH, Timestamp::EPOCH);
            let range = TenantRange {
                tenant_id,
                row_start,
                rows: *rows,
                first_sequence: *first_sequence,
                occurred_at_min,
                occurred_at_max,
            };
            row_start += rows;
            range
        };
        let tenants: Vec<_> = tenants.iter().map(range).collect();
        let file = FileMeta { bytes: 1, checksums: vec![0] };
        SegmentMeta { id: SegmentId(id), day, rows: row_start, data: file.clone(), index: file, tenants, hours: vec![] }
    }

    fn group(segments: &[SegmentMeta], eagerness: Eagerness) -> Option<Vec<u64>> {
        let group = next_group(&segments.iter().collect::<Vec<_>>(), eagerness, SIZES)?;
        let mut ids: Vec<_> = group.into_iter().map(|id| id.0).collect();
        ids.sort_unstable();
        Some(ids)
    }

    #[test]
    fn today_waits_until_enough_of_one_size_have_come_together() {
        let mut segments = vec![segment(1, 7, &[("a", 0, 10)]), segment(2, 7, &[("a", 10, 11)])];
        assert_eq!(group(&segments, DUE), None);
        assert_eq!(group(&segments, Eagerness::Always), Some(vec![1, 2]));
        segments.push(segment(3, 7, &[("a", 21, 600)]));
        assert_eq!(group(&segments, DUE), None, "the third is of another size");
        segments.push(segment(4, 7, &[("a", 621, 12)]));
        assert_eq!(group(&segments, DUE), None, "the fourth is no neighbour of the small ones");
    }

    #[test]
    fn a_day_that_is_over_is_joined_as_far_as_the_limit_allows() {
        let segments = [
            segment(1, 6, &[("a", 0, 400), ("b", 0, 10)]),
            segment(2, 6, &[("a", 400, 400), ("b", 10, 10)]),
            segment(3, 6, &[("a", 800, 400), ("b", 20, 10)]),
        ];
        assert_eq!(group(&segments, DUE), Some(vec![1, 2]));
    }

    #[test]
    fn days_and_tenants_with_segments_of_their_own_are_never_mixed() {
        let segments = [
            segment(1, 5, &[("a", 0, 10)]),
            segment(2, 6, &[("a", 10, 10)]),
            segment(3, 7, &[("b", 0, 700)]),
            segment(4, 7, &[("b", 700, 10), ("c", 0, 10)]),
        ];
        assert_eq!(group(&segments, Eagerness::Always), None);
    }

    /// A tenant whose seals are about as large as the limit for a segment of its own has one now and then.
    #[test]
    fn segments_between_shared_ones_are_joined_with_them() {
        let eagerness = Eagerness::WhenDue { today: 7, inputs_min: 4 };
        let sizes = Sizes { own_rows_min: 90, rows_max: 2_000 };
        let next = |between: SegmentMeta, a_goes_on_at: u64| {
            let segments = [
                segment(1, 7, &[("a", 0, 60), ("b", 0, 10)]),
                segment(2, 7, &[("a", 60, 70), ("b", 10, 10)]),
                between,
                segment(4, 7, &[("b", 20, 70)]),
                segment(5, 7, &[("a", a_goes_on_at, 70), ("b", 90, 10)]),
            ];
            let group = next_group(&segments.iter().collect::<Vec<_>>(), eagerness, sizes)?;
            Some(group.into_iter().map(|id| id.0).collect::<BTreeSet<_>>())
        };
        let all = Some((1..=5).collect());
        assert_eq!(next(segment(3, 7, &[("a", 130, 90)]), 220), all, "a segment of its own");
        assert_eq!(next(segment(3, 7, &[("a", 130, 5)]), 135), all, "a small one");
        assert_eq!(next(segment(3, 7, &[("a", 130, 900)]), 1_030), None, "one much larger, which waits for its like");
        let shared = Some([1, 2, 4, 5].into());
        assert_eq!(next(segment(3, 7, &[("c", 0, 90)]), 130), shared, "one of a tenant that shares nothing");
        assert_eq!(next(segment(3, 6, &[("a", 130, 90)]), 220), None, "one of another day");
    }

    #[test]
    fn a_gap_in_any_tenants_sequences_keeps_segments_apart() {
        let first = segment(1, 6, &[("a", 0, 10), ("b", 0, 10)]);
        let gap = segment(2, 6, &[("a", 10, 10), ("b", 20, 10)]);
        assert_eq!(group(&[first.clone(), gap.clone()], Eagerness::Always), None);
        let between = segment(3, 6, &[("b", 10, 10), ("c", 0, 1)]);
        assert_eq!(group(&[first, gap, between], Eagerness::Always), Some(vec![1, 2, 3]));
    }
}
