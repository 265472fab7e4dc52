//! Owns saved searches in memory, and the rules by which they change.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::{
    id::TenantId,
    store::{ControlError, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch, SavedSearchId},
};

/// One tenant's. Shared one by one, so that a change copies none of their texts.
type OfTenant = BTreeMap<SavedSearchId, Arc<SavedSearch>>;

/// Every saved search, or every tenant's whose searches change, as they will be then.
#[derive(Debug, Default)]
pub(super) struct SavedSearches {
    tenants: BTreeMap<TenantId, OfTenant>,
}

impl SavedSearches {
    pub(super) fn new(searches: Vec<SavedSearch>) -> Self {
        let mut tenants: BTreeMap<TenantId, OfTenant> = BTreeMap::new();
        for search in searches {
            tenants.entry(search.tenant_id.clone()).or_default().insert(search.id, Arc::new(search));
        }
        Self { tenants }
    }

    pub(super) fn get(&self, tenant_id: &TenantId, id: SavedSearchId) -> Option<SavedSearch> {
        self.tenants.get(tenant_id)?.get(&id).map(|search| SavedSearch::clone(search))
    }

    /// A tenant's, by name and id.
    pub(super) fn list(&self, tenant_id: &TenantId) -> Vec<SavedSearch> {
        let of_tenant = self.tenants.get(tenant_id).into_iter().flat_map(BTreeMap::values);
        let mut searches: Vec<_> = of_tenant.map(|search| SavedSearch::clone(search)).collect();
        searches.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
        searches
    }

    /// Takes over what changes have made.
    pub(super) fn show(&mut self, planned: PlannedSearches) {
        self.tenants.extend(planned.changed.tenants);
    }
}

/// What becomes of the row of a saved search.
#[derive(Debug)]
pub(crate) enum RowChange {
    /// It is written, new or changed.
    Put(Arc<SavedSearch>),
    /// It is removed.
    Delete,
}

/// What changes make of saved searches.
#[derive(Debug, Default)]
pub(super) struct PlannedSearches {
    changed: SavedSearches,
    rows: BTreeMap<(TenantId, SavedSearchId), RowChange>,
}

impl PlannedSearches {
    pub(super) fn rows(&self) -> impl Iterator<Item = (&TenantId, SavedSearchId, &RowChange)> {
        self.rows.iter().map(|((tenant_id, id), row)| (tenant_id, *id, row))
    }

    /// Plans a new one; whether its tenant is there is known already.
    pub(super) fn create(&mut self, current: &SavedSearches, search: SavedSearch) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &search.tenant_id);
        if of_tenant.contains_key(&search.id) {
            return Err(ControlError::AlreadyExists(format!("saved search {}", search.id)));
        }
        check_name(of_tenant, &search)?;
        check_room(of_tenant, &search)?;
        self.put(current, search);
        Ok(())
    }

    /// Plans a change of what may change.
    pub(super) fn update(&mut self, current: &SavedSearches, search: SavedSearch) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &search.tenant_id);
        let old = of_tenant.get(&search.id).ok_or_else(|| not_found(search.id))?;
        let search = SavedSearch { owner: old.owner.clone(), created_at: old.created_at, ..search };
        check_name(of_tenant, &search)?;
        self.put(current, search);
        Ok(())
    }

    /// Plans a deletion.
    pub(super) fn delete(
        &mut self,
        current: &SavedSearches,
        tenant_id: TenantId,
        id: SavedSearchId,
    ) -> Result<(), ControlError> {
        self.of_tenant(current, &tenant_id).remove(&id).ok_or_else(|| not_found(id))?;
        self.rows.insert((tenant_id, id), RowChange::Delete);
        Ok(())
    }

    fn put(&mut self, current: &SavedSearches, search: SavedSearch) {
        let (tenant_id, id, search) = (search.tenant_id.clone(), search.id, Arc::new(search));
        self.of_tenant(current, &tenant_id).insert(id, Arc::clone(&search));
        self.rows.insert((tenant_id, id), RowChange::Put(search));
    }

    /// A tenant's, as the changes planned so far leave them.
    fn of_tenant(&mut self, current: &SavedSearches, tenant_id: &TenantId) -> &mut OfTenant {
        let now = || current.tenants.get(tenant_id).cloned().unwrap_or_default();
        self.changed.tenants.entry(tenant_id.clone()).or_insert_with(now)
    }
}

fn check_name(of_tenant: &OfTenant, search: &SavedSearch) -> Result<(), ControlError> {
    let is_taken =
        |other: &Arc<SavedSearch>| other.id != search.id && other.owner == search.owner && other.name == search.name;
    if of_tenant.values().any(is_taken) {
        return Err(ControlError::AlreadyExists(format!("a saved search named {:?}", search.name)));
    }
    Ok(())
}

fn check_room(of_tenant: &OfTenant, search: &SavedSearch) -> Result<(), ControlError> {
    if of_tenant.len() >= SAVED_SEARCHES_MAX {
        return Err(ControlError::LimitReached(format!("a tenant keeps at most {SAVED_SEARCHES_MAX} saved searches")));
    }
    if of_tenant.values().filter(|other| other.owner == search.owner).count() >= SAVED_SEARCHES_OF_KEY_MAX {
        let detail = format!("a key keeps at most {SAVED_SEARCHES_OF_KEY_MAX} saved searches");
        return Err(ControlError::LimitReached(detail));
    }
    Ok(())
}

fn not_found(id: SavedSearchId) -> ControlError {
    ControlError::NotFound(format!("saved search {id}"))
}
