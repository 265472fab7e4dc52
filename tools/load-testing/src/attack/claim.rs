//! Owns what an attack must not achieve.

use serde::Serialize;

/// One thing that must hold while a server is attacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What must hold.
    pub claim: &'static str,
    /// Whether it did.
    pub holds: bool,
    /// What was seen.
    pub seen: String,
}

impl Claim {
    pub(super) fn new(claim: &'static str, holds: bool, seen: impl Into<String>) -> Self {
        Self { claim, holds, seen: seen.into() }
    }
}
