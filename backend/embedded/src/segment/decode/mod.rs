//! Decodes data pages: levels, and values by their encodings. Knows the encodings that segments are written with; files
//! with others are left to the Parquet crate's own reader.

mod delta;
mod page;
mod runs;
mod values;
mod whole;

pub(super) use page::{DataPage, Levels, ListStart, levels_of, unreadable};
pub(super) use values::{Cell, Plain};
pub(super) use whole::{CodeKind, WholePage};
