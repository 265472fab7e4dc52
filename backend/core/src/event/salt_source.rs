//! Owns the source of an event's salts. The derivation is in `leaf`.

/// The length of a salt, in bytes.
pub const SALT_BYTES: usize = 16;

/// The source of the six group salts of one event: the request's random seed and the event's index in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SaltSource {
    /// Sixteen random bytes, drawn once for each request.
    pub seed: [u8; SALT_BYTES],
    /// The event's position in that request.
    pub index: u32,
}
