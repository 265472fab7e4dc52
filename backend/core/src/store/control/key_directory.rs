//! Owns how the credential of a request is looked up: in the memory of this process.

use crate::{
    id::{ApiKeyId, TenantId},
    store::{ApiKey, BoxFuture, ControlError, Tenant},
};

/// The API keys and tenants against which requests are checked. Every request needs them, so they are answered from
/// memory, without waiting. Where other processes change them too, an implementation that cannot be sure to be up to
/// date fails with `Unavailable`, because a revoked key must not be accepted.
pub trait KeyDirectory: Send + Sync + 'static {
    /// The key with this public part, also if it is revoked or expired.
    fn find_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError>;

    /// The tenant with this id.
    fn find_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError>;

    /// A number that rises with every change of a tenant or an API key, once the other functions return the changed
    /// data. It has no other meaning: another process may start with any number.
    fn version(&self) -> u64;

    /// Resolves with the version as soon as it differs from `seen`, at once where it already does. A caller that gets
    /// the version, then finds keys and tenants, and then waits, misses no change. There is no deadline: a caller that
    /// no longer wants to wait drops the future.
    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>>;
}
