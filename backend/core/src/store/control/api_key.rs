//! Owns the API key: its record, its changes and how it is found.

use ipnet::IpNet;

use crate::{
    id::ApiKeyId,
    policy::{Permissions, Scope},
    store::{BoxFuture, ControlError, Revision},
    timestamp::Timestamp,
};

/// An API key as it is stored: never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part.
    pub id: ApiKeyId,
    /// The number of its current state.
    pub revision: Revision,
    /// Where it is valid: one tenant, or the system.
    pub scope: Scope,
    /// A name for people, at most 256 bytes.
    pub name: String,
    /// Its permissions.
    pub permissions: Permissions,
    /// HMAC-SHA256(pepper, secret).
    pub secret_hash: [u8; 32],
    /// When it was created.
    pub created_at: Timestamp,
    /// The time from which on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The time since which it is refused.
    pub revoked_at: Option<Timestamp>,
    /// The networks that requests must come from; empty means any.
    pub allowed_networks: Vec<IpNet>,
}

impl ApiKey {
    /// Whether the key is neither revoked nor expired at `now`. Its tenant's status is not considered.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    /// Its position among the keys of its scope.
    #[must_use]
    pub fn position(&self) -> ApiKeyPosition {
        ApiKeyPosition { created_at: self.created_at, id: self.id.clone() }
    }
}

/// A position among the keys of a scope, which are listed in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyPosition {
    /// When the key was created.
    pub created_at: Timestamp,
    /// The key's public part.
    pub id: ApiKeyId,
}

/// The number of keys of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApiKeyCounts {
    /// Neither revoked nor expired.
    pub live: usize,
    /// All of them.
    pub all: usize,
}

/// A change of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// Creates a key with [`Revision::FIRST`]; fails with `AlreadyExists`, or `NotFound` where its tenant is unknown.
    Create(ApiKey),
    /// Replaces a key's name, expiry and networks. `revision` is the one that was read; the stored record gets the next
    /// one. Fails with `NotFound` where no key of its scope has its id, and with `Conflict` where the stored revision
    /// is another one.
    Update(ApiKey),
    /// Marks a key revoked permanently; revoking a revoked key changes nothing. Fails with `NotFound`.
    Revoke {
        /// The key.
        id: ApiKeyId,
        /// The scope in which it must be valid; a key of another scope is `NotFound`.
        scope: Scope,
        /// The time since which it is refused.
        revoked_at: Timestamp,
        /// The revision that it must have, or else the change fails with `Conflict`. `None` revokes it whatever its
        /// revision, so that other changes of the key cannot prevent its revocation.
        expected: Option<Revision>,
    },
    /// Removes a key; fails with `NotFound` where no key of its scope has its id, and with `Conflict` where its
    /// revision is another one: a key that is revoked or expired may have become valid again.
    Delete {
        /// The key.
        id: ApiKeyId,
        /// The scope in which it must be valid; a key of another scope is `NotFound`.
        scope: Scope,
        /// The revision that was read.
        revision: Revision,
    },
}

/// Finds API keys.
pub trait ApiKeyStore: Send + Sync + 'static {
    /// The key with this public part, also if it is revoked or expired.
    fn get_api_key(&self, id: ApiKeyId) -> BoxFuture<'_, Result<Option<ApiKey>, ControlError>>;

    /// A page of a scope's keys, by their positions: those after `after`, or from the first one on, and at most `limit`
    /// of them. Revoked and expired ones are included.
    fn list_api_keys(
        &self,
        scope: Scope,
        after: Option<ApiKeyPosition>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<ApiKey>, ControlError>>;

    /// The number of a scope's keys that are neither revoked nor expired at `now`, and of all its keys.
    fn count_api_keys(&self, scope: Scope, now: Timestamp) -> BoxFuture<'_, Result<ApiKeyCounts, ControlError>>;
}
