//! Owns the table `exports`.

use auditlog_core::{
    event::Visibility,
    id::{ApiKeyId, TenantId},
    store::{Export, ExportId, ExportProgress, ExportRequest, ExportStatus, SequenceSpan, TreeHead},
    timestamp::Timestamp,
};
use rusqlite::{Row, params};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey, Rows, TenantNumber,
        control_sums::{ControlTable, RowExchange},
        row::{KeyedChecksum, signed},
    },
};

const PENDING: &str = "pending";
const COMPLETED: &str = "completed";
const FAILED: &str = "failed";
const CANCELLED: &str = "cancelled";

const OLD_CHECKSUM: &str = "SELECT checksum FROM exports WHERE tenant = ? AND id = ?";

impl Ledger {
    /// Every export, by tenant and id. `tenant_of` returns the tenant of a number.
    pub(crate) fn exports(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<Export>, StoreError> {
        let mut statement = self.connection.prepare("SELECT * FROM exports ORDER BY tenant, id")?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredExport::read(row)?;
            let checksum: Vec<u8> = row.get(21)?;
            stored.checksum(&self.key).expect(&checksum, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: export {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces an export's row. `tenant` is its tenant's number.
    pub(crate) fn put_export(&self, export: &Export, tenant: TenantNumber) -> Result<(), StoreError> {
        let stored = StoredExport::of(export, tenant);
        let checksum = stored.checksum(self.key).value();
        let old = self.old_checksum(OLD_CHECKSUM, params![stored.tenant, stored.id])?;
        self.note_row(ControlTable::Exports, RowExchange { old: old.as_deref(), new: Some(&checksum) });
        let sql = "INSERT OR REPLACE INTO exports VALUES
            (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let StoredExport { request, status, sequences, .. } = &stored;
        self.transaction.prepare_cached(sql)?.execute(params![
            stored.tenant,
            stored.id,
            stored.owner,
            request.query,
            request.format,
            request.compression,
            request.columns,
            stored.visibility,
            stored.log_size,
            stored.log_root,
            stored.created_at,
            status.name,
            status.ended_at,
            status.failure_code,
            status.failure_detail,
            stored.next_sequence,
            stored.events,
            sequences[0],
            sequences[1],
            stored.bytes,
            stored.sha256,
            checksum
        ])?;
        Ok(())
    }

    /// Removes an export's row, if it exists.
    pub(crate) fn delete_export(&self, id: ExportId, tenant: TenantNumber) -> Result<(), StoreError> {
        let old = self.old_checksum(OLD_CHECKSUM, params![tenant.0, id.to_string()])?;
        self.note_row(ControlTable::Exports, RowExchange { old: old.as_deref(), new: None });
        let sql = "DELETE FROM exports WHERE tenant = ? AND id = ?";
        self.transaction.prepare_cached(sql)?.execute(params![tenant.0, id.to_string()])?;
        Ok(())
    }
}

/// An export's row, as SQLite holds it.
struct StoredExport {
    tenant: u32,
    id: String,
    owner: String,
    request: ExportRequest,
    visibility: String,
    log_size: i64,
    log_root: Vec<u8>,
    created_at: i64,
    status: StoredStatus,
    next_sequence: i64,
    events: i64,
    /// The first and the last sequence.
    sequences: [Option<i64>; 2],
    bytes: i64,
    sha256: Vec<u8>,
}

struct StoredStatus {
    name: String,
    ended_at: Option<i64>,
    failure_code: Option<String>,
    failure_detail: Option<String>,
}

impl StoredExport {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let request =
            ExportRequest { query: row.get(3)?, format: row.get(4)?, compression: row.get(5)?, columns: row.get(6)? };
        let status = StoredStatus {
            name: row.get(11)?,
            ended_at: row.get(12)?,
            failure_code: row.get(13)?,
            failure_detail: row.get(14)?,
        };
        Ok(Self {
            tenant: row.get(0)?,
            id: row.get(1)?,
            owner: row.get(2)?,
            request,
            visibility: row.get(7)?,
            log_size: row.get(8)?,
            log_root: row.get(9)?,
            created_at: row.get(10)?,
            status,
            next_sequence: row.get(15)?,
            events: row.get(16)?,
            sequences: [row.get(17)?, row.get(18)?],
            bytes: row.get(19)?,
            sha256: row.get(20)?,
        })
    }

    fn of(export: &Export, TenantNumber(tenant): TenantNumber) -> Self {
        let ExportProgress { next, events, sequences, bytes, sha256 } = export.progress;
        Self {
            tenant,
            id: export.id.to_string(),
            owner: export.owner.as_str().to_owned(),
            request: export.request.clone(),
            visibility: export.visibility.as_str().to_owned(),
            log_size: signed(export.log.size),
            log_root: export.log.root.to_vec(),
            created_at: export.created_at.as_micros(),
            status: StoredStatus::of(&export.status),
            next_sequence: signed(next),
            events: signed(events),
            sequences: [sequences.map(|span| signed(span.first)), sequences.map(|span| signed(span.last))],
            bytes: signed(bytes),
            sha256: sha256.to_vec(),
        }
    }

    fn checksum(&self, key: &LedgerKey) -> KeyedChecksum {
        let Self { request, status, .. } = self;
        let row = key.checksum("exports").integer(self.tenant.into()).text(&self.id).text(&self.owner);
        let row = row.optional_text(request.query.as_deref()).text(&request.format).text(&request.compression);
        let row = row.optional_text(request.columns.as_deref()).text(&self.visibility).integer(self.log_size);
        let row = row.blob(&self.log_root).integer(self.created_at).text(&status.name);
        let row = row.optional_integer(status.ended_at).optional_text(status.failure_code.as_deref());
        let row = row.optional_text(status.failure_detail.as_deref()).integer(self.next_sequence).integer(self.events);
        let row = self.sequences.into_iter().fold(row, KeyedChecksum::optional_integer);
        row.integer(self.bytes).blob(&self.sha256)
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<Export> {
        let unsigned = |value: i64| u64::try_from(value).ok();
        let sequences = match self.sequences {
            [None, None] => None,
            [Some(first), Some(last)] => Some(SequenceSpan { first: unsigned(first)?, last: unsigned(last)? }),
            _ => return None,
        };
        Some(Export {
            id: ExportId::parse(&self.id)?,
            tenant_id: tenant_of(TenantNumber(self.tenant))?,
            owner: ApiKeyId::parse(&self.owner)?,
            request: self.request.clone(),
            visibility: Visibility::parse(&self.visibility)?,
            log: TreeHead { size: unsigned(self.log_size)?, root: self.log_root.as_slice().try_into().ok()? },
            created_at: Timestamp::from_micros(self.created_at),
            status: self.status.parse()?,
            progress: ExportProgress {
                next: unsigned(self.next_sequence)?,
                events: unsigned(self.events)?,
                sequences,
                bytes: unsigned(self.bytes)?,
                sha256: self.sha256.as_slice().try_into().ok()?,
            },
        })
    }
}

impl StoredStatus {
    fn of(status: &ExportStatus) -> Self {
        let (name, failure) = match status {
            ExportStatus::Pending => (PENDING, None),
            ExportStatus::Completed { .. } => (COMPLETED, None),
            ExportStatus::Failed { code, detail, .. } => (FAILED, Some((code.clone(), detail.clone()))),
            ExportStatus::Cancelled { .. } => (CANCELLED, None),
        };
        let (failure_code, failure_detail) = failure.unzip();
        let ended_at = status.ended_at().map(Timestamp::as_micros);
        Self { name: name.to_owned(), ended_at, failure_code, failure_detail }
    }

    fn parse(&self) -> Option<ExportStatus> {
        let at = self.ended_at.map(Timestamp::from_micros);
        let status = match (self.name.as_str(), at, &self.failure_code, &self.failure_detail) {
            (PENDING, None, None, None) => ExportStatus::Pending,
            (COMPLETED, Some(at), None, None) => ExportStatus::Completed { at },
            (CANCELLED, Some(at), None, None) => ExportStatus::Cancelled { at },
            (FAILED, Some(at), Some(code), Some(detail)) => {
                ExportStatus::Failed { at, code: code.clone(), detail: detail.clone() }
            }
            _ => return None,
        };
        Some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(_: TenantNumber) -> Option<TenantId> {
        TenantId::parse("acme")
    }

    fn export(status: ExportStatus) -> Export {
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        Export {
            id: ExportId::from_parts(now, [7; 10]),
            tenant_id: TenantId::parse("acme").unwrap(),
            owner: ApiKeyId::parse("0123456789abcdef").unwrap(),
            request: ExportRequest {
                query: None,
                format: "csv".to_owned(),
                compression: "gzip".to_owned(),
                columns: Some("id,action".to_owned()),
            },
            visibility: Visibility::WithoutPersonal,
            log: TreeHead { size: 7, root: [3; 32] },
            created_at: now,
            status,
            progress: ExportProgress {
                next: 5,
                events: 2,
                sequences: Some(SequenceSpan { first: 1, last: 4 }),
                ..ExportProgress::NOTHING
            },
        }
    }

    fn ledger_with(directory: &std::path::Path, export: &Export) -> Ledger {
        let mut ledger = Ledger::create(&directory.join("ledger.db"), &LedgerKey::derive(&[7; 32])).unwrap();
        let change = ledger.change().unwrap();
        change.put_export(export, TenantNumber(1)).unwrap();
        change.commit().unwrap();
        ledger
    }

    #[test]
    fn every_status_is_read_back_as_it_was_written() {
        let at = Timestamp::from_micros(1_795_000_001_000_000);
        let failed = ExportStatus::Failed { at, code: "key_revoked".to_owned(), detail: "it is".to_owned() };
        let ended = [ExportStatus::Completed { at }, ExportStatus::Cancelled { at }, failed];
        for status in ended.into_iter().chain([ExportStatus::Pending]) {
            let directory = tempfile::tempdir().unwrap();
            let export = export(status);
            assert_eq!(ledger_with(directory.path(), &export).exports(tenant).unwrap().whole().unwrap(), [export]);
        }
    }

    #[test]
    fn a_changed_cell_is_damage_whatever_column_it_is() {
        for damage in [
            "tenant = 2",
            "owner = '1123456789abcdef'",
            "query = ''",
            "format = 'json'",
            "compression = 'none'",
            "columns = NULL",
            "visibility = 'all'",
            "log_size = 8",
            "log_root = zeroblob(32)",
            "created_at = 0",
            "status = 'completed'",
            "ended_at = 1",
            "failure_code = 'a'",
            "failure_detail = 'b'",
            "next_sequence = 6",
            "events = 3",
            "first_sequence = 0",
            "last_sequence = 5",
            "bytes = 1",
            "sha256 = zeroblob(32)",
        ] {
            let directory = tempfile::tempdir().unwrap();
            let ledger = ledger_with(directory.path(), &export(ExportStatus::Pending));
            ledger.connection.execute_batch(&format!("UPDATE exports SET {damage}")).unwrap();
            let read = ledger.exports(tenant).unwrap().whole();
            assert!(matches!(read, Err(StoreError::Corrupted(_))), "{damage}: {read:?}");
        }
    }
}
