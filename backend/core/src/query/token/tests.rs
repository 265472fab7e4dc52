//! Examples and properties of the tokeniser.

use std::ops::Range;

use proptest::prelude::*;

use super::{class::Class, *};
use crate::text::word_key;

/// Tokens as one text: words have a space before them, and so does each run of characters of scripts without spaces,
/// whose tokens are joined by dots.
fn notation(text: &str) -> String {
    let mut written = String::new();
    for OwnedToken { key, kind } in tokens(text) {
        written.push_str(match kind {
            _ if written.is_empty() => "",
            TokenKind::Continuing => "·",
            TokenKind::Word | TokenKind::Starting => " ",
        });
        written.push_str(&key);
    }
    written
}

fn ranges(text: &str) -> Vec<(String, Range<usize>)> {
    let mut ranges = Vec::new();
    let _ = walk_tokens(text, |token, range| {
        ranges.push((token.key.to_owned(), range));
        ControlFlow::Continue(())
    });
    ranges
}

#[test]
fn words_are_runs_of_letters_numbers_and_marks() {
    for (text, expected) in [
        ("", ""),
        (" -_.,;:!?\"'\u{0}\u{2014} ", ""),
        ("Deleted the payroll run", "deleted the payroll run"),
        ("get_bucket-acl/v2.1", "get bucket acl v2 1"),
        ("arn:aws:iam::012:user/Bert-Jan", "arn aws iam 012 user bert jan"),
        ("noor.haddad@example.org it's", "noor haddad example org it s"),
        ("{\"a\":[1,true]}", "a 1 true"),
        // Latin, Greek, Cyrillic.
        ("ÄRGER mit Größe naïve", "ärger mit grösse naïve"),
        ("cafe\u{301} CAFÉ", "café café"),
        ("ΣΊΣΥΦΟΣ Σίσυφος", "σίσυφοσ σίσυφοσ"),
        ("Отчёт ОТЧЁТ", "отчёт отчёт"),
        // Arabic with vowels, and presentation forms; Hebrew with points.
        ("تقرير تَقْرِير \u{fe95}", "تقرير تَقْرِير ت"),
        ("שלום שָׁלוֹם", "שלום ש\u{5b8}\u{5c1}לו\u{5b9}ם"),
        // The vowels of Devanagari are marks; Hangul is composed.
        ("हिन्दी रिपोर्ट", "हिन्दी रिपोर्ट"),
        ("보고서 \u{1107}\u{1169}\u{1100}\u{1169}", "보고서 보고"),
        // Compatibility forms; the key of a fraction has a sign, that of an Arabic ligature has spaces.
        ("Ｐａｙ ﬁｘ 𝐀 x² ½", "pay fix a x2 1\u{2044}2"),
        ("\u{fdfa}", "صلى الله عليه وسلم"),
        ("\u{2488}a", "1.a"),
        // Marks without a letter before them.
        ("\u{301}a \u{2764}\u{fe0f}", "\u{301}a \u{fe0f}"),
        ("x\u{200d}y", "x y"),
        // The script extensions of this apostrophe name Thai among many others.
        ("o\u{2bc}neill", "o\u{2bc}neill"),
    ] {
        assert_eq!(notation(text), expected, "{text}");
    }
}

#[test]
fn characters_of_scripts_without_spaces_are_tokens() {
    for (text, expected) in [
        ("東京 2024年", "東·京 2024 年"),
        ("東京タワーへ行く", "東·京·タ·ワ·ー·へ·行·く"),
        ("aws東京2号a", "aws 東·京 2 号 a"),
        ("東京・大阪、京都", "東·京 大·阪 京·都"),
        ("人々 〆切 ゝ 〇", "人·々 〆·切 ゝ 〇"),
        ("㊀東 ㈠", "一 東 (一)"),
        // Voiced sounds in full, composed and half width.
        ("ガ カ\u{3099} ｶﾞ ﾊﾟ", "ガ ガ ガ パ"),
        ("ヿ", "コ·ト"),
        ("データ ﾃﾞｰﾀ", "デ·ー·タ デ·ー·タ"),
        // Thai, with SARA AM in one and in two characters.
        ("รายงาน", "ร·า·ย·ง·า·น"),
        ("ที่น\u{e49}\u{e33}", "ที่·น\u{e49}\u{e4d}·\u{e32}"),
        ("ก\u{e33} ก\u{e4d}\u{e32}", "ก\u{e4d}·\u{e32} ก\u{e4d}·\u{e32}"),
        // Lao with a letter that stands for two, Khmer with a subscript, Myanmar with vowels.
        ("ໜ\u{eb2} ຫນ\u{eb2}", "ຫ·ນ·\u{eb2} ຫ·ນ·\u{eb2}"),
        ("ខ្មែរ", "ខ\u{17d2}·មែ·រ"),
        ("မြန်မာ", "မြ·န်·မာ"),
        // A mark behind a word belongs to the word, and one at the beginning is a word.
        ("a\u{3099}東", "a\u{3099} 東"),
        ("\u{3099}東", "\u{3099} 東"),
        ("ﾞ \u{e33}a", "\u{3099} \u{e4d}·\u{e32} a"),
        ("aﾞ", "a \u{3099}"),
    ] {
        assert_eq!(notation(text), expected, "{text}");
    }
}

#[test]
fn ranges_are_those_of_the_text() {
    let of = |key: &str, range| (key.to_owned(), range);
    assert_eq!(ranges("É東京"), [of("é", 0..2), of("東", 2..5), of("京", 5..8)]);
    assert_eq!(ranges("-ｶﾞ ½"), [of("ガ", 1..7), of("1\u{2044}2", 8..10)]);
    assert_eq!(ranges("ก\u{e33}"), [of("ก\u{e4d}", 0..6), of("\u{e32}", 0..6)]);
}

#[test]
fn long_tokens_keep_their_first_64_bytes_whole_characters_only() {
    assert_eq!(tokens(&"A".repeat(100)), [OwnedToken::word("a".repeat(64))]);
    assert_eq!(tokens(&format!("x{}", "é".repeat(50))), [OwnedToken::word(format!("x{}", "é".repeat(31)))]);
    // The character after the cut is dropped too, although it would fit by itself.
    assert_eq!(tokens(&format!("{}éz", "a".repeat(63))), [OwnedToken::word("a".repeat(63))]);
    let marked = format!("東{}", "\u{301}".repeat(60));
    assert_eq!(tokens(&marked)[0].key, format!("東{}", "\u{301}".repeat(30)));
}

#[test]
fn the_keys_of_characters_without_spaces_begin_with_letters() {
    for character in '\u{e01}'..=char::MAX {
        if Class::of(character) == Class::Unspaced {
            let text = character.to_string();
            let first = word_key(&text).chars().next().map(Class::of);
            assert_eq!(first, Some(Class::Unspaced), "{text}");
        }
    }
}

/// The rules of the module's documentation, implemented as plainly as possible.
fn plain_tokens(text: &str) -> Vec<OwnedToken> {
    let mut found = Vec::new();
    for run in text.split(|character| Class::of(character) == Class::Separator).filter(|run| !run.is_empty()) {
        let mut pieces: Vec<(TokenKind, String)> = Vec::new();
        for character in run.chars() {
            let class = Class::of(character);
            let is_in_word = pieces.last().map(|(kind, _)| *kind == TokenKind::Word);
            match (class, is_in_word) {
                (Class::Letter | Class::Mark, Some(true)) | (Class::Mark | Class::Appended, Some(false)) => {
                    pieces.last_mut().unwrap().1.push(character);
                }
                (Class::Letter | Class::Mark, _) => pieces.push((TokenKind::Word, character.to_string())),
                (_, Some(false)) => pieces.push((TokenKind::Continuing, character.to_string())),
                _ => pieces.push((TokenKind::Starting, character.to_string())),
            }
        }
        for (kind, piece) in pieces {
            let key = word_key(&piece).into_owned();
            let mut parts: Vec<String> = Vec::new();
            for character in key.chars() {
                let begins = kind != TokenKind::Word && Class::of(character) != Class::Mark;
                match parts.last_mut().filter(|_| !begins) {
                    Some(part) => part.push(character),
                    None => parts.push(character.to_string()),
                }
            }
            for (place, part) in parts.into_iter().enumerate() {
                let ends = part.char_indices().map(|(at, one)| at + one.len_utf8()).take_while(|end| *end <= 64);
                let key = part[..ends.last().unwrap_or(0)].to_owned();
                found.push(OwnedToken { key, kind: if place > 0 { TokenKind::Continuing } else { kind } });
            }
        }
    }
    found
}

const TEXTS: &str = "(\\PC|[a-zA-Z0-9 _.:-]|[ßİéΣ東京ガｶﾞーกำ\u{301}\u{3099}\u{e31}한½ﬁ٣]){0,200}";

proptest! {
    #[test]
    fn the_fast_path_agrees_with_the_rules(text in TEXTS) {
        prop_assert_eq!(tokens(&text), plain_tokens(&text));
    }

    #[test]
    fn the_bytes_of_tokens_are_these_tokens(text in TEXTS) {
        let mut behind = 0..0;
        let mut same: Vec<String> = Vec::new();
        for (key, range) in ranges(&text) {
            if range != behind {
                prop_assert!(range.start >= behind.end);
                same.clear();
            }
            same.push(key);
            let found: Vec<String> = tokens(&text[range.clone()]).into_iter().map(|token| token.key).collect();
            prop_assert_eq!(&found[..same.len()], &same[..]);
            behind = range;
        }
    }

    #[test]
    fn every_spelling_of_a_text_has_its_tokens(text in "([a-zA-Z0-9 _.-]|ｶﾞ|กำ|[éÉäßΣ東京ガｶタกน้ัहिन्दी한글]){0,40}") {
        let plain = tokens(&text);
        prop_assert_eq!(&tokens(&text.to_uppercase()), &plain);
        let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().normalize(&text).into_owned();
        prop_assert_eq!(&tokens(&composed), &plain, "{:?}", composed);
    }
}
