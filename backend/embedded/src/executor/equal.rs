//! Finds the values of a column that have a key. A value in ASCII is as long as its key, so hardly any text is read: a
//! term of the search box is compared with more than ten columns of all events that are not sealed.

use arrow_array::Array;
use auditlog_core::{
    query::{Interruption, Meter},
    text::key_eq,
};

use crate::columns::TextColumn;

/// The cost of looking at the length of a value, in bytes read.
const BYTES_PER_LENGTH: usize = 4;

/// The positions of the values that have this key, which is in ASCII, in order.
///
/// # Errors
/// Those of the meter's budget.
pub(super) fn positions(column: TextColumn<'_>, key: &str, meter: &Meter<'_>) -> Result<Vec<usize>, Interruption> {
    let Some(array) = column.array() else { return Ok(Vec::new()) };
    let offsets = array.value_offsets();
    let texts = offset(offsets, 0)..offset(offsets, array.len());
    meter.examine(texts.len() + array.len() * BYTES_PER_LENGTH)?;
    // Only beside ASCII a value may be longer or shorter than its key: that of the Kelvin sign is a k.
    let all_ascii = array.value_data().get(texts).is_some_and(<[u8]>::is_ascii);
    let mut found = Vec::new();
    for at in 0..array.len() {
        let length = offset(offsets, at + 1) - offset(offsets, at);
        let may_be = if all_ascii { length == key.len() } else { length == key.len() || !array.value(at).is_ascii() };
        if may_be && !array.is_null(at) && key_eq(array.value(at), key) {
            found.push(at);
        }
    }
    Ok(found)
}

fn offset(offsets: &[i32], at: usize) -> usize {
    offsets.get(at).map_or(0, |offset| usize::try_from(*offset).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use arrow_array::StringArray;
    use auditlog_core::query::QueryBudget;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_values_with_a_key_are_found(
            values in prop::collection::vec(prop::option::of("[abAB\u{212a}kKé]{0,3}"), 0..12),
            key in "[abk]{0,3}",
            skipped in 0_usize..4,
        ) {
            let array = StringArray::from(values);
            let skipped = skipped.min(array.len());
            let array = array.slice(skipped, array.len() - skipped);
            let budget = QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::default());
            let found = positions(TextColumn::of(&array), &key, &Meter::new(&budget)).unwrap();
            let is_equal = |value: Option<&str>| value.is_some_and(|value| key_eq(value, &key));
            let expected: Vec<usize> = (0..array.len()).filter(|at| is_equal(array.iter().nth(*at).flatten())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
