//! Owns the phrase: tokens in order, the last of them a whole word or a prefix; and how phrases are found in a text in
//! one pass over it.

use crate::{
    event::Group,
    query::{OwnedToken, Token, TokenKind, tokens},
};

/// Tokens that are adjacent, in this order, in one text. Characters of scripts without spaces that are one run in the
/// phrase are one in the text; that of the text may begin before the phrase and end after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    tokens: Vec<OwnedToken>,
    end: PhraseEnd,
    scope: PhraseScope,
    /// For each number of matched tokens from 1 to all but one: how many of the last of them are again the beginning of
    /// the phrase (the failure function of Knuth, Morris and Pratt).
    fallbacks: Vec<usize>,
}

/// How the last token of a phrase is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhraseEnd {
    /// A token of the text equals it.
    Whole,
    /// A token of the text begins with it or equals it.
    Prefix,
}

/// Which texts of an event a phrase is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhraseScope {
    /// All that are searched for words.
    #[default]
    Every,
    /// Those of groups that are not personal.
    WithoutPersonal,
}

impl PhraseScope {
    /// Whether the texts of a group are among them.
    #[must_use]
    pub const fn includes(self, group: Group) -> bool {
        match self {
            Self::Every => true,
            Self::WithoutPersonal => !group.is_personal(),
        }
    }
}

/// The number of tokens of a phrase that the last tokens of a text match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhraseProgress {
    matched: usize,
}

impl PhraseProgress {
    /// Whether the text's last tokens are the beginning of the phrase.
    #[must_use]
    pub const fn is_begun(self) -> bool {
        self.matched > 0
    }
}

impl Phrase {
    /// The phrase of these tokens, each as the tokeniser returns it. `None` where there are none.
    #[must_use]
    pub fn of_tokens(mut tokens: Vec<OwnedToken>, end: PhraseEnd) -> Option<Self> {
        let first = tokens.first_mut()?;
        if first.kind == TokenKind::Continuing {
            first.kind = TokenKind::Starting;
        }
        let fallbacks = fallbacks(&tokens);
        Some(Self { tokens, end, scope: PhraseScope::Every, fallbacks })
    }

    /// The same phrase, looked for in these texts only.
    #[must_use]
    pub fn within(self, scope: PhraseScope) -> Self {
        Self { scope, ..self }
    }

    /// The texts in which it is looked for.
    #[must_use]
    pub const fn scope(&self) -> PhraseScope {
        self.scope
    }

    /// The phrase that a text is. `None` where it has no tokens.
    #[must_use]
    pub fn of_text(text: &str, end: PhraseEnd) -> Option<Self> {
        Self::of_tokens(tokens(text), end)
    }

    /// The tokens in their order; at least one.
    #[must_use]
    pub fn tokens(&self) -> &[OwnedToken] {
        &self.tokens
    }

    /// How the last token is compared.
    #[must_use]
    pub const fn end(&self) -> PhraseEnd {
        self.end
    }

    /// How the token at this position is compared: those before the last must be equal.
    #[must_use]
    pub fn end_at(&self, place: usize) -> PhraseEnd {
        if place + 1 == self.tokens.len() { self.end } else { PhraseEnd::Whole }
    }

    /// Whether a text's token matches this position of the phrase.
    #[must_use]
    pub fn fits(&self, place: usize, token: Token<'_>) -> bool {
        self.tokens.get(place).is_some_and(|expected| {
            stands_like(place, expected.kind, token.kind)
                && match self.end_at(place) {
                    PhraseEnd::Whole => token.key == expected.key,
                    PhraseEnd::Prefix => token.key.starts_with(expected.key.as_str()),
                }
        })
    }

    /// Continues with the next token of a text. Returns whether the phrase occurs there, ending with this token. A pass
    /// over a whole text compares at most two tokens for each token of it, however long the phrase is (Knuth, Morris,
    /// Pratt).
    pub fn advance(&self, progress: &mut PhraseProgress, token: Token<'_>) -> bool {
        self.advance_by(progress, |place| self.fits(place, token))
    }

    fn advance_by(&self, progress: &mut PhraseProgress, mut fits: impl FnMut(usize) -> bool) -> bool {
        let last = self.tokens.len() - 1;
        let mut is_whole = false;
        loop {
            if fits(progress.matched) {
                if progress.matched < last {
                    progress.matched += 1;
                    return is_whole;
                }
                // A token that matched only as a prefix need not equal the phrase's token, so the next position of the
                // phrase is computed as if it had not matched.
                is_whole = true;
            }
            let Some(before) = progress.matched.checked_sub(1) else { return is_whole };
            progress.matched = self.fallbacks.get(before).copied().unwrap_or_default();
        }
    }
}

/// Whether a token of a text can be that of a phrase at a place: its first character of a script without spaces may
/// stand anywhere in a run.
fn stands_like(place: usize, expected: TokenKind, found: TokenKind) -> bool {
    expected == found || place == 0 && (expected, found) == (TokenKind::Starting, TokenKind::Continuing)
}

/// The tokens before the last must be equal, and only those are ever matched without ending the phrase. Of those behind
/// the first the kinds are equal too, so the beginnings of the phrase that end at a token of a text follow from the
/// phrase alone.
fn fallbacks(tokens: &[OwnedToken]) -> Vec<usize> {
    let is_again = |place: usize, at: usize| {
        stands_like(place, tokens[place].kind, tokens[at].kind) && tokens[place].key == tokens[at].key
    };
    let mut fallbacks = vec![0; tokens.len() - 1];
    for at in 1..fallbacks.len() {
        let mut matched: usize = fallbacks[at - 1];
        while matched > 0 && !is_again(matched, at) {
            matched = fallbacks[matched - 1];
        }
        fallbacks[at] = matched + usize::from(is_again(matched, at));
    }
    fallbacks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phrase(words: &str, end: PhraseEnd) -> Phrase {
        Phrase::of_text(words, end).unwrap()
    }

    #[test]
    fn a_walk_over_a_text_costs_two_comparisons_a_word_however_long_the_phrase_is() {
        // Texts that make a naive search start again at each word compare the whole phrase each time.
        for (words, text) in [
            (format!("{}b", "a ".repeat(31)), "a ".repeat(10_000)),
            (format!("{}c", "a b ".repeat(15)), "a b ".repeat(5_000)),
            (vec!["a"; 32].join(" "), "a ".repeat(10_000)),
            (format!("{}都", "東".repeat(31)), "東".repeat(10_000)),
        ] {
            for end in [PhraseEnd::Whole, PhraseEnd::Prefix] {
                let phrase = phrase(&words, end);
                let (mut comparisons, mut progress, mut count) = (0, PhraseProgress::default(), 0);
                for token in tokens(&text) {
                    phrase.advance_by(&mut progress, |place| {
                        comparisons += 1;
                        phrase.fits(place, token.as_token())
                    });
                    count += 1;
                }
                assert!(comparisons <= 2 * count + phrase.tokens().len(), "{comparisons} for {count} words");
            }
        }
    }

    #[test]
    fn runs_without_spaces_stand_in_a_text_as_in_the_phrase() {
        for (words, text, expected) in [
            ("東京", "東京", true),
            ("東京", "大東京都", true),
            ("東京", "東 京", false),
            ("東京都", "東京 京都", false),
            ("東 京", "東京", false),
            ("東 京", "大東 京都", true),
            ("京 都", "東京, 都", true),
            ("東", "大東京", true),
            ("年 a", "2024年 A", true),
            ("a 東 b", "a 東京 b", false),
            ("a 東 b", "a 東 b", true),
            ("a 京 b", "a 東京 b", false),
            ("a東b", "a 東 b", true),
            ("東京", "東aa京", false),
        ] {
            let (phrase, mut progress) = (phrase(words, PhraseEnd::Whole), PhraseProgress::default());
            let found = tokens(text).iter().any(|token| phrase.advance(&mut progress, token.as_token()));
            assert_eq!(found, expected, "{words} in {text}");
        }
    }

    proptest! {
        #[test]
        fn each_place_of_a_phrase_is_found(text in "[ab東京]{1,2}( ?[ab東京]{1,2}){0,14}", words in "[ab東京]{1,2}( ?[ab東京]{1,2}){0,4}", is_begun: bool) {
            let phrase = phrase(&words, if is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole });
            let text = tokens(&text);
            let mut progress = PhraseProgress::default();
            for (at, token) in text.iter().enumerate() {
                let length = phrase.tokens().len();
                let expected = (at + 1).checked_sub(length).is_some_and(|start| {
                    text[start..=at].iter().enumerate().all(|(place, token)| phrase.fits(place, token.as_token()))
                });
                prop_assert_eq!(phrase.advance(&mut progress, token.as_token()), expected, "{} in {:?}", at, text);
            }
        }
    }
}
