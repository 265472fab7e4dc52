//! Owns the secret that cursors are signed with.

/// The secret that cursors are signed with.
#[derive(Clone)]
pub struct CursorSecret(pub [u8; 32]);

impl std::fmt::Debug for CursorSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CursorSecret(hidden)")
    }
}
