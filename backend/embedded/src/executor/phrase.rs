//! Finds whether tokens are adjacent in a text.
//!
//! Most texts are ASCII and do not contain the phrase. For these it is enough to search for letters, which is far
//! faster than tokenising every text.

use std::ops::ControlFlow;

use auditlog_core::query::{Phrase, PhraseEnd, PhraseProgress, TOKEN_BYTES_MAX, walk_tokens};
use memchr::memmem::{self, Finder};

use super::suspects::Suspicion;

/// A phrase to search for in texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhraseSearch<'a>(pub(super) &'a Phrase);

impl<'a> PhraseSearch<'a> {
    /// Letters that every text with the phrase contains in either case, unless it contains non-ASCII characters; `None`
    /// where there are no such letters.
    pub(super) fn letters(self) -> Option<&'a [u8]> {
        self.0.tokens().first().filter(|token| token.is_ascii() && !token.is_empty()).map(String::as_bytes)
    }

    /// The conclusion from [`Self::letters`] at this place of an ASCII text; without a place the text is not ASCII and
    /// may contain the phrase.
    pub(super) fn suspicion_at(self, text: &str, place: Option<usize>) -> Suspicion {
        match (self.0.tokens(), place) {
            ([only], Some(place)) if is_plain(only) => {
                // Another place of this text may contain the whole token, and is examined, too.
                if self.stands_at(place, only, text) { Suspicion::Certain } else { Suspicion::None }
            }
            _ => Suspicion::Some,
        }
    }

    /// The same for JSON, whose texts only a JSON reader can separate.
    pub(super) fn suspicion_in_json(self, json: &str, place: Option<usize>) -> Suspicion {
        /// The length of `\u001f`, after which a token may begin.
        const ESCAPE_BYTES_MAX: usize = 6;
        let (Some(place), [only]) = (place, self.0.tokens()) else { return Suspicion::Some };
        let before = json.as_bytes().get(place.saturating_sub(ESCAPE_BYTES_MAX)..place).unwrap_or_default();
        if !is_plain(only) || self.stands_at(place, only, json) || before.contains(&b'\\') {
            return Suspicion::Some;
        }
        Suspicion::None
    }

    /// Whether `text` may contain the phrase, also behind the quotes and escapes of JSON. False is certain.
    pub(super) fn may_be_in(self, text: &str) -> bool {
        // Non-ASCII letters may have ASCII lower-case forms: the Kelvin sign becomes a k.
        match self.0.tokens().first().filter(|token| token.is_ascii() && text.is_ascii()) {
            Some(token) => memmem::find(text.to_ascii_lowercase().as_bytes(), token.as_bytes()).is_some(),
            None => true,
        }
    }

    /// Whether `text` contains the phrase.
    pub(super) fn is_in(self, text: &str) -> bool {
        match self.0.tokens() {
            [only] if is_plain(only) && text.is_ascii() => self.stands_alone_in(only, text),
            [_] => self.is_among_tokens_of(text),
            _ => self.may_be_in(text) && self.is_among_tokens_of(text),
        }
    }

    fn is_among_tokens_of(self, text: &str) -> bool {
        let mut progress = PhraseProgress::default();
        let found = walk_tokens(text, |token, _| {
            if self.0.advance(&mut progress, token) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found.is_break()
    }

    /// Whether the only token, which is plain, occurs in an ASCII text.
    fn stands_alone_in(self, token: &str, text: &str) -> bool {
        let lowered = text.to_ascii_lowercase();
        let finder = Finder::new(token);
        let mut from = 0;
        while let Some(found) = lowered.get(from..).and_then(|rest| finder.find(rest.as_bytes())) {
            let at = from + found;
            if self.stands_at(at, token, text) {
                return true;
            }
            from = end_of_run(lowered.as_bytes(), at);
        }
        false
    }

    /// Whether the letters of the only token, found at a place, match the phrase: as a whole token or the beginning of
    /// one.
    fn stands_at(self, at: usize, token: &str, text: &str) -> bool {
        let goes_on = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let begins = !goes_on(at.checked_sub(1).and_then(|before| bytes.get(before)));
        // A token of the maximum length was cut from a longer word.
        let may_go_on = self.0.end() == PhraseEnd::Prefix || token.len() == TOKEN_BYTES_MAX;
        begins && (may_go_on || !goes_on(bytes.get(at + token.len())))
    }
}

/// Whether a token consists of ASCII lower-case letters and digits only. For other tokens, and where there is none,
/// tokens are compared.
fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The end of the letters and digits at a place. Where the letters of a plain token were found there and are not the
/// token, the rest of them need not be examined: the token does not occur elsewhere among them.
pub(super) fn end_of_run(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len())
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
            ("payrolls", "pay*", true),
            ("payrolls", "roll*", false),
            ("a-Payroll", "pay*", true),
            ("pay", "payr*", false),
            ("the payroll running", "payroll ru*", true),
            ("the payrolls running", "payroll ru*", false),
            ("the payroll", "payroll ru*", false),
            ("Ünsal", "ün*", true),
        ] {
            let phrase = match phrase.strip_suffix('*') {
                Some(begun) => Phrase::of_tokens(tokens(begun), PhraseEnd::Prefix),
                None => Phrase::of_tokens(tokens(phrase), PhraseEnd::Whole),
            };
            let phrase = phrase.unwrap();
            assert_eq!(PhraseSearch(&phrase).is_in(text), expected, "{phrase:?} in {text}");
        }
    }

    /// Words of a text or of others, the last possibly a prefix, and the text.
    fn words_and_texts() -> impl Strategy<Value = (Vec<String>, PhraseEnd, String)> {
        let text = "([abAB1]{1,3}|[ .\"\\\\]|K|é|a{64,66}){0,12}";
        (text, text, 1_usize..3, 0_usize..6, any::<bool>()).prop_map(|(text, other, length, skipped, is_begun)| {
            let mut found = tokens(if skipped < 3 { &text } else { &other });
            let mut found: Vec<String> = found.drain(..).skip(skipped).take(length).collect();
            let end = if is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole };
            if let Some(last) = found.last_mut().filter(|last| is_begun && last.chars().count() > 1) {
                last.pop();
            }
            (found, end, text)
        })
    }

    proptest! {
        #[test]
        fn looking_for_letters_finds_what_comparing_tokens_finds((words, end, text) in words_and_texts()) {
            prop_assume!(!words.is_empty());
            let last = words.len() - 1;
            let last_fits = |token: &str| match end {
                PhraseEnd::Whole => token == words[last],
                PhraseEnd::Prefix => token.starts_with(&words[last]),
            };
            let expected = tokens(&text)
                .windows(words.len())
                .any(|window| window[..last] == words[..last] && last_fits(&window[last]));
            let phrase = Phrase::of_tokens(words.clone(), end).unwrap();
            prop_assert_eq!(PhraseSearch(&phrase).is_in(&text), expected);
            prop_assert!(!expected || PhraseSearch(&phrase).may_be_in(&text));
        }
    }
}
