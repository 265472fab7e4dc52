//! Owns API keys in memory, by their ids and in the order in which each scope lists them, and the rules by which they
//! change.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use auditlog_core::{
    id::ApiKeyId,
    policy::Scope,
    store::{ApiKey, ApiKeyChange, ApiKeyCounts, ApiKeyPosition, ControlError, RecordKind, Revision},
    timestamp::Timestamp,
};

use super::{by_tenant::RowChange, expect_revision};

/// Every key.
#[derive(Debug, Default)]
pub(super) struct ApiKeys {
    by_id: BTreeMap<ApiKeyId, ApiKey>,
    by_scope: BTreeMap<Scope, BTreeSet<ApiKeyPosition>>,
}

impl ApiKeys {
    pub(super) fn new(keys: Vec<ApiKey>) -> Self {
        let mut all = Self::default();
        for key in keys {
            all.put(key);
        }
        all
    }

    pub(super) fn get(&self, id: &ApiKeyId) -> Option<&ApiKey> {
        self.by_id.get(id)
    }

    /// The keys of a scope after a position, at most `limit`.
    pub(super) fn part(&self, scope: &Scope, after: Option<&ApiKeyPosition>, limit: usize) -> Vec<ApiKey> {
        let Some(positions) = self.by_scope.get(scope) else { return Vec::new() };
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let part = positions.range((first, Bound::Unbounded)).take(limit);
        part.filter_map(|position| self.by_id.get(&position.id)).cloned().collect()
    }

    pub(super) fn count(&self, scope: &Scope, now: Timestamp) -> ApiKeyCounts {
        let Some(positions) = self.by_scope.get(scope) else { return ApiKeyCounts::default() };
        let keys = positions.iter().filter_map(|position| self.by_id.get(&position.id));
        ApiKeyCounts { live: keys.filter(|key| key.is_live(now)).count(), all: positions.len() }
    }

    /// Applies planned changes.
    pub(super) fn show(&mut self, planned: PlannedKeys) {
        for (id, changed) in planned.changed {
            match changed.row {
                RowChange::Put(key) => self.put(Arc::unwrap_or_clone(key)),
                RowChange::Delete => self.remove(&id),
            }
        }
    }

    /// Inserts a key or replaces it.
    fn put(&mut self, key: ApiKey) {
        self.remove(&key.id);
        self.by_scope.entry(key.scope.clone()).or_default().insert(key.position());
        self.by_id.insert(key.id.clone(), key);
    }

    fn remove(&mut self, id: &ApiKeyId) {
        let Some(key) = self.by_id.remove(id) else { return };
        if let Some(positions) = self.by_scope.get_mut(&key.scope) {
            positions.remove(&key.position());
        }
    }
}

/// The changed keys as they will be.
#[derive(Debug, Default)]
pub(super) struct PlannedKeys {
    changed: BTreeMap<ApiKeyId, ChangedKey>,
}

/// A key that changes.
#[derive(Debug)]
pub(super) struct ChangedKey {
    pub scope: Scope,
    pub row: RowChange<ApiKey>,
}

impl PlannedKeys {
    pub(super) fn changed(&self) -> &BTreeMap<ApiKeyId, ChangedKey> {
        &self.changed
    }

    /// Plans a change; the caller has checked that the tenant of a new key exists.
    pub(super) fn plan(&mut self, current: &ApiKeys, change: ApiKeyChange) -> Result<(), ControlError> {
        match change {
            ApiKeyChange::Create(key) => {
                if self.find(current, &key.id).is_some() {
                    return Err(ControlError::AlreadyExists(RecordKind::ApiKey.named(&key.id)));
                }
                self.put(ApiKey { revision: Revision::FIRST, ..key });
            }
            ApiKeyChange::Update(key) => {
                let old = self.in_scope(current, &key.id, &key.scope)?;
                expect_revision(RecordKind::ApiKey.named(&old.id), old.revision, Some(key.revision))?;
                let ApiKey { name, expires_at, allowed_networks, .. } = key;
                self.put(ApiKey { revision: old.revision.next(), name, expires_at, allowed_networks, ..old });
            }
            ApiKeyChange::Revoke { id, scope, revoked_at, expected } => {
                let old = self.in_scope(current, &id, &scope)?;
                expect_revision(RecordKind::ApiKey.named(&old.id), old.revision, expected)?;
                if old.revoked_at.is_none() {
                    self.put(ApiKey { revision: old.revision.next(), revoked_at: Some(revoked_at), ..old });
                }
            }
            ApiKeyChange::Delete { id, scope, revision } => {
                let old = self.in_scope(current, &id, &scope)?;
                expect_revision(RecordKind::ApiKey.named(&old.id), old.revision, Some(revision))?;
                self.changed.insert(id, ChangedKey { scope, row: RowChange::Delete });
            }
        }
        Ok(())
    }

    fn find<'a>(&'a self, current: &'a ApiKeys, id: &ApiKeyId) -> Option<&'a ApiKey> {
        match self.changed.get(id) {
            Some(ChangedKey { row: RowChange::Put(key), .. }) => Some(key),
            Some(ChangedKey { row: RowChange::Delete, .. }) => None,
            None => current.get(id),
        }
    }

    fn in_scope(&self, current: &ApiKeys, id: &ApiKeyId, scope: &Scope) -> Result<ApiKey, ControlError> {
        let key = self.find(current, id).filter(|key| key.scope == *scope);
        key.cloned().ok_or_else(|| ControlError::NotFound(RecordKind::ApiKey.named(id)))
    }

    fn put(&mut self, key: ApiKey) {
        let (id, scope) = (key.id.clone(), key.scope.clone());
        self.changed.insert(id, ChangedKey { scope, row: RowChange::Put(Arc::new(key)) });
    }
}
