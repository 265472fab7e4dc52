//! Sets of rows as sorted ranges that neither overlap nor touch. No range is empty.

use crate::segment::{PAGE_ROWS, ROW_GROUP_ROWS, RowRange};

/// The set of these sorted rows.
pub(super) fn of_rows(rows: impl IntoIterator<Item = u32>) -> Vec<RowRange> {
    union_sorted(rows.into_iter().map(|row| row..row.saturating_add(1)))
}

/// Those rows of sorted ranges for which `holding`, with one entry for each row, is true.
pub(super) fn holding(rows: &[RowRange], mut holding: &[bool]) -> Vec<RowRange> {
    let mut found: Vec<RowRange> = Vec::new();
    for range in rows {
        let here;
        (here, holding) = holding.split_at(range.len().min(holding.len()));
        // Mostly few rows in a long range match, or nearly all.
        for (holds, run) in here.chunk_by(|one, next| one == next).scan(range.start, |start, run| {
            let rows = *start..*start + u32::try_from(run.len()).unwrap_or(u32::MAX);
            *start = rows.end;
            Some((run[0], rows))
        }) {
            match found.last_mut().filter(|last| last.end == run.start) {
                _ if !holds => {}
                Some(last) => last.end = run.end,
                None => found.push(run),
            }
        }
    }
    found
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

/// Splits the set into pieces of at most this many pages, in which no range is longer than a row group. The actual row
/// groups may be larger or smaller; that only affects the time.
pub(super) fn pieces(ranges: &[RowRange], pages_max: u32) -> Vec<Vec<RowRange>> {
    let mut pieces: Vec<Vec<RowRange>> = Vec::new();
    // The number of pages of the last piece, and the first page after it.
    let (mut pages, mut behind) = (pages_max, 0);
    for range in ranges.iter().flat_map(cut_by_group) {
        let end = range.end.div_ceil(PAGE_ROWS);
        let more = end - behind.max(range.start / PAGE_ROWS).min(end);
        behind = end;
        if let Some(piece) = pieces.last_mut().filter(|_| pages + more <= pages_max) {
            piece.push(range);
        } else {
            pieces.push(vec![range]);
            pages = 0;
        }
        pages += more;
    }
    pieces
}

fn cut_by_group(range: &RowRange) -> impl Iterator<Item = RowRange> + use<> {
    let range = range.clone();
    let groups = range.start / ROW_GROUP_ROWS..range.end.div_ceil(ROW_GROUP_ROWS);
    groups.map(move |group| {
        let start = group * ROW_GROUP_ROWS;
        range.start.max(start)..range.end.min(start + ROW_GROUP_ROWS)
    })
}

/// The number of rows.
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
            let cut = pieces(&either, 3);
            prop_assert_eq!(cut.concat(), either.clone());
            for set in [both, either] {
                prop_assert!(set.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(set.iter().all(|range| !range.is_empty()));
            }
        }
    }

    proptest! {
        #[test]
        fn those_that_hold_are_left(all in prop::collection::btree_map(0_u32..60, any::<bool>(), 0..40)) {
            let left = of_rows(all.iter().filter(|(_, holds)| **holds).map(|(row, _)| *row));
            let holding_of_each: Vec<bool> = all.values().copied().collect();
            prop_assert_eq!(holding(&of_rows(all.keys().copied()), &holding_of_each), left);
        }
    }

    #[test]
    fn pieces_end_with_row_groups_and_have_few_pages() {
        let page = |page: u32| page * PAGE_ROWS + 5;
        let wide = 5..2 * ROW_GROUP_ROWS + 1;
        let cut = pieces(std::slice::from_ref(&wide), 16);
        assert_eq!(cut.len(), 3);
        assert_eq!(cut.concat(), [5..16_384, 16_384..32_768, 32_768..32_769]);
        let scattered = of_rows([page(0), page(0) + 2, page(1), page(4), page(20)]);
        let lengths: Vec<_> = pieces(&scattered, 2).iter().map(Vec::len).collect();
        assert_eq!(lengths, [3, 2]);
    }
}
