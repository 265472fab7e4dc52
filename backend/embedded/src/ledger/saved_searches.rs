//! Owns the table `saved_searches`.

use auditlog_core::{
    id::TenantId,
    store::{ApiKeyId, SavedSearch, SavedSearchId, SearchVisibility},
    timestamp::Timestamp,
};
use rusqlite::params;

use crate::{
    error::StoreError,
    ledger::{Change, Ledger, TenantNumber, row::RowChecksum, schema},
};

impl Ledger {
    /// Every saved search, by tenant and id. `tenant_of` tells which tenant a number stands for. A ledger that an
    /// earlier release made has none.
    pub(crate) fn saved_searches(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Vec<SavedSearch>, StoreError> {
        if !schema::has(&self.connection, schema::ADDED_SAVED_SEARCHES)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare("SELECT * FROM saved_searches ORDER BY tenant, id")?;
        let mut rows = statement.query([])?;
        let mut searches = Vec::new();
        while let Some(row) = rows.next()? {
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
            stored.checksum().expect(row.get(9)?, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: saved search {} cannot be read", stored.id));
            searches.push(stored.parse(&tenant_of).ok_or_else(unreadable)?);
        }
        Ok(searches)
    }
}

impl Change<'_> {
    /// Writes a saved search's row, new or changed. `tenant` is its tenant's number.
    pub(crate) fn put_saved_search(&self, search: &SavedSearch, tenant: TenantNumber) -> Result<(), StoreError> {
        let stored = StoredSearch::of(search, tenant);
        let checksum = stored.checksum().value();
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

    /// Removes a saved search's row; one that was never written is none.
    pub(crate) fn delete_saved_search(&self, id: SavedSearchId, tenant: TenantNumber) -> Result<(), StoreError> {
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

    fn checksum(&self) -> RowChecksum {
        let row = RowChecksum::of("saved_searches").integer(self.tenant.into()).text(&self.id).text(&self.owner);
        let row = row.text(&self.name).text(&self.query).optional_text(self.description.as_deref());
        self.times.into_iter().fold(row.text(&self.visibility), RowChecksum::integer)
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
        let mut ledger = Ledger::create(&directory.join("ledger.db")).unwrap();
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
        assert_eq!(ledger.saved_searches(tenant).unwrap(), [search]);
        ledger
    }

    #[test]
    fn a_damaged_ledger_is_told_from_one_that_has_no_saved_searches() {
        for damage in [
            "UPDATE saved_searches SET visibility = 'shared'",
            "UPDATE saved_searches SET description = ''",
            "UPDATE saved_searches SET tenant = 2",
            "PRAGMA user_version = 0",
            "ALTER TABLE saved_searches RENAME TO saved_searched",
        ] {
            let directory = tempfile::tempdir().unwrap();
            let mut ledger = with_one_search(directory.path());
            ledger.connection.execute_batch(damage).unwrap();
            let read = ledger.saved_searches(tenant);
            assert!(matches!(read, Err(StoreError::Corrupted(_))), "{damage}: {read:?}");
            let is_about_the_table = !damage.starts_with("UPDATE");
            assert_eq!(ledger.complete().is_err(), is_about_the_table, "{damage}: nothing is added to damage");
        }
    }

    #[test]
    fn an_older_ledger_is_completed_once() {
        let directory = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::create(&directory.path().join("ledger.db")).unwrap();
        ledger
            .connection
            .execute_batch("DROP TABLE saved_searches; DROP TABLE exports; PRAGMA user_version = 0")
            .unwrap();
        assert_eq!(ledger.saved_searches(tenant).unwrap(), []);
        for _ in 0..2 {
            ledger.complete().unwrap();
            assert_eq!(ledger.saved_searches(tenant).unwrap(), []);
        }
    }
}
