//! Owns patterns with stars, matched against keys in linear time.

use super::key_of;

/// The maximum number of stars in a pattern.
pub const STARS_MAX: usize = 8;

/// A text in which each star stands for any characters, or none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// The keys of the texts between the stars: at least two, and one of them is not empty.
    pieces: Vec<String>,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Without a star it is a text.
    #[error("a pattern has a star")]
    NoStar,
    /// Nothing but stars.
    #[error("a pattern has at least one character beside its stars")]
    OnlyStars,
    /// More than [`STARS_MAX`].
    #[error("a pattern has at most eight stars")]
    TooManyStars,
}

impl Pattern {
    /// Reads a text in which `*` is a star. Neighbouring stars count as one.
    ///
    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut pieces: Vec<&str> = text.split('*').collect();
        let last = pieces.len() - 1;
        let mut position = 0;
        pieces.retain(|piece| {
            position += 1;
            !piece.is_empty() || position == 1 || position == last + 1
        });
        Self::of_pieces(pieces)
    }

    /// The texts that begin with `text`, in which stars are ordinary characters.
    ///
    /// # Errors
    /// [`PatternError::OnlyStars`] where it is empty.
    pub fn prefix(text: &str) -> Result<Self, PatternError> {
        Self::of_pieces(vec![text, ""])
    }

    fn of_pieces(pieces: Vec<&str>) -> Result<Self, PatternError> {
        if pieces.len() < 2 {
            return Err(PatternError::NoStar);
        }
        if pieces.len() > STARS_MAX + 1 {
            return Err(PatternError::TooManyStars);
        }
        if pieces.iter().all(|piece| piece.is_empty()) {
            return Err(PatternError::OnlyStars);
        }
        Ok(Self { pieces: pieces.into_iter().map(|piece| key_of(piece).into_owned()).collect() })
    }

    /// The pieces between the stars, as keys.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Whether the key of a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.matches_key(&key_of(text))
    }

    /// Whether a key matches: each piece is searched once, behind the one before it.
    #[must_use]
    pub fn matches_key(&self, key: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else { return false };
        let Some(mut rest) = key.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// Prints the pieces with stars between them.
impl std::fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.pieces.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, expected) in [
            ("a*", "a", true),
            ("a*", "Abc", true),
            ("a*", "ba", false),
            ("*@acme.example", "Mara@ACME.example", true),
            ("*@acme.example", "mara@acme.example.org", false),
            ("*b*", "abc", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("ab*ab", "abab", true),
            ("ab*ab", "aba", false),
            ("É*", "e\u{301}tage", true),
            ("a**b", "axb", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_are_bounded_and_say_something() {
        assert_eq!(Pattern::parse("a"), Err(PatternError::NoStar));
        assert_eq!(Pattern::parse("*"), Err(PatternError::OnlyStars));
        assert_eq!(Pattern::parse("**"), Err(PatternError::OnlyStars));
        assert!(Pattern::parse(&"*a".repeat(8)).is_ok());
        assert_eq!(Pattern::parse(&"*a".repeat(9)), Err(PatternError::TooManyStars));
        assert_eq!(Pattern::prefix(""), Err(PatternError::OnlyStars));
        assert!(Pattern::prefix("a*").unwrap().matches("A*B"));
        assert!(!Pattern::prefix("a*").unwrap().matches("ab"));
    }

    /// The meaning of a pattern, as plainly as possible.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|at| plainly(rest, &text[at..])),
            (Some((wanted, pattern)), Some((found, text))) => wanted == found && plainly(pattern, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_plain_meaning(pattern in "[ab*]{1,8}", text in "[ab]{0,12}") {
            let parsed = Pattern::parse(&pattern);
            prop_assume!(parsed.is_ok());
            let (pattern, characters): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(parsed.unwrap().matches(&text), plainly(&pattern, &characters));
        }
    }
}
