//! Owns where the words of a phrase stand next to each other in a text.

use std::ops::{ControlFlow, Range};

use crate::query::{Phrase, walk_tokens};

/// Whether `text` holds the phrase. It is cut no further than up to the answer.
pub(super) fn holds_phrase(text: &str, phrase: &Phrase) -> bool {
    walk_phrases(text, &[phrase], |_| ControlFlow::Break(())).is_break()
}

/// The bytes where one of the phrases stands in `text`, in order; those that overlap are one.
pub(super) fn phrase_ranges(text: &str, phrases: &[&Phrase]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let _ = walk_phrases(text, phrases, |mut found| {
        while let Some(before) = ranges.pop_if(|before| before.end >= found.start) {
            found.start = found.start.min(before.start);
        }
        ranges.push(found);
        ControlFlow::Continue(())
    });
    ranges
}

/// A phrase of which the first words have been found.
struct Begun<'a> {
    phrase: &'a Phrase,
    matched: usize,
    /// Where the first of them begins.
    start: usize,
}

/// Gives `visit` the bytes of each place where one of the phrases stands, by where they end, until it breaks off. Returns
/// whether it did. Two places may overlap; of those that end alike the longest is given.
fn walk_phrases(
    text: &str,
    phrases: &[&Phrase],
    mut visit: impl FnMut(Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // Empty in nearly every text.
    let mut begun: Vec<Begun<'_>> = Vec::new();
    walk_tokens(text, |token, bytes| {
        let beginning = phrases.iter().filter(|phrase| phrase.fits(0, token));
        begun.extend(beginning.map(|phrase| Begun { phrase, matched: 0, start: bytes.start }));
        let mut complete: Option<usize> = None;
        begun.retain_mut(|begun| {
            if !begun.phrase.fits(begun.matched, token) {
                return false;
            }
            begun.matched += 1;
            let is_whole = begun.matched == begun.phrase.tokens().len();
            if is_whole {
                complete = Some(complete.map_or(begun.start, |start| start.min(begun.start)));
            }
            !is_whole
        });
        complete.map_or(ControlFlow::Continue(()), |start| visit(start..bytes.end))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{PhraseEnd, tokens};

    proptest! {
        #[test]
        fn a_phrase_is_neighbouring_tokens(
            text in "([abAB]{1,2}|[ .]){0,12}",
            words in "[ab]{1,2}( [ab]){0,2}",
            is_prefix: bool,
        ) {
            let words = tokens(&words);
            let end = if is_prefix { PhraseEnd::Prefix } else { PhraseEnd::Whole };
            let expected = tokens(&text).windows(words.len()).any(|window| {
                let last = words.len() - 1;
                let last_fits = if is_prefix { window[last].starts_with(&words[last]) } else { window[last] == words[last] };
                window[..last] == words[..last] && last_fits
            });
            prop_assert_eq!(holds_phrase(&text, &Phrase::of_tokens(words, end).unwrap()), expected);
        }
    }
}
