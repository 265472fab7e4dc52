//! Owns where the words of a phrase stand next to each other in a text.

use std::ops::{ControlFlow, Range};

use crate::query::{Phrase, walk_tokens};

/// Whether `text` holds the phrase. It is cut no further than up to the answer.
pub(super) fn holds_phrase(text: &str, phrase: &Phrase) -> bool {
    walk_phrase(text, phrase, |_| ControlFlow::Break(())).is_break()
}

/// Gives `visit` the bytes of each place where the phrase stands, by where they end, until it breaks off. Returns whether
/// it did. Two of them may overlap.
fn walk_phrase(text: &str, phrase: &Phrase, mut visit: impl FnMut(Range<usize>) -> ControlFlow<()>) -> ControlFlow<()> {
    // How many words of the phrase each beginning that is still alive has matched, and where it stands; empty in nearly
    // every text.
    let mut begun: Vec<(usize, usize)> = Vec::new();
    walk_tokens(text, |token, bytes| {
        if phrase.fits(0, token) {
            begun.push((0, bytes.start));
        }
        begun.retain_mut(|(matched, _)| {
            let fits = phrase.fits(*matched, token);
            *matched += 1;
            fits
        });
        match begun.first() {
            Some(&(matched, start)) if matched == phrase.tokens().len() => {
                begun.remove(0);
                visit(start..bytes.end)
            }
            _ => ControlFlow::Continue(()),
        }
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
