//! Storage of tenants, API keys, saved searches and export jobs. A change and the events that record it commit together
//! or not at all.

use ipnet::IpNet;

use crate::{
    id::{ApiKeyId, TenantId},
    intake::PreparedBatch,
    policy::{Permissions, Scope},
    store::{BoxFuture, ControlError, Export, ExportId, SavedSearch, SavedSearchId},
    timestamp::Timestamp,
};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id; an id is never reused.
    pub id: TenantId,
    /// A name for people, at most 256 bytes.
    pub name: String,
    /// Whether its keys work.
    pub status: TenantStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Whether a tenant's keys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// They do.
    Active,
    /// They are refused; nothing is deleted.
    Suspended,
}

/// An API key as it is stored: never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part.
    pub id: ApiKeyId,
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

/// A change of control data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlChange {
    /// Creates a tenant; fails with `AlreadyExists` where its id was ever used.
    CreateTenant(Tenant),
    /// Replaces a tenant's name, status and `updated_at`; fails with `NotFound`.
    UpdateTenant(Tenant),
    /// Creates a key; fails with `AlreadyExists`, or `NotFound` where its tenant is unknown.
    CreateApiKey(ApiKey),
    /// Replaces a key's name, expiry and networks; fails with `NotFound` where no key of its scope has its id.
    UpdateApiKey(ApiKey),
    /// Marks a key revoked permanently; revoking a revoked key changes nothing. Fails with `NotFound`.
    RevokeApiKey {
        /// The key.
        id: ApiKeyId,
        /// The scope in which it must be valid; a key of another scope is `NotFound`.
        scope: Scope,
        /// The time since which it is refused.
        revoked_at: Timestamp,
    },
    /// Removes a key; fails with `NotFound` where no key of its scope has its id. For keys that are revoked or expired.
    ForgetApiKey {
        /// The key.
        id: ApiKeyId,
        /// The scope in which it must be valid; a key of another scope is `NotFound`.
        scope: Scope,
    },
    /// Creates a saved search; fails with `AlreadyExists` where its tenant has one with its id or its owner has one
    /// with its name, with `NotFound` where its tenant is unknown, and with `LimitReached` where the tenant has
    /// [`crate::store::SAVED_SEARCHES_MAX`] or the owner [`crate::store::SAVED_SEARCHES_OF_KEY_MAX`].
    CreateSavedSearch(SavedSearch),
    /// Replaces a saved search's name, query, description, visibility and `updated_at`; fails with `NotFound` where its
    /// tenant has none with its id, and with `AlreadyExists` where another one of its owner has its name.
    UpdateSavedSearch(SavedSearch),
    /// Deletes a saved search; fails with `NotFound`.
    DeleteSavedSearch {
        /// The saved search.
        id: SavedSearchId,
        /// Its tenant; one of another tenant is `NotFound`.
        tenant_id: TenantId,
    },
    /// Creates an export; fails with `AlreadyExists` where its tenant has one with its id, with `NotFound` where its
    /// tenant is unknown, and with `LimitReached` where the tenant has [`crate::store::EXPORTS_MAX`] or the owner
    /// [`crate::store::EXPORTS_OF_KEY_MAX`].
    CreateExport(Export),
    /// Replaces an export's status and progress; fails with `NotFound` where its tenant has none with its id, and where
    /// it is not [`crate::store::ExportStatus::Pending`] any more: an ended export does not change.
    UpdateExport(Export),
    /// Deletes an export; fails with `NotFound`.
    DeleteExport {
        /// The export.
        id: ExportId,
        /// Its tenant; one of another tenant is `NotFound`.
        tenant_id: TenantId,
    },
}

/// How urgent a change of control data is while the store lacks resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It is refused as events are: with [`crate::store::AppendError::Overloaded`] where the queue is full, and with
    /// [`crate::store::AppendError::InsufficientStorage`] where too little disk is free.
    Ordinary,
    /// It protects or frees space, as revoking, suspending, cancelling and deleting do. It has reserved places in the
    /// queue and reserved disk space: conditions that make the store refuse events do not make it refuse this. Only
    /// changes that can be made once each may be protective, or the reserved space could be used up.
    Protective,
}

/// Stores tenants, keys, saved searches and exports.
pub trait ControlStore: Send + Sync + 'static {
    /// Makes changes, in order, and appends the events that record them, all in one commit or none of them.
    ///
    /// The batches may belong to a tenant that one of the changes creates. When the future resolves with `Ok`, both are
    /// durable.
    fn apply_with(
        &self,
        urgency: Urgency,
        changes: Vec<ControlChange>,
        audit: Vec<PreparedBatch>,
    ) -> BoxFuture<'_, Result<(), ControlError>>;

    /// The same with [`Urgency::Ordinary`].
    fn apply(&self, changes: Vec<ControlChange>, audit: Vec<PreparedBatch>) -> BoxFuture<'_, Result<(), ControlError>> {
        self.apply_with(Urgency::Ordinary, changes, audit)
    }

    /// A number that rises with every change of a tenant or an API key, once all other functions return the changed
    /// data. It has no other meaning: another process may start with any number.
    fn revision(&self) -> u64;

    /// Resolves with the revision as soon as it differs from `seen`, at once where it already does. A caller that gets
    /// the revision, then reads keys and tenants, and then waits, misses no change. There is no deadline: a caller that
    /// no longer wants to wait drops the future.
    fn wait_for_change(&self, seen: u64) -> BoxFuture<'_, Result<u64, ControlError>>;

    /// The tenant with this id.
    fn get_tenant(&self, id: &TenantId) -> Result<Option<Tenant>, ControlError>;

    /// A page of all tenants, by id: those after `after`, or from the first one on, and at most `limit` of them.
    fn list_tenants(&self, after: Option<&TenantId>, limit: usize) -> Result<Vec<Tenant>, ControlError>;

    /// The key with this public part, also if it is revoked or expired. Called for every request, so it is answered
    /// from memory.
    fn get_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ControlError>;

    /// A page of a scope's keys, by their positions: those after `after`, or from the first one on, and at most `limit`
    /// of them. Revoked and expired ones are included.
    fn list_api_keys(
        &self,
        scope: &Scope,
        after: Option<&ApiKeyPosition>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, ControlError>;

    /// The number of a scope's keys that are neither revoked nor expired at `now`, and of all its keys.
    fn count_api_keys(&self, scope: &Scope, now: Timestamp) -> Result<ApiKeyCounts, ControlError>;

    /// The tenant's saved search with this id, whatever its visibility.
    fn get_saved_search(&self, tenant_id: &TenantId, id: SavedSearchId) -> Result<Option<SavedSearch>, ControlError>;

    /// Every saved search of a tenant by (name, id), whatever its visibility.
    fn list_saved_searches(&self, tenant_id: &TenantId) -> Result<Vec<SavedSearch>, ControlError>;

    /// The tenant's export with this id, regardless of its owner.
    fn get_export(&self, tenant_id: &TenantId, id: ExportId) -> Result<Option<Export>, ControlError>;

    /// Every export of a tenant by (`created_at`, id), regardless of the owner.
    fn list_exports(&self, tenant_id: &TenantId) -> Result<Vec<Export>, ControlError>;

    /// Every export of every tenant, by tenant and (`created_at`, id), for the code that runs exports and removes old
    /// ones.
    fn list_all_exports(&self) -> Result<Vec<Export>, ControlError>;
}
