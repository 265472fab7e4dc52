//! Owns the keys of texts and the meaning of stars, from the documentation of `core::text`, with other libraries than
//! the engines use.

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// NFC(fold(NFC(text))) with full case folding.
pub(crate) fn key(text: &str) -> String {
    text.nfc().default_case_fold().nfc().collect()
}

/// NFKC(fold(NFKC(word))) with full case folding.
pub(crate) fn word_key(word: &str) -> String {
    word.nfkc().default_case_fold().nfkc().collect()
}

/// Whether a text begins with the first piece, ends with the last one, and has the others in between, one behind the
/// other. Tries every place of each piece.
pub(crate) fn is_like(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    if rest.is_empty() {
        return text == first;
    }
    text.strip_prefix(first.as_str()).is_some_and(|text| {
        text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(rest, &text[at..]))
    })
}
