//! Owns the search for phrases in a text, which is tokenised once for all of them.

use std::{
    collections::VecDeque,
    ops::{ControlFlow, Range},
};

use crate::{
    event::Group,
    query::{Phrase, PhraseProgress, Token, walk_tokens},
};

/// The phrases of a filter, each with a number.
#[derive(Debug)]
pub(super) struct PhraseSet<'f> {
    phrases: Vec<&'f Phrase>,
    /// Whether some phrase begins with this byte: most tokens of a text begin with another one.
    begins: [bool; 256],
}

impl Default for PhraseSet<'_> {
    fn default() -> Self {
        Self { phrases: Vec::new(), begins: [false; 256] }
    }
}

impl<'f> PhraseSet<'f> {
    /// Adds a phrase and returns its number.
    pub(super) fn add(&mut self, phrase: &'f Phrase) -> usize {
        if let Some(begins) = first_byte(&phrase.tokens()[0].key).and_then(|byte| self.begins.get_mut(byte)) {
            *begins = true;
        }
        self.phrases.push(phrase);
        self.phrases.len() - 1
    }

    /// The number of phrases.
    pub(super) fn len(&self) -> usize {
        self.phrases.len()
    }

    /// Starts a search for all of them.
    pub(super) fn search(&self) -> PhraseSearch<'_> {
        PhraseSearch {
            phrases: self,
            progress: vec![PhraseProgress::default(); self.phrases.len()],
            found: vec![false; self.phrases.len()],
            missing: self.phrases.len(),
        }
    }

    /// Whether no phrase begins with this token.
    fn begins_none(&self, token: Token<'_>) -> bool {
        first_byte(token.key).and_then(|byte| self.begins.get(byte)).is_some_and(|begins| !begins)
    }

    /// The byte ranges at which one of the wanted phrases occurs in a text of this group, in order; those that overlap
    /// are merged.
    pub(super) fn ranges_in(&self, group: Group, text: &str, wanted: &[bool]) -> Vec<Range<usize>> {
        let is_wanted = |(phrase, wanted): &(&&Phrase, &bool)| **wanted && phrase.scope().includes(group);
        let wanted = || self.phrases.iter().zip(wanted).filter(is_wanted).map(|(phrase, _)| *phrase);
        let longest = wanted().map(|phrase| phrase.tokens().len()).max().unwrap_or_default();
        let mut walks: Vec<(&Phrase, PhraseProgress)> =
            wanted().map(|phrase| (phrase, PhraseProgress::default())).collect();
        // The positions of the last tokens, as many as the longest phrase has.
        let mut starts: VecDeque<usize> = VecDeque::with_capacity(longest + 1);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let _ = walk_tokens(text, |token, bytes| {
            starts.push_front(bytes.start);
            starts.truncate(longest);
            // Of the phrases that end here the longest begins first.
            let ending = walks.iter_mut().filter_map(|(phrase, progress)| {
                phrase.advance(progress, token).then(|| starts.get(phrase.tokens().len() - 1)).flatten()
            });
            if let Some(start) = ending.min() {
                let mut found = *start..bytes.end;
                while let Some(before) = ranges.pop_if(|before| before.end >= found.start) {
                    found.start = found.start.min(before.start);
                }
                ranges.push(found);
            }
            ControlFlow::Continue(())
        });
        ranges
    }
}

/// A search for phrases through the texts of an event.
pub(super) struct PhraseSearch<'p> {
    phrases: &'p PhraseSet<'p>,
    progress: Vec<PhraseProgress>,
    found: Vec<bool>,
    missing: usize,
}

impl PhraseSearch<'_> {
    /// Searches one text of this group, until no phrase is missing any more.
    pub(super) fn find_in(&mut self, group: Group, text: &str) -> ControlFlow<()> {
        self.progress.fill(PhraseProgress::default());
        let mut is_any_begun = false;
        walk_tokens(text, |token, _| {
            if !is_any_begun && self.phrases.begins_none(token) {
                return ControlFlow::Continue(());
            }
            is_any_begun = self.take(group, token);
            if self.missing == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    /// Continues with a token of a text of this group. Returns whether a phrase that is still missing may continue
    /// after it.
    fn take(&mut self, group: Group, token: Token<'_>) -> bool {
        let mut is_any_begun = false;
        let walks = self.phrases.phrases.iter().zip(&mut self.progress).zip(&mut self.found);
        for ((phrase, progress), found) in
            walks.filter(|((phrase, _), found)| !**found && phrase.scope().includes(group))
        {
            *found = phrase.advance(progress, token);
            self.missing -= usize::from(*found);
            is_any_begun = is_any_begun || !*found && progress.is_begun();
        }
        is_any_begun
    }

    /// Which phrases were found, by their number.
    pub(super) fn into_found(self) -> Vec<bool> {
        self.found
    }
}

fn first_byte(key: &str) -> Option<usize> {
    key.as_bytes().first().map(|byte| usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::query::{OwnedToken, PhraseEnd};

    fn phrase(words: &str, end: PhraseEnd) -> Phrase {
        Phrase::of_text(words, end).unwrap()
    }

    /// The token ranges at which a phrase occurs.
    fn places(text: &str, phrase: &Phrase) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut texts: Vec<(OwnedToken, Range<usize>)> = Vec::new();
        let _ = walk_tokens(text, |token, bytes| {
            texts.push((token.into(), bytes));
            ControlFlow::Continue(())
        });
        for window in texts.windows(phrase.tokens().len()) {
            if window.iter().enumerate().all(|(place, (token, _))| phrase.fits(place, token.as_token())) {
                found.push(window[0].1.start..window[window.len() - 1].1.end);
            }
        }
        found
    }

    proptest! {
        #[test]
        fn phrases_are_neighbouring_tokens_of_one_text(
            texts in vec("([abAB東京]{1,2}|[ .]){0,12}", 1..3),
            words in vec(("[ab東京]{1,2}( ?[ab東京]{1,2}){0,3}", any::<bool>()), 1..5),
        ) {
            let phrases: Vec<Phrase> = words
                .iter()
                .map(|(words, is_begun)| phrase(words, if *is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole }))
                .collect();
            let mut set = PhraseSet::default();
            for phrase in &phrases {
                set.add(phrase);
            }
            let mut search = set.search();
            let is_complete = texts.iter().any(|text| search.find_in(Group::Content, text).is_break());
            let expected: Vec<bool> =
                phrases.iter().map(|phrase| texts.iter().any(|text| !places(text, phrase).is_empty())).collect();
            prop_assert_eq!(is_complete, expected.iter().all(|found| *found));
            prop_assert_eq!(search.into_found(), expected);
            for text in &texts {
                let wanted: Vec<bool> = (0..phrases.len()).map(|at| at % 2 == 0).collect();
                let mut bytes = vec![false; text.len()];
                for range in phrases.iter().step_by(2).flat_map(|phrase| places(text, phrase)) {
                    bytes[range].fill(true);
                }
                let ranges = set.ranges_in(Group::Content, text, &wanted);
                let mut shown = vec![false; text.len()];
                for range in &ranges {
                    shown[range.clone()].fill(true);
                }
                prop_assert_eq!(shown, bytes);
                prop_assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start));
            }
        }
    }
}
