//! Finds the rows of a batch whose texts may contain a phrase, by searching whole columns for letters: the texts of a
//! column are contiguous in memory, and most of them do not contain the phrase.
//!
//! A row's texts are tokenised only where the letters do not decide.

use std::ops::Range;

use arrow_array::{Array, StringArray};
use auditlog_core::query::{BYTES_PER_CHECK, Interruption, Meter};
use memchr::memmem::Finder;

use super::phrase::{PhraseSearch, end_of_run};
use crate::columns::{SearchedTexts, TextColumn};

/// What the search for letters shows about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Suspicion {
    /// The row does not contain the phrase.
    None,
    /// The row may contain it.
    Some,
    /// The row contains it.
    Certain,
}

/// The suspicion of each row of a batch; nothing where the phrase does not begin with letters that can be searched.
pub(super) struct Suspects(Option<Vec<Suspicion>>);

impl Suspects {
    /// Searches the texts of a batch of this many rows.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub(super) fn find(
        texts: &SearchedTexts<'_>,
        phrase: PhraseSearch<'_>,
        row_count: usize,
        meter: &Meter<'_>,
    ) -> Result<Self, Interruption> {
        let Some(letters) = phrase.letters() else { return Ok(Self(None)) };
        let letters = Letters::new(letters);
        let mut rows = vec![Suspicion::None; row_count];
        let mut suspect = |row: usize, suspicion: Suspicion| {
            if let Some(known) = rows.get_mut(row) {
                *known = suspicion.max(*known);
            }
            suspicion
        };
        let of_text = |hit: Hit<'_>| phrase.suspicion_at(hit.text, hit.place);
        for column in texts.plain() {
            letters.find_in(column, meter, |hit| suspect(hit.at, of_text(hit)))?;
        }
        for column in texts.json() {
            letters.find_in(column, meter, |hit| suspect(hit.at, phrase.suspicion_in_json(hit.text, hit.place)))?;
        }
        let targets = texts.targets();
        let mut of_target =
            |hit: Hit<'_>, suspicion| targets.row_of(hit.at).map_or(Suspicion::None, |row| suspect(row, suspicion));
        for part in texts.target_texts() {
            letters.find_in(part, meter, |hit| of_target(hit, of_text(hit)))?;
        }
        letters.find_in(texts.target_attributes(), meter, |hit| {
            of_target(hit, phrase.suspicion_in_json(hit.text, hit.place))
        })?;
        Ok(Self(Some(rows)))
    }

    /// Whether no row contains the phrase.
    pub(super) fn are_none(&self) -> bool {
        self.0.as_ref().is_some_and(|rows| rows.iter().all(|suspicion| *suspicion == Suspicion::None))
    }

    /// The rows that may contain the phrase, in order. `None` where that is not known.
    pub(super) fn rows(&self) -> Option<Vec<usize>> {
        let suspected = |(row, suspicion): (usize, &Suspicion)| (*suspicion != Suspicion::None).then_some(row);
        self.0.as_ref().map(|rows| rows.iter().enumerate().filter_map(suspected).collect())
    }

    /// The suspicion of a row.
    pub(super) fn suspicion(&self, row: usize) -> Suspicion {
        let rows = self.0.as_ref();
        rows.map_or(Suspicion::Some, |rows| rows.get(row).copied().unwrap_or(Suspicion::Some))
    }
}

/// A value of a column that contains the letters, or may contain them.
#[derive(Clone, Copy)]
struct Hit<'a> {
    /// The index of the value.
    at: usize,
    text: &'a str,
    /// The position of the letters in it; `None` where the value is not all ASCII, so that they may be anywhere or
    /// nowhere.
    place: Option<usize>,
}

/// ASCII letters and digits in lower case that are searched in either case.
struct Letters<'a> {
    all: &'a [u8],
    finder: Finder<'a>,
}

impl<'a> Letters<'a> {
    fn new(all: &'a [u8]) -> Self {
        Self { all, finder: Finder::new(all) }
    }

    /// Passes to `found` each place of a column with the letters, up to the first place of a value that allows a
    /// conclusion, and each value with non-ASCII letters. Within a run of letters and digits one place is enough.
    fn find_in<'t>(
        &self,
        column: TextColumn<'t>,
        meter: &Meter<'_>,
        mut found: impl FnMut(Hit<'t>) -> Suspicion,
    ) -> Result<(), Interruption> {
        let Some(array) = column.array() else { return Ok(()) };
        let offsets = array.value_offsets();
        let mut lowered = Vec::new();
        let mut first = 0;
        while let Some(start) = offsets.get(first).copied().filter(|_| first < array.len()) {
            let room = i64::from(start) + BYTES_PER_CHECK.cast_signed();
            let fitting = offsets[first + 1..].partition_point(|end| i64::from(*end) <= room);
            let end = first + fitting.max(1);
            self.find_in_values(array, first..end, &mut lowered, meter, &mut found)?;
            first = end;
        }
        Ok(())
    }

    /// The same for a few values.
    fn find_in_values<'t>(
        &self,
        array: &'t StringArray,
        values: Range<usize>,
        lowered: &mut Vec<u8>,
        meter: &Meter<'_>,
        found: &mut impl FnMut(Hit<'t>) -> Suspicion,
    ) -> Result<(), Interruption> {
        let offsets = array.value_offsets();
        let offset = |at: usize| offsets.get(at).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(usize::MAX);
        let start = offset(values.start);
        let Some(texts) = array.value_data().get(start..offset(values.end)) else { return Ok(()) };
        meter.examine(texts.len())?;
        let mut is_foreign = vec![false; if texts.is_ascii() { 0 } else { values.len() }];
        for (at, is_foreign) in values.clone().zip(&mut is_foreign) {
            let text = array.value(at);
            *is_foreign = !text.is_ascii();
            if *is_foreign {
                // Non-ASCII letters may have ASCII keys: that of the Kelvin sign is a k.
                found(Hit { at, text, place: None });
            }
        }
        // Lower-casing a copy of everything and searching for one spelling is several times as fast as searching for a
        // letter in both cases. Many columns have no capitals at all.
        let texts = if has_capitals(texts) {
            lowered.clear();
            lowered.extend_from_slice(texts);
            lowered.make_ascii_lowercase();
            lowered.as_slice()
        } else {
            texts
        };
        let (mut at, mut from) = (values.start, 0);
        while let Some(found_behind) = texts.get(from..).and_then(|rest| self.finder.find(rest)) {
            let place = start + from + found_behind;
            while offset(at + 1) <= place {
                at += 1;
            }
            // A place that spans the end of one text and the beginning of another is no hit: the search continues after
            // its first byte.
            let is_place = place + self.all.len() <= offset(at + 1)
                && !is_foreign.get(at - values.start).is_some_and(|foreign| *foreign);
            let hit = || Hit { at, text: array.value(at), place: Some(place - offset(at)) };
            let goes_on = is_place && found(hit()) == Suspicion::None;
            let end = offset(at + 1) - start;
            from = if goes_on { end_of_run(texts, place - start).min(end) } else { end };
        }
        Ok(())
    }
}

/// Whether there is a capital. Each chunk is examined whole, which is one instruction for many bytes.
fn has_capitals(texts: &[u8]) -> bool {
    texts.chunks(1_024).any(|chunk| chunk.iter().fold(false, |any, byte| any | byte.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::{Duration, Instant},
    };

    use auditlog_core::query::{Phrase, PhraseEnd, QueryBudget};
    use proptest::prelude::*;

    use super::*;

    fn budget() -> QueryBudget {
        QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::default())
    }

    #[test]
    fn what_two_texts_form_together_hides_nothing() {
        let array = StringArray::from(vec!["xa", "aa", "a", "aaa", "AA a"]);
        let mut found = Vec::new();
        let letters = Letters::new(b"aa");
        let budget = budget();
        let found_all = letters.find_in(TextColumn::of(&array), &Meter::new(&budget), |hit| {
            found.push((hit.at, hit.place));
            Suspicion::None
        });
        assert_eq!(found_all, Ok(()));
        assert_eq!(found, [(1, Some(0)), (3, Some(0)), (4, Some(0))]);
    }

    #[test]
    fn letters_that_stand_everywhere_are_looked_at_once_and_a_budget_ends_it_inside_a_column() {
        let long = "a".repeat(30_000);
        let values = vec![long.as_str(); 40];
        let array = StringArray::from(values);
        let cancelled = Arc::new(AtomicBool::new(false));
        let budget = QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::clone(&cancelled));
        let meter = Meter::new(&budget);
        let letters = Letters::new(b"aaaa");
        let mut places = 0;
        let ended = letters.find_in(TextColumn::of(&array), &meter, |_| {
            places += 1;
            cancelled.fetch_or(places == 7, Ordering::Relaxed);
            Suspicion::None
        });
        assert_eq!(ended, Err(Interruption::Cancelled));
        assert!(places < 12, "{places} places");
        assert!(meter.examined() < 6 * BYTES_PER_CHECK, "{} bytes", meter.examined());
    }

    proptest! {
        #[test]
        fn letters_rule_out_no_text_with_the_tokens(
            texts in prop::collection::vec(prop::option::of("([abAB1]{1,3}|[ .\"\\\\]|K|é|a{64,66}|[東京]{1,3}){0,6}"), 0..20),
            sought in "[abAB1é東京]{1,3}( [abAB1東京]{1,3})?",
            skipped in 0_usize..3,
            is_begun: bool,
        ) {
            let end = if is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole };
            let phrase = Phrase::of_text(&sought, end).unwrap();
            let phrase = PhraseSearch(&phrase);
            let array = StringArray::from(texts);
            let skipped = skipped.min(array.len());
            let array = array.slice(skipped, array.len() - skipped);
            let mut rows = vec![Suspicion::None; array.len()];
            match phrase.letters() {
                Some(letters) => {
                    let budget = budget();
                    let found_all = Letters::new(letters).find_in(TextColumn::of(&array), &Meter::new(&budget), |hit| {
                        let suspicion = phrase.suspicion_at(hit.text, hit.place);
                        rows[hit.at] = rows[hit.at].max(suspicion);
                        suspicion
                    });
                    prop_assert_eq!(found_all, Ok(()));
                }
                None => rows.fill(Suspicion::Some),
            }
            for (text, suspicion) in array.iter().zip(rows) {
                let text = text.unwrap_or_default();
                match suspicion {
                    Suspicion::None => prop_assert!(!phrase.is_in(text), "{phrase:?} is in {text:?}"),
                    Suspicion::Some => {
                        prop_assert!(phrase.may_be_in(text) || phrase.letters().is_none(), "{phrase:?} cannot be in {text:?}");
                    }
                    Suspicion::Certain => prop_assert!(phrase.is_in(text), "{phrase:?} is not in {text:?}"),
                }
            }
        }
    }
}
