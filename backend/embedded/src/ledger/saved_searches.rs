//! Owns the table `saved_searches`.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    store::{SavedSearch, SavedSearchId, SearchVisibility},
    timestamp::Timestamp,
};
use rusqlite::params;

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey, Rows, TenantNumber,
        control_sums::{ControlTable, RowExchange},
        row::KeyedChecksum,
    },
};

const OLD_CHECKSUM: &str = "SELECT checksum FROM saved_searches WHERE tenant = ? AND id = ?";

impl Ledger {
    /// Every saved search, by tenant and id. `tenant_of` returns the tenant of a number.
    pub(crate) fn saved_searches(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<SavedSearch>, StoreError> {
        let mut statement = self.connection.prepare("SELECT * FROM saved_searches ORDER BY tenant, id")?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredSearch {
                tenant: row.get(0)?,
                id: row.get(1)?,
                owner: row.get(2)?,
                name: row.get(3)?,
                query: row.get(4)?,
                description: row.get(5)?,
                visibility: row.get(6)?,
                times: [row.get(7)?, row.get(8)?],
            };
            let checksum: Vec<u8> = row.get(9)?;
            stored.checksum(&self.key).expect(&checksum, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: saved search {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces a saved search's row. `tenant` is its tenant's number.
    pub(crate) fn put_saved_search(&self, search: &SavedSearch, tenant: TenantNumber) -> Result<(), StoreError> {
        let stored = StoredSearch::of(search, tenant);
        let checksum = stored.checksum(self.key).value();
        let old = self.old_checksum(OLD_CHECKSUM, params![stored.tenant, stored.id])?;
        self.note_row(ControlTable::SavedSearches, RowExchange { old: old.as_deref(), new: Some(&checksum) });
        let sql = "INSERT OR REPLACE INTO saved_searches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.transaction.prepare_cached(sql)?.execute(params![
            stored.tenant,
            stored.id,
            stored.owner,
            stored.name,
            stored.query,
            stored.description,
            stored.visibility,
            stored.times[0],
            stored.times[1],
            checksum
        ])?;
        Ok(())
    }

    /// Removes a saved search's row, if it exists.
    pub(crate) fn delete_saved_search(&self, id: SavedSearchId, tenant: TenantNumber) -> Result<(), StoreError> {
        let old = self.old_checksum(OLD_CHECKSUM, params![tenant.0, id.to_string()])?;
        self.note_row(ControlTable::SavedSearches, RowExchange { old: old.as_deref(), new: None });
        let sql = "DELETE FROM saved_searches WHERE tenant = ? AND id = ?";
        self.transaction.prepare_cached(sql)?.execute(params![tenant.0, id.to_string()])?;
        Ok(())
    }
}

/// A saved search's row, as SQLite holds it. The times are creation and last change.
struct StoredSearch {
    tenant: u32,
    id: String,
    owner: String,
    name: String,
    query: String,
    description: Option<String>,
    visibility: String,
    times: [i64; 2],
}

impl StoredSearch {
    fn of(search: &SavedSearch, TenantNumber(tenant): TenantNumber) -> Self {
        Self {
            tenant,
            id: search.id.to_string(),
            owner: search.owner.as_str().to_owned(),
            name: search.name.clone(),
            query: search.query.clone(),
            description: search.description.clone(),
            visibility: search.visibility.as_str().to_owned(),
            times: [search.created_at, search.updated_at].map(Timestamp::as_micros),
        }
    }

    fn checksum(&self, key: &LedgerKey) -> KeyedChecksum {
        let row = key.checksum("saved_searches").integer(self.tenant.into()).text(&self.id).text(&self.owner);
        let row = row.text(&self.name).text(&self.query).optional_text(self.description.as_deref());
        self.times.into_iter().fold(row.text(&self.visibility), KeyedChecksum::integer)
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<SavedSearch> {
        let [created_at, updated_at] = self.times.map(Timestamp::from_micros);
        Some(SavedSearch {
            id: SavedSearchId::parse(&self.id)?,
            tenant_id: tenant_of(TenantNumber(self.tenant))?,
            owner: ApiKeyId::parse(&self.owner)?,
            name: self.name.clone(),
            query: self.query.clone(),
            description: self.description.clone(),
            visibility: SearchVisibility::parse(&self.visibility)?,
            created_at,
            updated_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(_: TenantNumber) -> Option<TenantId> {
        TenantId::parse("acme")
    }

    fn with_one_search(directory: &std::path::Path) -> Ledger {
        let mut ledger = Ledger::create(&directory.join("ledger.db"), &LedgerKey::derive(&[7; 32])).unwrap();
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        let search = SavedSearch {
            id: SavedSearchId::from_parts(now, [7; 10]),
            tenant_id: TenantId::parse("acme").unwrap(),
            owner: ApiKeyId::parse("0123456789abcdef").unwrap(),
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
