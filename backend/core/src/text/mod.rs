//! Owns how texts compare: the keys under which spellings of one text are equal. Knows neither events nor queries.

mod fold;
mod pattern;

pub(crate) use fold::word_key;
pub use fold::{KEY_VERSION, is_key, is_one_of, key_eq, key_of};
pub use pattern::{Pattern, PatternError, STARS_MAX};
