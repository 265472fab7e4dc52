//! Keys of texts: NFC(fold(NFC(text))) with Unicode full case folding. `Mara`, `MARA` and `mara` have one key, and so
//! do `é` as one character and as two. Keys of words are NFKC(fold(NFKC(word))): those of full-width letters and
//! ligatures are the same as those of plain letters.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// The version of the rules and of the Unicode data. An index with keys of another version is rebuilt.
pub const KEY_VERSION: u32 = 1;

const FOLD: icu_casemap::CaseMapperBorrowed<'static> = CaseMapper::new();
const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// The key of a text. Nearly all texts of events are ASCII, of which only the capitals change.
#[must_use]
pub fn key_of(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(key_of_any(text));
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

/// Whether a text has this key.
#[must_use]
pub fn key_eq(text: &str, key: &str) -> bool {
    if text == key {
        return is_key(text);
    }
    if text.is_ascii() {
        let (text, key) = (text.as_bytes(), key.as_bytes());
        return text.len() == key.len()
            && text.iter().zip(key).all(|(left, right)| left.to_ascii_lowercase() == *right);
    }
    key_of_any(text) == key
}

/// Whether the key of a text is one of these sorted keys.
#[must_use]
pub fn is_one_of(text: &str, keys: &[String]) -> bool {
    match keys {
        [key] => key_eq(text, key),
        keys => {
            let key = key_of(text);
            keys.binary_search_by(|known| known.as_str().cmp(&key)).is_ok()
        }
    }
}

/// Whether a text is its own key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    key_of(text) == text
}

/// The key of a word, whatever its script. Most words that are not ASCII are their own keys, too.
#[must_use]
pub(crate) fn word_key(word: &str) -> Cow<'_, str> {
    let owned = |text| match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    };
    let composed = NFKC.normalize(word);
    let folded: Option<String> = owned(FOLD.fold_string(&composed));
    let key = owned(NFKC.normalize(folded.as_deref().unwrap_or(&composed)));
    key.or(folded).map_or(composed, Cow::Owned)
}

#[cold]
fn key_of_any(text: &str) -> String {
    NFC.normalize(&FOLD.fold_string(&NFC.normalize(text))).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_text_have_one_key() {
        for spellings in [
            &["Mara", "MARA", "mara"][..],
            &["caf\u{e9}", "cafe\u{301}", "CAF\u{c9}", "CAFE\u{301}"],
            &["Straße", "STRASSE", "strasse", "STRAẞE"],
            &["Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"],
            &["\u{390}", "\u{1fd3}", "\u{3b9}\u{308}\u{301}", "\u{3aa}\u{301}"],
            &["\u{212a}elvin", "kelvin"],
            &["\u{1e9b}\u{323}", "\u{1e69}"],
        ] {
            for spelling in spellings {
                assert_eq!(key_of(spelling), key_of(spellings[0]), "{spelling:?}");
                assert!(key_eq(spelling, &key_of(spellings[0])), "{spelling:?}");
            }
        }
        for (left, right) in [("mara", "nara"), ("\u{ff41}", "a"), ("ﬁx", "fx"), ("ı", "i")] {
            assert_ne!(key_of(left), key_of(right));
        }
    }

    #[test]
    fn spellings_of_one_word_have_one_key() {
        for (word, key) in [
            ("Mara", "mara"),
            ("ｍａｒａ", "mara"),
            ("ﬁx", "fix"),
            ("STRAẞE", "strasse"),
            ("e\u{301}", "é"),
            ("ｶﾞ", "ガ"),
            ("\u{1d400}", "a"),
            ("²", "2"),
            ("½", "1\u{2044}2"),
            ("\u{3d2}\u{301}", "\u{3cd}"),
        ] {
            assert_eq!(word_key(word), key, "{word:?}");
        }
    }

    #[test]
    fn the_key_of_a_word_is_its_own_key() {
        for character in '\0'..=char::MAX {
            let word = character.to_string();
            let key = word_key(&word);
            assert_eq!(word_key(&key), key, "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_word_keeps_its_key(word in "(\\PC|[ßİéΣΐｶﾞ\u{301}\u{345}\u{e33}]){0,12}") {
            let key = word_key(&word).into_owned();
            prop_assert_eq!(word_key(&key), key.as_str());
            prop_assert_eq!(word_key(&key_of(&word)).into_owned(), key);
        }

        #[test]
        fn the_fast_path_agrees_with_the_rule(text in "(\\PC|[a-zA-Z0-9 @._-]|[ßİéΣΐ\u{301}\u{345}]){0,40}") {
            let key = key_of(&text).into_owned();
            prop_assert_eq!(&key, &key_of_any(&text));
            prop_assert!(key_eq(&text, &key));
            prop_assert!(is_key(&key), "a key is its own key: {:?}", key);
        }

        #[test]
        fn texts_are_equal_exactly_where_their_keys_are(left in "[aAbBéÉ\u{301}]{0,4}", right in "[aAbBéÉ\u{301}]{0,4}") {
            prop_assert_eq!(key_eq(&left, &key_of(&right)), key_of(&left) == key_of(&right));
        }
    }
}
