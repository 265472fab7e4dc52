//! Owns the table `saved_searches`.

use auditlog_core::{
    id::{OwnerId, TenantId},
    store::{SavedSearch, SavedSearchId, SearchVisibility},
    timestamp::Timestamp,
};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows, TenantNumber,
        control_sums::{ControlRow, ControlTable},
        row::{revision, signed},
        table::{TableRow as _, stored_checksum, table_row},
    },
};

table_row! {
    /// A saved search's row.
    struct StoredSearch in saved_searches {
        tenant: u32,
        id: String,
        revision: i64,
        owner: String,
        name: String,
        query: String,
        description: Option<String>,
        visibility: String,
        created_at: i64,
        updated_at: i64,
    }
}

impl ControlRow for StoredSearch {
    const CONTROL: ControlTable = ControlTable::SavedSearches;
    const KEY: &'static str = "tenant = ? AND id = ?";
}

impl Ledger {
    /// Every saved search, by tenant and id. `tenant_of` returns the tenant of a number.
    pub(crate) fn saved_searches(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<SavedSearch>, StoreError> {
        let sql = format!("{} ORDER BY tenant, id", StoredSearch::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredSearch::read(row)?;
            stored.keyed_checksum(&self.key).expect(&stored_checksum::<Vec<u8>>(row)?, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: saved search {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces a saved search's row. `tenant` is its tenant's number.
    pub(crate) fn put_saved_search(&self, search: &SavedSearch, tenant: TenantNumber) -> Result<(), StoreError> {
        let stored = StoredSearch::of(search, tenant);
        self.put_row(&stored, (stored.tenant, &stored.id))
    }

    /// Removes a saved search's row, if it exists.
    pub(crate) fn delete_saved_search(&self, id: SavedSearchId, tenant: TenantNumber) -> Result<(), StoreError> {
        self.delete_row::<StoredSearch>((tenant.0, id.to_string()))
    }
}

impl StoredSearch {
    fn of(search: &SavedSearch, TenantNumber(tenant): TenantNumber) -> Self {
        Self {
            tenant,
            id: search.id.to_string(),
            revision: signed(search.revision.get()),
            owner: search.owner.to_string(),
            name: search.name.clone(),
            query: search.query.clone(),
            description: search.description.clone(),
            visibility: search.visibility.as_str().to_owned(),
            created_at: search.created_at.as_micros(),
            updated_at: search.updated_at.as_micros(),
        }
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<SavedSearch> {
        Some(SavedSearch {
            id: SavedSearchId::parse(&self.id)?,
            tenant_id: tenant_of(TenantNumber(self.tenant))?,
            revision: revision(self.revision)?,
            owner: OwnerId::parse(&self.owner)?,
            name: self.name.clone(),
            query: self.query.clone(),
            description: self.description.clone(),
            visibility: SearchVisibility::parse(&self.visibility)?,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::store::Revision;

    use super::*;
    use crate::ledger::LedgerKey;

    fn tenant(_: TenantNumber) -> Option<TenantId> {
        TenantId::parse("acme")
    }

    fn with_one_search(directory: &std::path::Path) -> Ledger {
        let mut ledger = Ledger::create(&directory.join("ledger.db"), &LedgerKey::derive(&[7; 32])).unwrap();
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        let search = SavedSearch {
            id: SavedSearchId::from_parts(now, [7; 10]),
            tenant_id: TenantId::parse("acme").unwrap(),
            revision: Revision::FIRST,
            owner: OwnerId::parse("api_key:0123456789abcdef").unwrap(),
            name: "denied".to_owned(),
            query: "outcome:denied".to_owned(),
            description: None,
            visibility: SearchVisibility::Private,
            created_at: now,
            updated_at: now,
        };
        let change = ledger.change().unwrap();
        change.put_saved_search(&search, TenantNumber(1)).unwrap();
        change.commit().unwrap();
        assert_eq!(ledger.saved_searches(tenant).unwrap().whole().unwrap(), [search]);
        ledger
    }

    #[test]
    fn a_changed_cell_is_damage_and_a_removed_row_too() {
        for (damage, is_about_a_row) in [
            ("UPDATE saved_searches SET visibility = 'shared'", true),
            ("UPDATE saved_searches SET description = ''", true),
            ("UPDATE saved_searches SET tenant = 2", true),
            ("UPDATE saved_searches SET revision = 2", true),
            ("DELETE FROM saved_searches", false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let ledger = with_one_search(directory.path());
            ledger.connection.execute_batch(damage).unwrap();
            let read = ledger.saved_searches(tenant).unwrap().whole();
            assert_eq!(matches!(read, Err(StoreError::Corrupted(_))), is_about_a_row, "{damage}: {read:?}");
            // An edited row still has its own checksum, so the row is wrong and not the table.
            assert_eq!(ledger.control_findings().unwrap().len(), usize::from(!is_about_a_row), "{damage}");
        }
    }

    #[test]
    fn a_revision_below_1_and_an_owner_of_another_kind_are_damage_although_the_checksum_is_right() {
        let directory = tempfile::tempdir().unwrap();
        let mut ledger = with_one_search(directory.path());
        let search = ledger.saved_searches(tenant).unwrap().whole().unwrap().remove(0);
        let stored = || StoredSearch::of(&search, TenantNumber(1));
        for damaged in [
            StoredSearch { revision: 0, ..stored() },
            StoredSearch { revision: -1, ..stored() },
            StoredSearch { owner: "0123456789abcdef".to_owned(), ..stored() },
        ] {
            let change = ledger.change().unwrap();
            change.put_row(&damaged, (damaged.tenant, &damaged.id)).unwrap();
            change.commit().unwrap();
            let read = ledger.saved_searches(tenant).unwrap().whole();
            assert!(matches!(read, Err(StoreError::Corrupted(_))), "{read:?}");
        }
    }

    #[test]
    fn a_row_that_is_put_back_is_damage_although_its_checksum_is_right() {
        let directory = tempfile::tempdir().unwrap();
        let mut ledger = with_one_search(directory.path());
        ledger.connection.execute_batch("CREATE TEMP TABLE old AS SELECT * FROM saved_searches").unwrap();
        let mut search = ledger.saved_searches(tenant).unwrap().whole().unwrap().remove(0);
        search.visibility = SearchVisibility::Shared;
        let change = ledger.change().unwrap();
        change.put_saved_search(&search, TenantNumber(1)).unwrap();
        change.commit().unwrap();
        assert_eq!(ledger.control_findings().unwrap(), Vec::<String>::new());
        let put_back = "DELETE FROM saved_searches; INSERT INTO saved_searches SELECT * FROM temp.old";
        ledger.connection.execute_batch(put_back).unwrap();
        assert_eq!(ledger.saved_searches(tenant).unwrap().problems.len(), 0);
        assert_eq!(ledger.control_findings().unwrap().len(), 1);
    }
}
