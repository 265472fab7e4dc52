//! Owns the rules by which saved searches change.

use std::sync::Arc;

use auditlog_core::{
    id::TenantId,
    store::{ControlError, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch, SavedSearchId},
};

use super::by_tenant::{ByTenant, OfTenant, PlannedRecords, Record, exists, not_found};

impl Record for SavedSearch {
    type Id = SavedSearchId;

    const NAME: &'static str = "saved search";

    fn id(&self) -> SavedSearchId {
        self.id
    }

    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }
}

impl PlannedRecords<SavedSearch> {
    /// Plans a new saved search; the caller has checked that its tenant exists.
    pub(super) fn create(&mut self, current: &ByTenant<SavedSearch>, search: SavedSearch) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &search.tenant_id);
        if of_tenant.contains_key(&search.id) {
            return Err(exists::<SavedSearch>(search.id));
        }
        check_name(of_tenant, &search)?;
        check_room(of_tenant, &search)?;
        self.put(current, search);
        Ok(())
    }

    /// Plans a change of the members that may change.
    pub(super) fn update(&mut self, current: &ByTenant<SavedSearch>, search: SavedSearch) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &search.tenant_id);
        let old = of_tenant.get(&search.id).ok_or_else(|| not_found::<SavedSearch>(search.id))?;
        let search = SavedSearch { owner: old.owner.clone(), created_at: old.created_at, ..search };
        check_name(of_tenant, &search)?;
        self.put(current, search);
        Ok(())
    }
}

fn check_name(of_tenant: &OfTenant<SavedSearch>, search: &SavedSearch) -> Result<(), ControlError> {
    let is_taken =
        |other: &Arc<SavedSearch>| other.id != search.id && other.owner == search.owner && other.name == search.name;
    if of_tenant.values().any(is_taken) {
        return Err(ControlError::AlreadyExists(format!("a saved search named {:?}", search.name)));
    }
    Ok(())
}

fn check_room(of_tenant: &OfTenant<SavedSearch>, search: &SavedSearch) -> Result<(), ControlError> {
    if of_tenant.len() >= SAVED_SEARCHES_MAX {
        return Err(ControlError::LimitReached(format!("a tenant keeps at most {SAVED_SEARCHES_MAX} saved searches")));
    }
    if of_tenant.values().filter(|other| other.owner == search.owner).count() >= SAVED_SEARCHES_OF_KEY_MAX {
        let detail = format!("a key keeps at most {SAVED_SEARCHES_OF_KEY_MAX} saved searches");
        return Err(ControlError::LimitReached(detail));
    }
    Ok(())
}
