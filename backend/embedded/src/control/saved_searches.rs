//! Owns the rules by which saved searches change.

use std::sync::Arc;

use auditlog_core::{
    id::TenantId,
    store::{
        ControlError, RecordKind, Revision, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_OWNER_MAX, SavedSearch,
        SavedSearchChange, SavedSearchId,
    },
};

use super::by_tenant::{ByTenant, Deletion, OfTenant, PlannedRecords, Record};

impl Record for SavedSearch {
    type Id = SavedSearchId;

    const KIND: RecordKind = RecordKind::SavedSearch;

    fn id(&self) -> SavedSearchId {
        self.id
    }

    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn revision(&self) -> Revision {
        self.revision
    }
}

impl PlannedRecords<SavedSearch> {
    /// Plans a change; the caller has checked that the tenant of a new saved search exists.
    pub(super) fn plan(
        &mut self,
        current: &ByTenant<SavedSearch>,
        change: SavedSearchChange,
    ) -> Result<(), ControlError> {
        match change {
            SavedSearchChange::Create(search) => self.create(current, search),
            SavedSearchChange::Update(search) => self.update(current, search),
            SavedSearchChange::Delete { id, tenant_id, expected } => {
                self.delete(current, Deletion { tenant_id, id, expected })
            }
        }
    }

    fn create(&mut self, current: &ByTenant<SavedSearch>, search: SavedSearch) -> Result<(), ControlError> {
        let of_tenant = self.of_tenant(current, &search.tenant_id);
        if of_tenant.contains_key(&search.id) {
            return Err(ControlError::AlreadyExists(search.record_name()));
        }
        check_name(of_tenant, &search)?;
        check_room(of_tenant, &search)?;
        self.put(current, SavedSearch { revision: Revision::FIRST, ..search });
        Ok(())
    }

    /// Plans a change of the members that may change.
    fn update(&mut self, current: &ByTenant<SavedSearch>, search: SavedSearch) -> Result<(), ControlError> {
        let old = self.replaced(current, &search)?;
        let search = SavedSearch {
            revision: old.revision.next(),
            owner: old.owner.clone(),
            created_at: old.created_at,
            ..search
        };
        check_name(self.of_tenant(current, &search.tenant_id), &search)?;
        self.put(current, search);
        Ok(())
    }
}

fn check_name(of_tenant: &OfTenant<SavedSearch>, search: &SavedSearch) -> Result<(), ControlError> {
    let is_taken =
        |other: &Arc<SavedSearch>| other.id != search.id && other.owner == search.owner && other.name == search.name;
    if of_tenant.values().any(is_taken) {
        return Err(ControlError::AlreadyExists(RecordKind::SavedSearch.named(&search.name)));
    }
    Ok(())
}

fn check_room(of_tenant: &OfTenant<SavedSearch>, search: &SavedSearch) -> Result<(), ControlError> {
    let of_owner = of_tenant.values().filter(|other| other.owner == search.owner).count();
    if of_tenant.len() >= SAVED_SEARCHES_MAX || of_owner >= SAVED_SEARCHES_OF_OWNER_MAX {
        return Err(ControlError::LimitReached(search.record_name()));
    }
    Ok(())
}
