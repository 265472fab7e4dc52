//! Owns the table `commits`: one row for each commit, with the events of all its tenants. The row is removed when its
//! events are sealed.

use auditlog_core::merkle::{CompactRange, Hash};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows,
        control::TenantNumber,
        payload::decode_requests,
        row::{signed, unsigned},
        table::{Blob, TableRow as _, stored_checksum, table_row},
    },
};

table_row! {
    struct StoredCommit<'a> in commits {
        number: i64,
        payload: Blob<'a>,
        leaf_hashes: Blob<'a>,
        logs: Blob<'a>,
    }
}

/// A stored commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitRow {
    /// Its number, one more than the last one's.
    pub number: u64,
    /// The requests, see [`super::payload`].
    pub payload: Vec<u8>,
    /// The leaf hash of each event, in order.
    pub leaf_hashes: Vec<Hash>,
    /// The trees of the tenants in it as they are after it.
    pub logs: Vec<(TenantNumber, CompactRange)>,
}

impl Change<'_> {
    pub(crate) fn insert_commit(&self, commit: &CommitRow) -> Result<(), StoreError> {
        let stored = StoredCommit {
            number: signed(commit.number),
            payload: commit.payload.as_slice().into(),
            leaf_hashes: commit.leaf_hashes.as_flattened().into(),
            logs: encode_logs(&commit.logs).into(),
        };
        stored.write(&self.transaction, StoredCommit::INSERT, stored.checksum().value())
    }

    /// Deletes the rows up to and including `last`.
    pub(crate) fn delete_commits(&self, last: u64) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM commits WHERE number <= ?")?.execute([signed(last)])?;
        Ok(())
    }
}

impl Ledger {
    /// Every commit in order, each verified against its checksum.
    pub(crate) fn for_each_commit<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(CommitRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("{} ORDER BY number", StoredCommit::SELECT);
        let mut statement = self.connection.prepare(&sql).map_err(StoreError::from)?;
        let mut rows = statement.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            visit(read(row)?)?;
        }
        Ok(())
    }
}

/// The contents of a damaged commit as it states them: they may be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommitHints {
    /// The number of its events.
    pub events: Option<u64>,
    /// The sizes of logs after it.
    pub sizes: Vec<(TenantNumber, u64)>,
}

impl Ledger {
    /// The numbers of all commits, in order.
    pub(crate) fn commit_numbers(&self) -> Result<Rows<u64>, StoreError> {
        let mut statement = self.connection.prepare("SELECT number FROM commits ORDER BY number")?;
        Ok(Rows::read(statement.query([])?, |row| unsigned(row.get(0)?, "a commit's number")))
    }

    /// One commit, verified against its checksum.
    pub(crate) fn commit(&self, number: u64) -> Result<CommitRow, StoreError> {
        let sql = format!("{} WHERE number = ?", StoredCommit::SELECT);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([signed(number)])?;
        let missing = || StoreError::Corrupted(format!("ledger.db: commit {number} cannot be found"));
        read(rows.next()?.ok_or_else(missing)?)
    }

    /// The readable contents of a commit that [`Self::commit`] refuses. Each column is read independently.
    pub(crate) fn commit_hints(&self, number: u64) -> CommitHints {
        let column = |name: &str| {
            let sql = format!("SELECT {name} FROM commits WHERE number = ?");
            self.connection.query_row(&sql, [signed(number)], |row| row.get::<_, Vec<u8>>(0)).ok()
        };
        let events = column("leaf_hashes").map(|hashes| (hashes.len() / size_of::<Hash>()) as u64);
        let logs = column("logs").and_then(|logs| decode_logs(&logs)).unwrap_or_default();
        let logs = logs.into_iter().map(|(tenant, tree)| (tenant, tree.size()));
        let requests = column("payload").and_then(|payload| decode_requests(&payload).ok()).unwrap_or_default();
        let requests = requests.into_iter().map(|request| {
            (TenantNumber(request.tenant), request.first_sequence.saturating_add(request.events.into()))
        });
        CommitHints { events, sizes: logs.chain(requests).collect() }
    }
}

fn read(row: &rusqlite::Row<'_>) -> Result<CommitRow, StoreError> {
    let stored = StoredCommit::read(row)?;
    let number = stored.number;
    stored.checksum().expect(stored_checksum(row)?, number)?;
    let (leaf_hashes, rest) = stored.leaf_hashes.as_bytes().as_chunks::<32>();
    let logs = decode_logs(stored.logs.as_bytes()).filter(|_| rest.is_empty());
    let malformed = || StoreError::Corrupted(format!("ledger.db: commit {number} cannot be read"));
    Ok(CommitRow {
        number: unsigned(number, "a commit's number")?,
        payload: stored.payload.into_bytes(),
        leaf_hashes: leaf_hashes.to_vec(),
        logs: logs.ok_or_else(malformed)?,
    })
}

/// For each tenant its number, the length of its tree's bytes, and those bytes.
fn encode_logs(logs: &[(TenantNumber, CompactRange)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (tenant, tree) in logs {
        let tree = tree.to_bytes();
        bytes.extend_from_slice(&tenant.0.to_le_bytes());
        // A compact range has at most 64 hashes.
        bytes.extend_from_slice(&u32::try_from(tree.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&tree);
    }
    bytes
}

fn decode_logs(mut bytes: &[u8]) -> Option<Vec<(TenantNumber, CompactRange)>> {
    let mut logs = Vec::new();
    while !bytes.is_empty() {
        let (tenant, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (tree, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        logs.push((TenantNumber(u32::from_le_bytes(*tenant)), CompactRange::from_bytes(tree).ok()?));
        bytes = rest;
    }
    Some(logs)
}
