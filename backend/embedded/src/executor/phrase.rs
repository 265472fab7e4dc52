//! Finds whether tokens are adjacent in a text.
//!
//! Most texts are ASCII and do not contain the phrase. For these it is enough to search for letters, which is far
//! faster than tokenising every text.

use std::ops::ControlFlow;

use auditlog_core::query::{OwnedToken, Phrase, PhraseEnd, PhraseProgress, TOKEN_BYTES_MAX, walk_tokens};

use super::suspects::Suspicion;

/// A phrase to search for in texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhraseSearch<'a>(pub(super) &'a Phrase);

impl<'a> PhraseSearch<'a> {
    /// Letters that every text with the phrase contains in either case, unless it contains non-ASCII characters; `None`
    /// where there are no such letters.
    pub(super) fn letters(self) -> Option<&'a [u8]> {
        self.first_key().filter(|key| key.is_ascii() && !key.is_empty()).map(str::as_bytes)
    }

    /// The conclusion from [`Self::letters`] at this place of an ASCII text. Without a place the text is not ASCII, and
    /// is split into tokens.
    pub(super) fn suspicion_at(self, text: &str, place: Option<usize>) -> Suspicion {
        let conclude = |is_there| if is_there { Suspicion::Certain } else { Suspicion::None };
        match (self.only_plain(), place) {
            (_, None) => conclude(self.is_among_tokens_of(text)),
            // Another place of this text may contain the whole token, and is examined, too.
            (Some(only), Some(place)) => conclude(self.stands_at(place, only, text)),
            (None, Some(_)) => Suspicion::Some,
        }
    }

    /// The same for JSON, whose texts only a JSON reader can separate.
    pub(super) fn suspicion_in_json(self, json: &str, place: Option<usize>) -> Suspicion {
        /// The length of `\u001f`, after which a token may begin.
        const ESCAPE_BYTES_MAX: usize = 6;
        let (Some(place), Some(only)) = (place, self.only_plain()) else { return Suspicion::Some };
        let before = json.as_bytes().get(place.saturating_sub(ESCAPE_BYTES_MAX)..place).unwrap_or_default();
        if self.stands_at(place, only, json) || before.contains(&b'\\') {
            return Suspicion::Some;
        }
        Suspicion::None
    }

    /// Whether `text` may contain the phrase, also behind the quotes and escapes of JSON. False is certain.
    pub(super) fn may_be_in(self, text: &str) -> bool {
        // Non-ASCII letters may have ASCII keys: that of the Kelvin sign is a k. ASCII texts have ASCII keys only.
        !text.is_ascii() || self.letters().is_some_and(|first| find_in_either_case(text.as_bytes(), first).is_some())
    }

    /// Whether `text` contains the phrase.
    pub(super) fn is_in(self, text: &str) -> bool {
        match self.only_plain() {
            Some(only) if text.is_ascii() => self.stands_alone_in(only, text),
            _ => self.may_be_in(text) && self.is_among_tokens_of(text),
        }
    }

    fn first_key(self) -> Option<&'a str> {
        self.0.tokens().first().map(|token| token.key.as_str())
    }

    /// The only token, where it consists of ASCII lower-case letters and digits. Other tokens, and those of longer
    /// phrases, are compared.
    fn only_plain(self) -> Option<&'a str> {
        match self.0.tokens() {
            [OwnedToken { key, .. }] if is_plain(key) => Some(key),
            _ => None,
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
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(|rest| find_in_either_case(rest, token.as_bytes())) {
            let at = from + found;
            if self.stands_at(at, token, text) {
                return true;
            }
            from = end_of_run(bytes, at);
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

/// Whether a token consists of ASCII lower-case letters and digits only.
fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The first place of ASCII lower-case letters and digits in either case. For short texts: a long one is lower-cased
/// and searched by a searcher of [`memchr::memmem`], whose construction costs more than a short search.
fn find_in_either_case(text: &[u8], letters: &[u8]) -> Option<usize> {
    let first = *letters.first()?;
    let is_here =
        |at: &usize| text.get(*at..*at + letters.len()).is_some_and(|part| part.eq_ignore_ascii_case(letters));
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), text).find(is_here)
}

/// The end of the letters and digits at a place. Where the letters of a plain token were found there and are not the
/// token, the rest of them need not be examined: the token does not occur elsewhere among them.
pub(super) fn end_of_run(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use auditlog_core::query::{TokenKind, tokens};
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
            ("run", "\u{2488}", false),
            ("1.", "\u{2488}", false),
            ("\u{2488}", "\u{2488}", true),
            ("大東京都", "東京", true),
            ("大東京都", "東", true),
            ("東 京", "東京", false),
            ("tokyo", "東京", false),
            ("ﾃﾞｰﾀ", "データ", true),
        ] {
            let phrase = match phrase.strip_suffix('*') {
                Some(begun) => Phrase::of_text(begun, PhraseEnd::Prefix),
                None => Phrase::of_text(phrase, PhraseEnd::Whole),
            };
            let phrase = phrase.unwrap();
            assert_eq!(PhraseSearch(&phrase).is_in(text), expected, "{phrase:?} in {text}");
        }
    }

    /// Words of a text or of others, the last possibly a prefix, and the text.
    fn words_and_texts() -> impl Strategy<Value = (Vec<OwnedToken>, PhraseEnd, String)> {
        let text = "([abAB1]{1,3}|[ .\"\\\\]|K|é|a{64,66}|[東京]{1,3}|\u{2488}|½){0,12}";
        (text, text, 1_usize..3, 0_usize..6, any::<bool>()).prop_map(|(text, other, length, skipped, is_begun)| {
            let mut found = tokens(if skipped < 3 { &text } else { &other });
            let mut found: Vec<OwnedToken> = found.drain(..).skip(skipped).take(length).collect();
            let end = if is_begun { PhraseEnd::Prefix } else { PhraseEnd::Whole };
            if let Some(last) = found.last_mut().filter(|last| is_begun && last.key.chars().count() > 1) {
                last.key.pop();
            }
            (found, end, text)
        })
    }

    proptest! {
        #[test]
        fn looking_for_letters_finds_what_comparing_tokens_finds((words, end, text) in words_and_texts()) {
            prop_assume!(!words.is_empty());
            let last = words.len() - 1;
            let fits = |place: usize, token: &OwnedToken| {
                let is_like = words[place].kind == token.kind
                    || place == 0 && words[place].kind != TokenKind::Word && token.kind != TokenKind::Word;
                is_like
                    && match end {
                        PhraseEnd::Prefix if place == last => token.key.starts_with(&words[place].key),
                        _ => token.key == words[place].key,
                    }
            };
            let expected = tokens(&text)
                .windows(words.len())
                .any(|window| window.iter().enumerate().all(|(place, token)| fits(place, token)));
            let phrase = Phrase::of_tokens(words.clone(), end).unwrap();
            prop_assert_eq!(PhraseSearch(&phrase).is_in(&text), expected);
            prop_assert!(!expected || PhraseSearch(&phrase).may_be_in(&text));
        }
    }
}
