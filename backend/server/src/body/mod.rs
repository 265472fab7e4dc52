//! Owns how bodies are read: content type, content encoding, size and time. Knows nothing of their meaning.
//!
//! A body is decompressed while it arrives and refused as soon as it exceeds its limit, so that neither a large body
//! nor a small one that decompresses to a large one uses more memory than the limit.

mod decoder;
mod media_type;
mod object;
mod read;

pub(crate) use media_type::MediaType;
pub(crate) use object::{JsonObject, Members};
pub(crate) use read::{BodyLimits, BodyTimeout, read_body, size_at_most};
