//! Owns the table `exports`.

use auditlog_core::{
    event::Visibility,
    id::{OwnerId, TenantId},
    store::{Export, ExportId, ExportProgress, ExportRequest, ExportStatus, SequenceSpan, TreeHead},
    timestamp::Timestamp,
};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, Rows, TenantNumber,
        control_sums::{ControlRow, ControlTable},
        row::{revision, signed},
        table::{Blob, TableRow as _, stored_checksum, table_row},
    },
};

const PENDING: &str = "pending";
const COMPLETED: &str = "completed";
const FAILED: &str = "failed";
const CANCELLED: &str = "cancelled";

table_row! {
    /// An export's row.
    struct StoredExport in exports {
        tenant: u32,
        id: String,
        revision: i64,
        owner: String,
        query: Option<String>,
        format: String,
        compression: String,
        columns: Option<String>,
        visibility: String,
        log_size: i64,
        log_root: Blob<'static>,
        created_at: i64,
        status: String,
        ended_at: Option<i64>,
        failure_code: Option<String>,
        failure_detail: Option<String>,
        next_sequence: i64,
        events: i64,
        first_sequence: Option<i64>,
        last_sequence: Option<i64>,
        bytes: i64,
        sha256: Blob<'static>,
    }
}

impl ControlRow for StoredExport {
    const CONTROL: ControlTable = ControlTable::Exports;
    const KEY: &'static str = "tenant = ? AND id = ?";
}

impl Ledger {
    /// Every export, by tenant and id. `tenant_of` returns the tenant of a number.
    pub(crate) fn exports(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<Export>, StoreError> {
        let sql = format!("{} ORDER BY tenant, id", StoredExport::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredExport::read(row)?;
            stored.keyed_checksum(&self.key).expect(&stored_checksum::<Vec<u8>>(row)?, &stored.id)?;
            let unreadable = || StoreError::Corrupted(format!("ledger.db: export {} cannot be read", stored.id));
            stored.parse(&tenant_of).ok_or_else(unreadable)
        }))
    }
}

impl Change<'_> {
    /// Inserts or replaces an export's row. `tenant` is its tenant's number.
    pub(crate) fn put_export(&self, export: &Export, tenant: TenantNumber) -> Result<(), StoreError> {
        let stored = StoredExport::of(export, tenant);
        self.put_row(&stored, (stored.tenant, &stored.id))
    }

    /// Removes an export's row, if it exists.
    pub(crate) fn delete_export(&self, id: ExportId, tenant: TenantNumber) -> Result<(), StoreError> {
        self.delete_row::<StoredExport>((tenant.0, id.to_string()))
    }
}

impl StoredExport {
    fn of(export: &Export, TenantNumber(tenant): TenantNumber) -> Self {
        let ExportProgress { next, events, sequences, bytes, sha256 } = export.progress;
        let ExportRequest { query, format, compression, columns } = export.request.clone();
        let StatusColumns { status, ended_at, failure_code, failure_detail } = StatusColumns::of(&export.status);
        Self {
            tenant,
            id: export.id.to_string(),
            revision: signed(export.revision.get()),
            owner: export.owner.to_string(),
            query,
            format,
            compression,
            columns,
            visibility: export.visibility.as_str().to_owned(),
            log_size: signed(export.log.size),
            log_root: export.log.root.to_vec().into(),
            created_at: export.created_at.as_micros(),
            status: status.to_owned(),
            ended_at,
            failure_code,
            failure_detail,
            next_sequence: signed(next),
            events: signed(events),
            first_sequence: sequences.map(|span| signed(span.first)),
            last_sequence: sequences.map(|span| signed(span.last)),
            bytes: signed(bytes),
            sha256: sha256.to_vec().into(),
        }
    }

    fn parse(&self, tenant_of: &impl Fn(TenantNumber) -> Option<TenantId>) -> Option<Export> {
        let unsigned = |value: i64| u64::try_from(value).ok();
        let sequences = match (self.first_sequence, self.last_sequence) {
            (None, None) => None,
            (Some(first), Some(last)) => Some(SequenceSpan { first: unsigned(first)?, last: unsigned(last)? }),
            _ => return None,
        };
        Some(Export {
            id: ExportId::parse(&self.id)?,
            tenant_id: tenant_of(TenantNumber(self.tenant))?,
            revision: revision(self.revision)?,
            owner: OwnerId::parse(&self.owner)?,
            request: ExportRequest {
                query: self.query.clone(),
                format: self.format.clone(),
                compression: self.compression.clone(),
                columns: self.columns.clone(),
            },
            visibility: Visibility::parse(&self.visibility)?,
            log: TreeHead { size: unsigned(self.log_size)?, root: self.log_root.as_bytes().try_into().ok()? },
            created_at: Timestamp::from_micros(self.created_at),
            status: self.parse_status()?,
            progress: ExportProgress {
                next: unsigned(self.next_sequence)?,
                events: unsigned(self.events)?,
                sequences,
                bytes: unsigned(self.bytes)?,
                sha256: self.sha256.as_bytes().try_into().ok()?,
            },
        })
    }

    fn parse_status(&self) -> Option<ExportStatus> {
        let at = self.ended_at.map(Timestamp::from_micros);
        let status = match (self.status.as_str(), at, &self.failure_code, &self.failure_detail) {
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

/// The columns that an export's status takes.
struct StatusColumns {
    status: &'static str,
    ended_at: Option<i64>,
    failure_code: Option<String>,
    failure_detail: Option<String>,
}

impl StatusColumns {
    fn of(status: &ExportStatus) -> Self {
        let (name, failure) = match status {
            ExportStatus::Pending => (PENDING, None),
            ExportStatus::Completed { .. } => (COMPLETED, None),
            ExportStatus::Failed { code, detail, .. } => (FAILED, Some((code.clone(), detail.clone()))),
            ExportStatus::Cancelled { .. } => (CANCELLED, None),
        };
        let (failure_code, failure_detail) = failure.unzip();
        let ended_at = status.ended_at().map(Timestamp::as_micros);
        Self { status: name, ended_at, failure_code, failure_detail }
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

    fn export(status: ExportStatus) -> Export {
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        Export {
            id: ExportId::from_parts(now, [7; 10]),
            tenant_id: TenantId::parse("acme").unwrap(),
            revision: Revision::FIRST,
            owner: OwnerId::parse("api_key:0123456789abcdef").unwrap(),
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
            "revision = 2",
            "owner = 'api_key:1123456789abcdef'",
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
