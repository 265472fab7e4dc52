//! Owns what is asked of words: tokens in an order, the last of them whole or only begun.

/// Tokens that stand next to each other, in this order, in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    tokens: Vec<String>,
    end: PhraseEnd,
}

/// How the last token of a phrase is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhraseEnd {
    /// A token of the text is this one.
    Whole,
    /// A token of the text begins with this one, or is it.
    Prefix,
}

impl Phrase {
    /// The phrase of these tokens, each as the tokeniser gives it. `None` where there is none: that would ask nothing.
    #[must_use]
    pub fn of_tokens(tokens: Vec<String>, end: PhraseEnd) -> Option<Self> {
        (!tokens.is_empty()).then_some(Self { tokens, end })
    }

    /// The tokens in their order; at least one.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// How the last of them is meant.
    #[must_use]
    pub const fn end(&self) -> PhraseEnd {
        self.end
    }

    /// How the token at this place is meant: those before the last are whole.
    #[must_use]
    pub fn end_at(&self, place: usize) -> PhraseEnd {
        if place + 1 == self.tokens.len() { self.end } else { PhraseEnd::Whole }
    }

    /// Whether a text's token can stand at this place of the phrase.
    #[must_use]
    pub fn fits(&self, place: usize, token: &str) -> bool {
        self.tokens.get(place).is_some_and(|expected| match self.end_at(place) {
            PhraseEnd::Whole => token == expected,
            PhraseEnd::Prefix => token.starts_with(expected.as_str()),
        })
    }
}
