//! Owns the tables `tenants` and `api_keys`.

use auditlog_core::{
    id::{ApiKeyId, TenantId},
    policy::{Permission, Permissions, Scope},
    store::{ApiKey, Tenant, TenantStatus},
    timestamp::Timestamp,
};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows,
        control_sums::{ControlRow, ControlTable},
        row::{revision, signed},
        table::{Blob, TableRow as _, stored_checksum, table_row},
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

table_row! {
    /// A tenant's row.
    struct StoredTenant in tenants {
        number: u32,
        id: String,
        revision: i64,
        name: String,
        status: String,
        created_at: i64,
        updated_at: i64,
    }
}

impl ControlRow for StoredTenant {
    const CONTROL: ControlTable = ControlTable::Tenants;
    const KEY: &'static str = "number = ?";
}

table_row! {
    /// A key's row. Lists are separated by spaces.
    struct StoredKey in api_keys {
        id: String,
        revision: i64,
        tenant: Option<u32>,
        name: String,
        permissions: String,
        secret_hash: Blob<'static>,
        created_at: i64,
        expires_at: Option<i64>,
        revoked_at: Option<i64>,
        allowed_networks: String,
    }
}

impl ControlRow for StoredKey {
    const CONTROL: ControlTable = ControlTable::ApiKeys;
    const KEY: &'static str = "id = ?";
}

impl Ledger {
    /// Every tenant, by number. A tenant with a damaged row is included where the row can be read, because events refer
    /// to it.
    pub(crate) fn tenants(&self) -> Result<Rows<NumberedTenant>, StoreError> {
        let sql = format!("{} ORDER BY number", StoredTenant::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        let mut damaged = Vec::new();
        let mut tenants = Rows::read(statement.query([])?, |row| {
            let stored = StoredTenant::read(row)?;
            let number = stored.number;
            damaged.extend(stored.keyed_checksum(&self.key).expect(&stored_checksum::<Vec<u8>>(row)?, number).err());
            let unreadable = || StoreError::Corrupted(format!("ledger.db: tenant {number} cannot be read"));
            stored.parse().ok_or_else(unreadable)
        });
        tenants.problems.append(&mut damaged);
        Ok(tenants)
    }

    /// Every API key, by id. `tenant_of` returns the tenant of a number.
    pub(crate) fn api_keys(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<ApiKey>, StoreError> {
        let sql = format!("{} ORDER BY id", StoredKey::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredKey::read(row)?;
            stored.keyed_checksum(&self.key).expect(&stored_checksum::<Vec<u8>>(row)?, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: API key {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces a tenant's row.
    pub(crate) fn put_tenant(&self, numbered: &NumberedTenant) -> Result<(), StoreError> {
        self.put_row(&StoredTenant::of(numbered), [numbered.number.0])
    }

    /// Inserts or replaces a key's row. `tenant` is the number of the tenant it is valid in, `None` for the system.
    pub(crate) fn put_api_key(&self, key: &ApiKey, tenant: Option<TenantNumber>) -> Result<(), StoreError> {
        let stored = StoredKey::of(key, tenant);
        self.put_row(&stored, [&stored.id])
    }

    /// Removes a key's row.
    pub(crate) fn delete_api_key(&self, id: &ApiKeyId) -> Result<(), StoreError> {
        self.delete_row::<StoredKey>([id.as_str()])
    }
}

impl StoredTenant {
    fn of(numbered: &NumberedTenant) -> Self {
        let NumberedTenant { number: TenantNumber(number), tenant } = numbered;
        Self {
            number: *number,
            id: tenant.id.as_str().to_owned(),
            revision: signed(tenant.revision.get()),
            name: tenant.name.clone(),
            status: tenant.status.as_str().to_owned(),
            created_at: tenant.created_at.as_micros(),
            updated_at: tenant.updated_at.as_micros(),
        }
    }

    fn parse(self) -> Option<NumberedTenant> {
        let tenant = Tenant {
            id: TenantId::parse(&self.id)?,
            revision: revision(self.revision)?,
            name: self.name,
            status: TenantStatus::parse(&self.status)?,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        };
        Some(NumberedTenant { number: TenantNumber(self.number), tenant })
    }
}

impl StoredKey {
    fn of(key: &ApiKey, tenant: Option<TenantNumber>) -> Self {
        let permissions: Vec<_> = key.permissions.iter().map(Permission::as_str).collect();
        let networks: Vec<_> = key.allowed_networks.iter().map(ToString::to_string).collect();
        Self {
            id: key.id.as_str().to_owned(),
            revision: signed(key.revision.get()),
            tenant: tenant.map(|TenantNumber(number)| number),
            name: key.name.clone(),
            permissions: permissions.join(" "),
            secret_hash: key.secret_hash.to_vec().into(),
            created_at: key.created_at.as_micros(),
            expires_at: key.expires_at.map(Timestamp::as_micros),
            revoked_at: key.revoked_at.map(Timestamp::as_micros),
            allowed_networks: networks.join(" "),
        }
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<ApiKey> {
        let networks = self.allowed_networks.split_whitespace().map(|network| network.parse().ok());
        Some(ApiKey {
            id: ApiKeyId::parse(&self.id)?,
            revision: revision(self.revision)?,
            scope: match self.tenant {
                Some(number) => Scope::Tenant(tenant_of(TenantNumber(number))?),
                None => Scope::System,
            },
            name: self.name.clone(),
            permissions: self.permissions.split_whitespace().map(Permission::parse).collect::<Option<Permissions>>()?,
            secret_hash: self.secret_hash.as_bytes().try_into().ok()?,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
            allowed_networks: networks.collect::<Option<Vec<_>>>()?,
        })
    }
}
