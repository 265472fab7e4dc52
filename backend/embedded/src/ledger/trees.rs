//! Owns the tables `logs` and `tree_hashes`: each tenant's tree as of the last seal, and the hashes of its complete
//! subtrees of 256 leaves and more.

use auditlog_core::merkle::{CompactRange, Hash};
use rusqlite::params;

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows,
        control::TenantNumber,
        row::{signed, unsigned},
        table::{Blob, TableRow as _, stored_checksum, table_row},
    },
};

table_row! {
    struct StoredLog in logs {
        tenant: u32,
        tree: Blob<'static>,
    }
}

table_row! {
    struct StoredHash<'a> in tree_hashes {
        tenant: u32,
        level: u32,
        position: i64,
        hash: Blob<'a>,
    }
}

/// The position of a node in a tenant's tree: over the leaves from `position << level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodePosition {
    pub level: u32,
    pub position: u64,
}

impl Ledger {
    /// Every tenant's tree as of the last seal.
    pub(crate) fn logs(&self) -> Result<Rows<(TenantNumber, CompactRange)>, StoreError> {
        let sql = format!("{} ORDER BY tenant", StoredLog::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredLog::read(row)?;
            let tenant = stored.tenant;
            stored.checksum().expect(stored_checksum(row)?, tenant)?;
            let range = CompactRange::from_bytes(stored.tree.as_bytes())
                .map_err(|error| StoreError::Corrupted(format!("ledger.db: log of tenant {tenant}: {error}")))?;
            Ok((TenantNumber(tenant), range))
        }))
    }

    /// The stored hashes of a tenant's tree, by level and position.
    pub(crate) fn tree_hashes(&self, tenant: TenantNumber) -> Result<Rows<(NodePosition, Hash)>, StoreError> {
        let sql = format!("{} WHERE tenant = ? ORDER BY level, position", StoredHash::SELECT);
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(Rows::read(statement.query([tenant.0])?, |row| {
            let stored = StoredHash::read(row)?;
            let node = NodePosition { level: stored.level, position: unsigned(stored.position, "a node's position")? };
            Ok((node, stored.verified(stored_checksum(row)?)?))
        }))
    }
}

impl Change<'_> {
    pub(crate) fn put_log(&self, tenant: TenantNumber, tree: &CompactRange) -> Result<(), StoreError> {
        let stored = StoredLog { tenant: tenant.0, tree: tree.to_bytes().into() };
        stored.write(&self.transaction, StoredLog::REPLACE, stored.checksum().value())
    }

    pub(crate) fn insert_tree_hash(
        &self,
        tenant: TenantNumber,
        node: NodePosition,
        hash: &Hash,
    ) -> Result<(), StoreError> {
        let stored = StoredHash {
            tenant: tenant.0,
            level: node.level,
            position: signed(node.position),
            hash: hash.as_slice().into(),
        };
        stored.write(&self.transaction, StoredHash::INSERT, stored.checksum().value())
    }

    /// One stored hash.
    pub(crate) fn tree_hash(&self, tenant: TenantNumber, node: NodePosition) -> Result<Option<Hash>, StoreError> {
        let sql = format!("{} WHERE tenant = ? AND level = ? AND position = ?", StoredHash::SELECT);
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let mut rows = statement.query(params![tenant.0, node.level, signed(node.position)])?;
        let read = |row| StoredHash::read(row)?.verified(stored_checksum(row)?);
        rows.next()?.map(read).transpose()
    }
}

impl StoredHash<'_> {
    /// The hash, if the row matches its checksum.
    fn verified(&self, checksum: i64) -> Result<Hash, StoreError> {
        let row = format!("({}, {}, {})", self.tenant, self.level, self.position);
        self.checksum().expect(checksum, &row)?;
        let malformed = |_| StoreError::Corrupted(format!("ledger.db: row {row} of table tree_hashes is no hash"));
        Hash::try_from(self.hash.as_bytes()).map_err(malformed)
    }
}
