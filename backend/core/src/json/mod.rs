//! Strict JSON in, RFC 8785 JSON out. Knows JSON and nothing of events.
//!
//! In: a pull [`Reader`] over bytes that refuses whatever two parsers could read differently (repeated names, lone
//! surrogates, U+0000, numbers beyond 2^53, nesting beyond [`DEPTH_MAX`]). Out: writers for the JSON Canonicalization
//! Scheme, and [`read_canonical`], which turns any value into its canonical text.

mod canonical;
mod error;
mod number;
mod path;
mod reader;
mod scan;
mod shorten;
mod skim;
mod string;
mod write;

pub use canonical::{LocatedError, read_canonical};
pub use error::{JsonError, JsonErrorKind};
pub use number::INTEGER_MAX;
pub(crate) use number::is_in_range;
pub(crate) use path::push_pointer_token;
pub use path::{Path, is_pointer, shown_pointer};
pub use reader::{DEPTH_MAX, Kind, Mark, Reader};
pub use shorten::{printed_bytes, shorten};
pub use string::Text;
pub(crate) use write::write_list;
pub use write::{ObjectWriter, compare_names, write_address, write_hex, write_number, write_string};
