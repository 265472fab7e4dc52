//! Owns the definition of a token, from the documentation of `core::query::token`, with other libraries than the
//! engines use.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_script::{Script, UnicodeScript as _};

use super::folding;

/// The maximum length of a token in bytes, cut at a character boundary.
const TOKEN_BYTES_MAX: usize = 64;

/// Scripts that are written without spaces.
const UNSPACED: [Script; 7] =
    [Script::Han, Script::Hiragana, Script::Katakana, Script::Thai, Script::Lao, Script::Khmer, Script::Myanmar];

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its key.
    pub key: String,
    /// Whether it is a character of a script without spaces, and not a word.
    pub is_unspaced: bool,
    /// Whether another such character stands directly before it.
    pub follows: bool,
}

/// The tokens of a text. The runs of letters, numbers and marks are divided between every two characters that no rule
/// keeps together.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    text.split(|character: char| !is_of_word(character)).flat_map(tokens_of_run).collect()
}

fn tokens_of_run(run: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let is_unspaced = is_unspaced(first);
        let belongs = |character: char| {
            if is_unspaced { is_mark(character) || is_like_a_mark(character) } else { !self::is_unspaced(character) }
        };
        let end = rest.char_indices().skip(1).find(|(_, character)| !belongs(*character));
        let (piece, behind) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        let follows = is_unspaced && found.last().is_some_and(|before| before.is_unspaced);
        let keys = if is_unspaced { character_keys(piece) } else { vec![folding::word_key(piece)] };
        for (place, key) in keys.into_iter().enumerate() {
            found.push(Token { key: cut(key), is_unspaced, follows: follows || place > 0 });
        }
        rest = behind;
    }
    found
}

/// The keys of the characters that a character of a script without spaces stands for.
fn character_keys(piece: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for character in folding::word_key(piece).chars() {
        if keys.is_empty() || !is_mark(character) {
            keys.push(String::new());
        }
        keys.last_mut().expect("there is one").push(character);
    }
    keys
}

fn cut(mut key: String) -> String {
    key.truncate(key.floor_char_boundary(TOKEN_BYTES_MAX));
    key
}

fn group(character: char) -> GeneralCategoryGroup {
    character.general_category_group()
}

fn is_mark(character: char) -> bool {
    group(character) == GeneralCategoryGroup::Mark
}

fn is_of_word(character: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number};
    matches!(group(character), Letter | Number | Mark)
}

/// SARA AM of Thai and Lao, and the half-width voicing signs.
fn is_like_a_mark(character: char) -> bool {
    matches!(character, '\u{e33}' | '\u{eb3}' | '\u{ff9e}' | '\u{ff9f}')
}

fn is_unspaced(character: char) -> bool {
    match group(character) {
        GeneralCategoryGroup::Letter => character.script_extension().iter().all(|script| UNSPACED.contains(&script)),
        GeneralCategoryGroup::Number => UNSPACED.contains(&character.script()),
        _ => false,
    }
}
