//! Owns a claim: what must hold during an attack.

use serde::Serialize;

/// One property that must hold while a server is attacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What must hold.
    pub claim: &'static str,
    /// Whether it did.
    pub holds: bool,
    /// The observation.
    pub seen: String,
}

impl Claim {
    pub(super) fn new(claim: &'static str, holds: bool, seen: impl Into<String>) -> Self {
        Self { claim, holds, seen: seen.into() }
    }
}
