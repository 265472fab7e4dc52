//! Owns the tables `tenants` and `api_keys`.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::{Permission, Permissions, Scope},
    store::{ApiKey, Tenant, TenantStatus},
    timestamp::Timestamp,
};
use rusqlite::params;

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey, Rows,
        control_sums::{ControlTable, RowExchange},
        row::KeyedChecksum,
    },
};

/// A tenant's number inside this ledger: in every other table, four bytes represent an id of up to 128 bytes. Never
/// reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TenantNumber(pub u32);

/// A tenant and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumberedTenant {
    pub number: TenantNumber,
    pub tenant: Tenant,
}

impl Ledger {
    /// Every tenant, by number. A tenant with a damaged row is included where the row can be read, because events refer
    /// to it.
    pub(crate) fn tenants(&self) -> Result<Rows<NumberedTenant>, StoreError> {
        let sql = "SELECT number, id, name, status, created_at, updated_at, checksum FROM tenants ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let mut damaged = Vec::new();
        let mut tenants = Rows::read(statement.query([])?, |row| {
            let number: u32 = row.get(0)?;
            let (id, name, status): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let (created_at, updated_at): (i64, i64) = (row.get(4)?, row.get(5)?);
            let checksum: Vec<u8> = row.get(6)?;
            let expected = tenant_checksum(&self.key, number, [&id, &name, &status], [created_at, updated_at]);
            damaged.extend(expected.expect(&checksum, number).err());
            let unreadable = || StoreError::Corrupted(format!("ledger.db: tenant {number} cannot be read"));
            let tenant = Tenant {
                id: TenantId::parse(&id).ok_or_else(unreadable)?,
                name,
                status: parse_status(&status).ok_or_else(unreadable)?,
                created_at: Timestamp::from_micros(created_at),
                updated_at: Timestamp::from_micros(updated_at),
            };
            Ok(NumberedTenant { number: TenantNumber(number), tenant })
        });
        tenants.problems.append(&mut damaged);
        Ok(tenants)
    }

    /// Every API key, by id. `tenant_of` returns the tenant of a number.
    pub(crate) fn api_keys(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<ApiKey>, StoreError> {
        let mut statement = self.connection.prepare("SELECT * FROM api_keys ORDER BY id")?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredKey {
                id: row.get(0)?,
                tenant: row.get(1)?,
                name: row.get(2)?,
                permissions: row.get(3)?,
                secret_hash: row.get(4)?,
                times: [row.get(5)?, row.get(6)?, row.get(7)?],
                allowed_networks: row.get(8)?,
            };
            let checksum: Vec<u8> = row.get(9)?;
            stored.checksum(&self.key).expect(&checksum, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: API key {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces a tenant's row.
    pub(crate) fn put_tenant(&self, numbered: &NumberedTenant) -> Result<(), StoreError> {
        let (NumberedTenant { number: TenantNumber(number), tenant }, sql) =
            (numbered, "INSERT OR REPLACE INTO tenants VALUES (?, ?, ?, ?, ?, ?, ?)");
        let status = print_status(tenant.status);
        let times = [tenant.created_at.as_micros(), tenant.updated_at.as_micros()];
        let checksum = tenant_checksum(self.key, *number, [tenant.id.as_str(), &tenant.name, status], times).value();
        let old = self.old_checksum("SELECT checksum FROM tenants WHERE number = ?", [number])?;
        self.note_row(ControlTable::Tenants, RowExchange { old: old.as_deref(), new: Some(&checksum) });
        let values = params![number, tenant.id.as_str(), tenant.name, status, times[0], times[1], checksum];
        self.transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Inserts or replaces a key's row. `tenant` is the number of the tenant it is valid in, `None` for the system.
    pub(crate) fn put_api_key(&self, key: &ApiKey, tenant: Option<TenantNumber>) -> Result<(), StoreError> {
        let stored = StoredKey::of(key, tenant);
        let checksum = stored.checksum(self.key).value();
        let old = self.old_checksum("SELECT checksum FROM api_keys WHERE id = ?", [&stored.id])?;
        self.note_row(ControlTable::ApiKeys, RowExchange { old: old.as_deref(), new: Some(&checksum) });
        let sql = "INSERT OR REPLACE INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.transaction.prepare_cached(sql)?.execute(params![
            stored.id,
            stored.tenant,
            stored.name,
            stored.permissions,
            stored.secret_hash,
            stored.times[0],
            stored.times[1],
            stored.times[2],
            stored.allowed_networks,
            checksum
        ])?;
        Ok(())
    }

    /// Removes a key's row.
    pub(crate) fn delete_api_key(&self, id: &ApiKeyId) -> Result<(), StoreError> {
        let old = self.old_checksum("SELECT checksum FROM api_keys WHERE id = ?", [id.as_str()])?;
        self.note_row(ControlTable::ApiKeys, RowExchange { old: old.as_deref(), new: None });
        self.transaction.prepare_cached("DELETE FROM api_keys WHERE id = ?")?.execute([id.as_str()])?;
        Ok(())
    }
}

fn tenant_checksum(key: &LedgerKey, number: u32, texts: [&str; 3], times: [i64; 2]) -> KeyedChecksum {
    let row = key.checksum("tenants").integer(number.into());
    let row = texts.into_iter().fold(row, KeyedChecksum::text);
    times.into_iter().fold(row, KeyedChecksum::integer)
}

const fn print_status(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
    }
}

fn parse_status(text: &str) -> Option<TenantStatus> {
    match text {
        "active" => Some(TenantStatus::Active),
        "suspended" => Some(TenantStatus::Suspended),
        _ => None,
    }
}

/// A key's row, as SQLite holds it. The times are creation, expiry and revocation; lists are separated by spaces.
struct StoredKey {
    id: String,
    tenant: Option<u32>,
    name: String,
    permissions: String,
    secret_hash: Vec<u8>,
    times: [Option<i64>; 3],
    allowed_networks: String,
}

impl StoredKey {
    fn of(key: &ApiKey, tenant: Option<TenantNumber>) -> Self {
        let permissions: Vec<_> = key.permissions.iter().map(Permission::as_str).collect();
        let networks: Vec<_> = key.allowed_networks.iter().map(ToString::to_string).collect();
        Self {
            id: key.id.as_str().to_owned(),
            tenant: tenant.map(|TenantNumber(number)| number),
            name: key.name.clone(),
            permissions: permissions.join(" "),
            secret_hash: key.secret_hash.to_vec(),
            times: [Some(key.created_at), key.expires_at, key.revoked_at].map(|time| time.map(Timestamp::as_micros)),
            allowed_networks: networks.join(" "),
        }
    }

    fn checksum(&self, key: &LedgerKey) -> KeyedChecksum {
        let row = key.checksum("api_keys").text(&self.id).optional_integer(self.tenant.map(i64::from));
        let row = row.text(&self.name).text(&self.permissions).blob(&self.secret_hash);
        self.times.into_iter().fold(row, KeyedChecksum::optional_integer).text(&self.allowed_networks)
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<ApiKey> {
        let [created_at, expires_at, revoked_at] = self.times.map(|time| time.map(Timestamp::from_micros));
        let networks = self.allowed_networks.split_whitespace().map(|network| network.parse().ok());
        Some(ApiKey {
            id: ApiKeyId::parse(&self.id)?,
            scope: match self.tenant {
                Some(number) => Scope::Tenant(tenant_of(TenantNumber(number))?),
                None => Scope::System,
            },
            name: self.name.clone(),
            permissions: self.permissions.split_whitespace().map(Permission::parse).collect::<Option<Permissions>>()?,
            secret_hash: self.secret_hash.as_slice().try_into().ok()?,
            created_at: created_at?,
            expires_at,
            revoked_at,
            allowed_networks: networks.collect::<Option<Vec<_>>>()?,
        })
    }
}
