//! Leaf v1: the salted group digests an event commits to. docs/spec/leaf-v1.md fixes the bytes.

/// What the six group salts of one event are derived from: the request's random seed and the event's index in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SaltSource {
    /// Sixteen random bytes, drawn once for each request.
    pub seed: [u8; 16],
    /// The event's position in that request.
    pub index: u32,
}

/// The RFC 6962 hash of a leaf or node of a tenant's tree.
pub type Hash = [u8; 32];
