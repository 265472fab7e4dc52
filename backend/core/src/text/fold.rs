//! Keys of texts: NFC(fold(NFC(text))) with Unicode full case folding. `Mara`, `MARA` and `mara` have one key, and so do
//! `é` as one character and as two.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// The version of the rules and of the Unicode data. An index with keys of another version is rebuilt.
pub const KEY_VERSION: u32 = 1;

const FOLD: icu_casemap::CaseMapperBorrowed<'static> = CaseMapper::new();
const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

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

    proptest! {
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
