//! Owns how bodies are read: content type, content encoding, size and time. Knows nothing of what they mean.
//!
//! A body is decompressed while it arrives and refused at the byte that is one too many, so that neither a large body
//! nor a small one that unpacks large costs more memory than the limit.

mod decoder;
mod media_type;
mod object;
mod read;

pub(crate) use media_type::MediaType;
pub(crate) use object::{JsonObject, Members};
pub(crate) use read::{BodyLimits, read_body};

/// The largest body of a batch, after decompression.
pub(crate) const BATCH_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// The largest body of any request that is not a batch: an event has at most 64 KiB, and its JSON may be wider than
/// its content where characters are escaped.
pub(crate) const SINGLE_BYTES_MAX: usize = 512 * 1_024;
