//! Rows of a batch whose texts may hold a phrase, found by looking through whole columns for letters: the texts of a
//! column lie one behind the other, and most of them hold nothing of it.
//!
//! Only where letters cannot tell, a row's texts have to be cut into tokens.

use arrow_array::Array;
use memchr::memmem::Finder;

use super::phrase::PhraseSearch;
use crate::columns::{SearchedTexts, TextColumn};

/// What letters tell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Suspicion {
    /// The phrase is not there.
    None,
    /// It may be there.
    Some,
    /// It is there.
    Certain,
}

/// What letters tell of the rows of a batch; nothing where the phrase does not begin with letters that can be looked for.
pub(super) struct Suspects(Option<Vec<Suspicion>>);

impl Suspects {
    /// Looks through the texts of a batch of so many rows.
    pub(super) fn find(texts: &SearchedTexts<'_>, phrase: PhraseSearch<'_>, row_count: usize) -> Self {
        let Some(letters) = phrase.letters() else { return Self(None) };
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
            letters.find_in(column, |hit| suspect(hit.at, of_text(hit)));
        }
        for column in texts.json() {
            letters.find_in(column, |hit| suspect(hit.at, phrase.suspicion_in_json(hit.text, hit.place)));
        }
        let (targets, names) = texts.target_names();
        letters.find_in(names, |hit| targets.row_of(hit.at).map_or(Suspicion::None, |row| suspect(row, of_text(hit))));
        Self(Some(rows))
    }

    /// What is known of a row.
    pub(super) fn suspicion(&self, row: usize) -> Suspicion {
        let rows = self.0.as_ref();
        rows.map_or(Suspicion::Some, |rows| rows.get(row).copied().unwrap_or(Suspicion::Some))
    }
}

/// A value of a column that holds the letters, or may.
#[derive(Clone, Copy)]
struct Hit<'a> {
    /// Which value.
    at: usize,
    text: &'a str,
    /// Where in it the letters are; `None` where not all of it is ASCII, so that they may be anywhere or nowhere.
    place: Option<usize>,
}

/// ASCII letters and digits in lower case that are looked for in either case.
struct Letters<'a> {
    all: &'a [u8],
    finder: Finder<'a>,
}

impl<'a> Letters<'a> {
    fn new(all: &'a [u8]) -> Self {
        Self { all, finder: Finder::new(all) }
    }

    /// Gives each place of a column where the letters are to `found`, up to the first of a value that tells something, and
    /// each value with letters that are not ASCII.
    fn find_in<'t>(&self, column: TextColumn<'t>, mut found: impl FnMut(Hit<'t>) -> Suspicion) {
        let Some(array) = column.array() else { return };
        let offsets = array.value_offsets();
        let offset = |at: usize| offsets.get(at).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(usize::MAX);
        let start = offset(0);
        let Some(texts) = array.value_data().get(start..offset(array.len())) else { return };
        let mut is_foreign = vec![false; if texts.is_ascii() { 0 } else { array.len() }];
        for (at, is_foreign) in is_foreign.iter_mut().enumerate() {
            let text = array.value(at);
            *is_foreign = !text.is_ascii();
            if *is_foreign {
                // Letters that are not ASCII may have lower-case forms that are: the Kelvin sign becomes a k.
                found(Hit { at, text, place: None });
            }
        }
        // Lowering a copy of all and looking for one spelling is several times as fast as looking for a letter in both
        // cases.
        let lowered = texts.to_ascii_lowercase();
        let (mut at, mut from) = (0, 0);
        while let Some(found_behind) = lowered.get(from..).and_then(|rest| self.finder.find(rest)) {
            let place = start + from + found_behind;
            while offset(at + 1) <= place {
                at += 1;
            }
            // The end of one text and the beginning of another are no place: the next begins behind the first of them.
            let is_place =
                place + self.all.len() <= offset(at + 1) && !is_foreign.get(at).is_some_and(|foreign| *foreign);
            let hit = || Hit { at, text: array.value(at), place: Some(place - offset(at)) };
            let goes_on = is_place && found(hit()) == Suspicion::None;
            from = if goes_on { place + 1 } else { offset(at + 1) } - start;
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use auditlog_core::query::{Phrase, PhraseEnd, tokens};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_two_texts_form_together_hides_nothing() {
        let tokens = tokens("aa");
        let array = StringArray::from(vec!["xa", "aa", "a", "aaa", "AA a"]);
        let mut found = Vec::new();
        let letters = Letters::new(tokens[0].as_bytes());
        letters.find_in(TextColumn::of(&array), |hit| {
            found.push((hit.at, hit.place));
            Suspicion::None
        });
        assert_eq!(found, [(1, Some(0)), (3, Some(0)), (3, Some(1)), (4, Some(0))]);
    }

    proptest! {
        #[test]
        fn letters_tell_nothing_that_tokens_deny(
            texts in prop::collection::vec(prop::option::of("([abAB1]{1,3}|[ .\"\\\\]|K|é|a{64,66}){0,6}"), 0..20),
            sought in "[abAB1é]{1,3}( [abAB1]{1,3})?",
            skipped in 0_usize..3,
            is_begun: bool,
        ) {
            let end = if is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole };
            let phrase = Phrase::of_tokens(tokens(&sought), end).unwrap();
            let phrase = PhraseSearch(&phrase);
            let array = StringArray::from(texts);
            let skipped = skipped.min(array.len());
            let array = array.slice(skipped, array.len() - skipped);
            let mut rows = vec![Suspicion::None; array.len()];
            match phrase.letters() {
                Some(letters) => Letters::new(letters).find_in(TextColumn::of(&array), |hit| {
                    let suspicion = phrase.suspicion_at(hit.text, hit.place);
                    rows[hit.at] = rows[hit.at].max(suspicion);
                    suspicion
                }),
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
