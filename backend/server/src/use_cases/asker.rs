//! Owns who asks for what belongs to keys: saved searches and exports.

use auditlog_core::{event::Visibility, id::TenantId, policy::Permission, store::ApiKeyId};

use crate::{
    auth::TenantGrant,
    problem::{Code, Problem},
    use_cases::{Author, Origin, list_events::visibility_of},
};

/// Whoever asks, and the request it came with.
#[derive(Debug)]
pub(crate) struct Asker {
    reader: TenantGrant,
    key_id: ApiKeyId,
    author: Author,
}

impl Asker {
    /// The holder of a key that may find events.
    pub(crate) fn new(reader: TenantGrant, origin: Origin) -> Result<Self, Problem> {
        let key_id = ApiKeyId::parse(&reader.key_id).ok_or_else(|| {
            tracing::error!(key_id = reader.key_id, "a credential is no API key");
            Problem::new(Code::InternalError, "saved searches and exports belong to API keys, and this is none")
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

    /// The asker as the author of a change.
    pub(crate) const fn author(&self) -> &Author {
        &self.author
    }

    /// What the asker may see of events.
    pub(super) fn visibility(&self) -> Visibility {
        visibility_of(&self.reader)
    }

    /// Whether the asker holds this key.
    pub(super) fn is(&self, owner: &ApiKeyId) -> bool {
        self.key_id == *owner
    }

    /// Whether the asker looks after the tenant's keys, and so after what they leave behind.
    pub(super) fn manages_keys(&self) -> bool {
        self.reader.permissions.contains(Permission::ApiKeysManage)
    }

    /// The asker as somebody who reads.
    pub(super) const fn reader(&self) -> &TenantGrant {
        &self.reader
    }
}
