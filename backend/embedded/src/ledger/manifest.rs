//! Owns the tables `segments` and `segment_tenants`: the manifest, which lists the sealed files, their checksums and
//! the rows of each tenant in them. A file that is not in it does not exist.

use std::collections::BTreeMap;

use auditlog_core::{id::TenantId, timestamp::Timestamp};
use rusqlite::Row;

use crate::{
    cache::FileMeta,
    error::StoreError,
    ledger::{
        Change, Ledger, Rows, TenantNumber,
        row::{signed, unsigned},
        table::{Blob, TableRow as _, stored_checksum, table_row},
    },
    segment::{SegmentId, SegmentMeta, TenantRange},
};

table_row! {
    /// A segment's row. Lists of numbers are blobs of four bytes each, little endian.
    struct StoredSegment in segments {
        number: i64,
        day: i64,
        rows: i64,
        data_bytes: i64,
        data_checksums: Blob<'static>,
        index_bytes: i64,
        index_checksums: Blob<'static>,
        hours: Blob<'static>,
    }
}

table_row! {
    /// The row of a tenant's range in a segment.
    struct StoredRange in segment_tenants {
        segment: i64,
        tenant: u32,
        row_start: i64,
        rows: i64,
        first_sequence: i64,
        occurred_at_min: i64,
        occurred_at_max: i64,
    }
}

impl Ledger {
    /// Every segment, by id. `tenant_of` returns the tenant of a number. A segment with a damaged row is included where
    /// the row can be read, because its file may be intact.
    pub(crate) fn segments(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<SegmentMeta>, StoreError> {
        let Rows { rows: ranges, mut problems } = self.segment_tenants(tenant_of)?;
        let mut of_segment: BTreeMap<SegmentId, Vec<TenantRange>> = BTreeMap::new();
        for (segment, range) in ranges {
            of_segment.entry(segment).or_default().push(range);
        }
        let sql = format!("{} ORDER BY number", StoredSegment::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        let mut damaged = Vec::new();
        let mut segments = Rows::read(statement.query([])?, |row| read_segment(row, &mut damaged));
        segments.problems.append(&mut damaged);
        for meta in &mut segments.rows {
            meta.tenants = of_segment.remove(&meta.id).unwrap_or_default();
            meta.tenants.sort_by(|left, right| left.tenant_id.cmp(&right.tenant_id));
            let counted: u64 = meta.tenants.iter().map(|range| u64::from(range.rows)).sum();
            if counted != u64::from(meta.rows) {
                let (id, rows) = (meta.id, meta.rows);
                let detail =
                    format!("ledger.db: segment {id} has {rows} rows, and {counted} of them belong to a tenant");
                segments.problems.push(StoreError::Corrupted(detail));
            }
        }
        segments.problems.append(&mut problems);
        let strays = of_segment.into_keys();
        segments.problems.extend(
            strays
                .map(|id| StoreError::Corrupted(format!("ledger.db: segment {id} has tenants and no row of its own"))),
        );
        Ok(segments)
    }

    fn segment_tenants(
        &self,
        tenant_of: impl Fn(TenantNumber) -> Option<TenantId>,
    ) -> Result<Rows<(SegmentId, TenantRange)>, StoreError> {
        let sql = format!("{} ORDER BY segment, tenant", StoredRange::SELECT);
        let mut statement = self.connection.prepare(&sql)?;
        Ok(Rows::read(statement.query([])?, |row| {
            let stored = StoredRange::read(row)?;
            let StoredRange { segment, tenant, .. } = stored;
            stored.checksum().expect(stored_checksum(row)?, format!("({segment}, {tenant})"))?;
            let unknown =
                || StoreError::Corrupted(format!("ledger.db: segment {segment} has an unknown tenant {tenant}"));
            let range = TenantRange {
                tenant_id: tenant_of(TenantNumber(tenant)).ok_or_else(unknown)?,
                row_start: small(stored.row_start, "a row's number")?,
                rows: small(stored.rows, "a count of rows")?,
                first_sequence: unsigned(stored.first_sequence, "a sequence")?,
                occurred_at_min: Timestamp::from_micros(stored.occurred_at_min),
                occurred_at_max: Timestamp::from_micros(stored.occurred_at_max),
            };
            Ok((SegmentId(unsigned(segment, "a segment's number")?), range))
        }))
    }
}

impl Change<'_> {
    /// Inserts a segment. `number_of` returns the number of a tenant.
    pub(crate) fn insert_segment(
        &self,
        meta: &SegmentMeta,
        number_of: impl Fn(&TenantId) -> Option<TenantNumber>,
    ) -> Result<(), StoreError> {
        let stored = StoredSegment::of(meta);
        stored.write(&self.transaction, StoredSegment::INSERT, stored.checksum().value())?;
        for range in &meta.tenants {
            let unknown = || StoreError::Stopped(format!("tenant {} has no number", range.tenant_id));
            let TenantNumber(tenant) = number_of(&range.tenant_id).ok_or_else(unknown)?;
            self.insert_range(stored.number, tenant, range)?;
        }
        Ok(())
    }

    /// Removes a segment.
    pub(crate) fn delete_segment(&self, id: SegmentId) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM segments WHERE number = ?")?.execute([signed(id.0)])?;
        self.transaction.prepare_cached("DELETE FROM segment_tenants WHERE segment = ?")?.execute([signed(id.0)])?;
        Ok(())
    }

    fn insert_range(&self, segment: i64, tenant: u32, range: &TenantRange) -> Result<(), StoreError> {
        let stored = StoredRange {
            segment,
            tenant,
            row_start: range.row_start.into(),
            rows: range.rows.into(),
            first_sequence: signed(range.first_sequence),
            occurred_at_min: range.occurred_at_min.as_micros(),
            occurred_at_max: range.occurred_at_max.as_micros(),
        };
        stored.write(&self.transaction, StoredRange::INSERT, stored.checksum().value())
    }
}

impl StoredSegment {
    fn of(meta: &SegmentMeta) -> Self {
        Self {
            number: signed(meta.id.0),
            day: meta.day,
            rows: meta.rows.into(),
            data_bytes: signed(meta.data.bytes),
            data_checksums: pack(&meta.data.checksums).into(),
            index_bytes: signed(meta.index.bytes),
            index_checksums: pack(&meta.index.checksums).into(),
            hours: pack(&meta.hours).into(),
        }
    }
}

/// Reads a segment's row. A checksum error goes to `damaged`.
fn read_segment(row: &Row<'_>, damaged: &mut Vec<StoreError>) -> Result<SegmentMeta, StoreError> {
    let stored = StoredSegment::read(row)?;
    damaged.extend(stored.checksum().expect(stored_checksum(row)?, stored.number).err());
    let malformed = || StoreError::Corrupted(format!("ledger.db: segment {} cannot be read", stored.number));
    let file = |bytes: i64, checksums: &[u8]| {
        let checksums = unpack(checksums).ok_or_else(malformed)?;
        Ok::<_, StoreError>(FileMeta { bytes: unsigned(bytes, "a file's length")?, checksums })
    };
    Ok(SegmentMeta {
        id: SegmentId(unsigned(stored.number, "a segment's number")?),
        day: stored.day,
        rows: small(stored.rows, "a count of rows")?,
        data: file(stored.data_bytes, stored.data_checksums.as_bytes())?,
        index: file(stored.index_bytes, stored.index_checksums.as_bytes())?,
        tenants: Vec::new(),
        hours: unpack(stored.hours.as_bytes()).ok_or_else(malformed)?,
    })
}

fn pack(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn unpack(bytes: &[u8]) -> Option<Vec<u32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|number| u32::from_le_bytes(*number)).collect())
}

fn small(value: i64, what: &str) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::Corrupted(format!("ledger.db: {what} is out of range: {value}")))
}
