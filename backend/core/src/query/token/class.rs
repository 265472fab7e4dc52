//! Owns what a character is for the words around it.

use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed,
    props::{GeneralCategory, GeneralCategoryGroup, Script},
    script::ScriptWithExtensions,
};

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const SCRIPTS: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::new();

const UNSPACED: [Script; 7] =
    [Script::Han, Script::Hiragana, Script::Katakana, Script::Thai, Script::Lao, Script::Khmer, Script::Myanmar];

/// The first character of the scripts above.
const FIRST_UNSPACED: char = '\u{e01}';

/// The class of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It belongs to no word.
    Separator,
    /// A letter or number of a script with spaces between its words.
    Letter,
    /// A mark.
    Mark,
    /// A letter or number of a script without spaces.
    Unspaced,
    /// The same, but a mark of such a character that it directly follows.
    Appended,
}

impl Class {
    /// That of a character.
    pub(super) fn of(character: char) -> Self {
        let category = CATEGORIES.get(character);
        if GeneralCategoryGroup::Mark.contains(category) {
            return Self::Mark;
        }
        if !GeneralCategoryGroup::Letter.contains(category) && !GeneralCategoryGroup::Number.contains(category) {
            return Self::Separator;
        }
        match character {
            // SARA AM, of which the first part is a mark, and the half-width forms of the marks U+3099 and U+309A.
            '\u{e33}' | '\u{eb3}' | '\u{ff9e}' | '\u{ff9f}' => Self::Appended,
            _ if is_unspaced(character, category) => Self::Unspaced,
            _ => Self::Letter,
        }
    }
}

/// Whether a letter or number is of a script without spaces. Letters of several scripts, such as the prolonged sound
/// mark, name them in their script extensions; so do numbers in circles and parentheses, which are words.
fn is_unspaced(character: char, category: GeneralCategory) -> bool {
    if character < FIRST_UNSPACED {
        return false;
    }
    match SCRIPTS.get(character) {
        Script::Common | Script::Inherited if GeneralCategoryGroup::Letter.contains(category) => {
            let scripts = ScriptWithExtensions::new().get_script_extensions_val(character);
            scripts.iter().all(|script| UNSPACED.contains(&script))
        }
        script => UNSPACED.contains(&script),
    }
}
