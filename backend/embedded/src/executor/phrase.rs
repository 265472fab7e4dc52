//! Whether tokens stand next to each other in a text.
//!
//! Most texts are ASCII and do not hold what is searched. For these it is enough to look for letters, which is far
//! faster than cutting every text into tokens.

use auditlog_core::query::{TOKEN_BYTES_MAX, tokenize};
use memchr::memchr2;

use super::suspects::Suspicion;

/// Tokens in an order, without another between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase<'a>(pub(super) &'a [String]);

impl<'a> Phrase<'a> {
    /// Letters that every text with the phrase holds in one case or the other, unless it has others that are not ASCII;
    /// `None` where there are no such letters.
    pub(super) fn letters(self) -> Option<&'a [u8]> {
        self.0.first().filter(|token| token.is_ascii() && !token.is_empty()).map(String::as_bytes)
    }

    /// What it tells that a text has [`Self::letters`] in this place, or may have them where it is not ASCII.
    pub(super) fn suspicion_at(self, text: &str, place: Option<usize>) -> Suspicion {
        match (self.0, place) {
            ([only], Some(place)) if is_plain(only) && text.is_ascii() => {
                // Another place of this text may hold the whole token, and is looked at, too.
                if is_token(only, text, place) { Suspicion::Certain } else { Suspicion::None }
            }
            _ => Suspicion::Some,
        }
    }

    /// The same of JSON, whose texts only a reader of JSON can tell apart.
    pub(super) fn suspicion_in_json(self, json: &str, place: Option<usize>) -> Suspicion {
        /// As long as `\u001f`, behind which a token may begin.
        const ESCAPE_BYTES_MAX: usize = 6;
        let (Some(place), [only]) = (place, self.0) else { return Suspicion::Some };
        let before = json.as_bytes().get(place.saturating_sub(ESCAPE_BYTES_MAX)..place).unwrap_or_default();
        if !is_plain(only) || !json.is_ascii() || is_token(only, json, place) || before.contains(&b'\\') {
            return Suspicion::Some;
        }
        Suspicion::None
    }

    /// Whether `text` may hold the phrase, be it behind the quotes and escapes of JSON. False is certain.
    pub(super) fn may_be_in(self, text: &str) -> bool {
        // Letters that are not ASCII may have lower-case forms that are: the Kelvin sign becomes a k.
        match self.0.first().filter(|token| token.is_ascii() && text.is_ascii()) {
            Some(token) => occurrences(token, text).next().is_some(),
            None => true,
        }
    }

    /// Whether `text` holds the phrase.
    pub(super) fn is_in(self, text: &str) -> bool {
        match self.0 {
            [only] if is_plain(only) && text.is_ascii() => occurrences(only, text).any(|at| is_token(only, text, at)),
            [only] => {
                let mut found = false;
                tokenize(text, |token| found = found || token == only);
                found
            }
            _ => self.may_be_in(text) && self.is_among_tokens_of(text),
        }
    }

    fn is_among_tokens_of(self, text: &str) -> bool {
        // How many tokens of the phrase each beginning that is still alive has matched.
        let mut begun: Vec<usize> = Vec::new();
        let mut found = false;
        tokenize(text, |token| {
            begun.push(0);
            begun.retain_mut(|matched| {
                let fits = self.0.get(*matched).is_some_and(|expected| expected == token);
                *matched += 1;
                found = found || fits && *matched == self.0.len();
                fits && *matched < self.0.len()
            });
        });
        found
    }
}

/// Whether a token is nothing but ASCII letters in lower case and digits. What is not, or is no token at all, is left to
/// the comparison of tokens.
fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Where the letters of an ASCII token stand in an ASCII text, in either case.
fn occurrences<'a>(token: &'a str, text: &'a str) -> impl Iterator<Item = usize> + 'a {
    let (token, text) = (token.as_bytes(), text.as_bytes());
    let first = token.first().copied().unwrap_or_default();
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(found) = memchr2(first, first.to_ascii_uppercase(), text.get(from..)?) {
            let at = from + found;
            from = at + 1;
            if text.get(at..at + token.len())?.eq_ignore_ascii_case(token) {
                return Some(at);
            }
        }
        None
    })
}

/// Whether the letters found at a place are a whole token.
fn is_token(token: &str, text: &str, at: usize) -> bool {
    let goes_on = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let begins = !goes_on(at.checked_sub(1).and_then(|before| bytes.get(before)));
    // A token that is as long as any was cut from a longer word.
    begins && (token.len() == TOKEN_BYTES_MAX || !goes_on(bytes.get(at + token.len())))
}

#[cfg(test)]
mod tests {
    use auditlog_core::query::tokens;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_phrase_is_neighbouring_tokens() {
        for (text, phrase, expected) in [
            ("the payroll run failed", "payroll run", true),
            ("the payroll-run failed", "Payroll RUN", true),
            ("payroll was run", "payroll run", false),
            ("run payroll", "payroll run", false),
            ("a a a b", "a a b", true),
            ("a b a b c", "a b c", true),
            ("payrolls run", "payroll run", false),
            ("payrolls", "payroll", false),
            ("payroll", "payroll", true),
            ("", "payroll", false),
        ] {
            assert_eq!(Phrase(&tokens(phrase)).is_in(text), expected, "{phrase} in {text}");
        }
    }

    /// A phrase of a text's own tokens or of others, and the text.
    fn phrases_and_texts() -> impl Strategy<Value = (Vec<String>, String)> {
        let text = "([abAB1]{1,3}|[ .\"\\\\]|K|é|a{64,66}){0,12}";
        (text, text, 1_usize..3, 0_usize..6).prop_map(|(text, other, length, skipped)| {
            let mut found = tokens(if skipped < 3 { &text } else { &other });
            let found = found.drain(..).skip(skipped).take(length).collect();
            (found, text)
        })
    }

    proptest! {
        #[test]
        fn looking_for_letters_finds_what_comparing_tokens_finds((phrase, text) in phrases_and_texts()) {
            prop_assume!(!phrase.is_empty());
            let expected = tokens(&text).windows(phrase.len()).any(|window| window == phrase);
            prop_assert_eq!(Phrase(&phrase).is_in(&text), expected);
            prop_assert!(!expected || Phrase(&phrase).may_be_in(&text));
        }
    }
}
