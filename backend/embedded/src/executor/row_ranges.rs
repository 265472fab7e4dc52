//! Sets of rows as sorted ranges that neither overlap nor touch an empty one.

use crate::segment::RowRange;

/// The set of these rows, which come sorted.
pub(super) fn of_rows(rows: impl IntoIterator<Item = u32>) -> Vec<RowRange> {
    union_sorted(rows.into_iter().map(|row| row..row.saturating_add(1)))
}

/// The rows in at least one of the two sets.
pub(super) fn union(left: &[RowRange], right: &[RowRange]) -> Vec<RowRange> {
    let mut all: Vec<RowRange> = left.iter().chain(right).cloned().collect();
    all.sort_unstable_by_key(|range| range.start);
    union_sorted(all)
}

fn union_sorted(ranges: impl IntoIterator<Item = RowRange>) -> Vec<RowRange> {
    let mut joined: Vec<RowRange> = Vec::new();
    for range in ranges.into_iter().filter(|range| !range.is_empty()) {
        match joined.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}

/// The rows in both sets.
pub(super) fn intersection(left: &[RowRange], right: &[RowRange]) -> Vec<RowRange> {
    let (mut left_at, mut right_at) = (0, 0);
    let mut common = Vec::new();
    while let (Some(one), Some(other)) = (left.get(left_at), right.get(right_at)) {
        let both = one.start.max(other.start)..one.end.min(other.end);
        if !both.is_empty() {
            common.push(both);
        }
        if one.end < other.end {
            left_at += 1;
        } else {
            right_at += 1;
        }
    }
    common
}

/// How many rows there are.
pub(super) fn len(ranges: &[RowRange]) -> u64 {
    ranges.iter().map(|range| u64::from(range.end - range.start)).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn rows(ranges: &[RowRange]) -> BTreeSet<u32> {
        ranges.iter().cloned().flatten().collect()
    }

    proptest! {
        #[test]
        fn they_are_sets(left in prop::collection::btree_set(0_u32..60, 0..40), right in prop::collection::btree_set(0_u32..60, 0..40)) {
            let (one, other) = (of_rows(left.iter().copied()), of_rows(right.iter().copied()));
            prop_assert_eq!(&rows(&one), &left);
            prop_assert_eq!(len(&one), left.len() as u64);
            let both = intersection(&one, &other);
            prop_assert_eq!(rows(&both), &left & &right);
            let either = union(&one, &other);
            prop_assert_eq!(rows(&either), &left | &right);
            for set in [both, either] {
                prop_assert!(set.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(set.iter().all(|range| !range.is_empty()));
            }
        }
    }
}
