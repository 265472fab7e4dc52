//! Owns API keys in memory: by their ids, and in the order in which each scope lists them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use auditlog_core::{
    id::ApiKeyId,
    policy::Scope,
    store::{ApiKey, ApiKeyCounts, ApiKeyPosition},
    timestamp::Timestamp,
};

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

    /// Inserts a key or replaces it.
    pub(super) fn put(&mut self, key: ApiKey) {
        self.remove(&key.id);
        self.by_scope.entry(key.scope.clone()).or_default().insert(key.position());
        self.by_id.insert(key.id.clone(), key);
    }

    pub(super) fn remove(&mut self, id: &ApiKeyId) {
        let Some(key) = self.by_id.remove(id) else { return };
        if let Some(positions) = self.by_scope.get_mut(&key.scope) {
            positions.remove(&key.position());
        }
    }
}
