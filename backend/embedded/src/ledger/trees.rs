//! Owns the tables `logs` and `tree_hashes`: each tenant's tree as of the last seal, and the hashes of its complete
//! subtrees of 256 leaves and more.

use auditlog_core::merkle::{CompactRange, Hash};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows,
        control::TenantNumber,
        row::{RowChecksum, signed, unsigned},
    },
};

/// The position of a node in a tenant's tree: over the leaves from `position << level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodePosition {
    pub level: u32,
    pub position: u64,
}

impl Ledger {
    /// Every tenant's tree as of the last seal.
    pub(crate) fn logs(&self) -> Result<Rows<(TenantNumber, CompactRange)>, StoreError> {
        let mut statement = self.connection.prepare("SELECT tenant, tree, checksum FROM logs ORDER BY tenant")?;
        Ok(Rows::read(statement.query([])?, |row| {
            let (tenant, tree): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
            log_checksum(tenant, &tree).expect(row.get(2)?, tenant)?;
            let range = CompactRange::from_bytes(&tree)
                .map_err(|error| StoreError::Corrupted(format!("ledger.db: log of tenant {tenant}: {error}")))?;
            Ok((TenantNumber(tenant), range))
        }))
    }

    /// The stored hashes of a tenant's tree, by level and position.
    pub(crate) fn tree_hashes(&self, tenant: TenantNumber) -> Result<Rows<(NodePosition, Hash)>, StoreError> {
        let sql = "SELECT level, position, hash, checksum FROM tree_hashes WHERE tenant = ? ORDER BY level, position";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(Rows::read(statement.query([tenant.0])?, |row| {
            let node = NodePosition { level: row.get(0)?, position: unsigned(row.get(1)?, "a node's position")? };
            Ok((node, checked_hash(tenant, node, row.get(2)?, row.get(3)?)?))
        }))
    }
}

impl Change<'_> {
    pub(crate) fn put_log(&self, tenant: TenantNumber, tree: &CompactRange) -> Result<(), StoreError> {
        let bytes = tree.to_bytes();
        let mut statement = self.transaction.prepare_cached("INSERT OR REPLACE INTO logs VALUES (?, ?, ?)")?;
        statement.execute(params![tenant.0, bytes, log_checksum(tenant.0, &bytes).value()])?;
        Ok(())
    }

    pub(crate) fn insert_tree_hash(
        &self,
        tenant: TenantNumber,
        node: NodePosition,
        hash: &Hash,
    ) -> Result<(), StoreError> {
        let position = signed(node.position);
        let checksum = hash_checksum(tenant, node, hash).value();
        let mut statement = self.transaction.prepare_cached("INSERT INTO tree_hashes VALUES (?, ?, ?, ?, ?)")?;
        statement.execute(params![tenant.0, node.level, position, hash, checksum])?;
        Ok(())
    }

    /// One stored hash.
    pub(crate) fn tree_hash(&self, tenant: TenantNumber, node: NodePosition) -> Result<Option<Hash>, StoreError> {
        let position = signed(node.position);
        let sql = "SELECT hash, checksum FROM tree_hashes WHERE tenant = ? AND level = ? AND position = ?";
        let row = self
            .transaction
            .prepare_cached(sql)?
            .query_row(params![tenant.0, node.level, position], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(hash, checksum)| checked_hash(tenant, node, hash, checksum)).transpose()
    }
}

fn log_checksum(tenant: u32, tree: &[u8]) -> RowChecksum {
    RowChecksum::of("logs").integer(tenant.into()).blob(tree)
}

fn hash_checksum(tenant: TenantNumber, node: NodePosition, hash: &[u8]) -> RowChecksum {
    let checksum = RowChecksum::of("tree_hashes").integer(tenant.0.into()).integer(node.level.into());
    checksum.integer(signed(node.position)).blob(hash)
}

fn checked_hash(tenant: TenantNumber, node: NodePosition, hash: Vec<u8>, checksum: i64) -> Result<Hash, StoreError> {
    let row = format!("({}, {}, {})", tenant.0, node.level, node.position);
    hash_checksum(tenant, node, &hash).expect(checksum, &row)?;
    let malformed = |_| StoreError::Corrupted(format!("ledger.db: row {row} of table tree_hashes is no hash"));
    Hash::try_from(hash).map_err(malformed)
}
