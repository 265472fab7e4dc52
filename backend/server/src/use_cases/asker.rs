//! Owns the caller of operations on resources that belong to keys: saved searches and exports.

use auditlog_core::{
    event::Visibility,
    id::{ApiKeyId, TenantId},
    policy::Permission,
};

use crate::{
    auth::TenantGrant,
    problem::{Code, Problem},
    use_cases::{Author, Origin, list_events::visibility_of},
};

/// The caller and its request.
#[derive(Debug)]
pub(crate) struct Asker {
    reader: TenantGrant,
    key_id: ApiKeyId,
    author: Author,
}

impl Asker {
    /// Creates a caller from a credential that may find events; it must be an API key.
    pub(crate) fn new(reader: TenantGrant, origin: Origin) -> Result<Self, Problem> {
        let key_id = ApiKeyId::parse(&reader.key_id).ok_or_else(|| {
            tracing::error!(key_id = reader.key_id, "a credential is not an API key");
            Problem::new(Code::InternalError, "saved searches and exports require an API key")
        })?;
        let author = reader.author(origin);
        Ok(Self { reader, key_id, author })
    }

    pub(super) const fn tenant_id(&self) -> &TenantId {
        &self.reader.tenant_id
    }

    pub(super) const fn key_id(&self) -> &ApiKeyId {
        &self.key_id
    }

    /// The caller as the author of a change.
    pub(crate) const fn author(&self) -> &Author {
        &self.author
    }

    /// The event fields that the caller may see.
    pub(super) fn visibility(&self) -> Visibility {
        visibility_of(&self.reader)
    }

    /// Whether the caller holds this key.
    pub(super) fn is(&self, owner: &ApiKeyId) -> bool {
        self.key_id == *owner
    }

    /// Whether the caller manages the tenant's keys, and so the resources that belong to them.
    pub(super) fn manages_keys(&self) -> bool {
        self.reader.permissions.contains(Permission::ApiKeysManage)
    }

    /// The caller as a reader of events.
    pub(super) const fn reader(&self) -> &TenantGrant {
        &self.reader
    }
}
