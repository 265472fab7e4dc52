//! Owns the forgeries of an attacker who can write the files of a data directory and does not have its secrets: every
//! checksum without a key is recomputed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::RecordBatch;
use auditlog_core::{event::StoredEvent, leaf::leaf_hash, merkle::CompactRange};
use auditlog_embedded::{
    cache::FileMeta,
    columns::from_events,
    segment::{SegmentId, SegmentMeta, SegmentWriter},
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use rusqlite::{Connection, params, types::Value};
use xxhash_rust::xxh3::Xxh3;

/// A copy of a data directory that may be edited.
pub(super) struct Victim {
    pub(super) directory: tempfile::TempDir,
}

impl Victim {
    pub(super) fn of(original: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy(original, directory.path());
        Self { directory }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn ledger(&self) -> Connection {
        Connection::open(self.path().join("ledger.db")).unwrap()
    }

    pub(super) fn sql(&self, statements: &str) {
        self.ledger().execute_batch(statements).unwrap();
    }

    /// The files of the first segment.
    pub(super) fn segment_file(&self, ending: &str) -> PathBuf {
        let mut files = Vec::new();
        list(&self.path().join("segments"), &mut files);
        files.retain(|path| path.to_string_lossy().ends_with(ending));
        files.sort();
        files.remove(0)
    }

    /// Replaces the data file of the first segment, and updates the manifest.
    pub(super) fn replace_data_file(&self, bytes: &[u8]) {
        fs::write(self.segment_file(".parquet"), bytes).unwrap();
        let meta = FileMeta::of(bytes);
        let ledger = self.ledger();
        let sql = "UPDATE segments SET data_bytes = ?, data_checksums = ?
                   WHERE number = (SELECT min(number) FROM segments)";
        ledger.execute(sql, params![i64::try_from(meta.bytes).unwrap(), pack(&meta.checksums)]).unwrap();
        put_checksums_right(&ledger, "segments", &["number"]);
    }

    /// Changes bytes of the data file's footer, or of the indexes of pages before it.
    pub(super) fn patch_data_file(&self, part: FilePart, patch: &Patch) {
        let mut bytes = fs::read(self.segment_file(".parquet")).unwrap();
        let end = bytes.len() - 8;
        let length: [u8; 4] = bytes[end..end + 4].try_into().unwrap();
        let footer = end - usize::try_from(u32::from_le_bytes(length)).unwrap();
        // Pages are all before the column indexes, and the values of this file do not fill its first half.
        let range = match part {
            FilePart::Footer => footer..end,
            FilePart::PageIndexes => footer / 2..footer,
        };
        let mut patched = 0;
        for at in range.start..range.end - patch.from.len() {
            if bytes[at..].starts_with(&patch.from) {
                bytes[at..at + patch.to.len()].copy_from_slice(&patch.to);
                patched += 1;
            }
        }
        assert!(patched > 0, "there is nothing to be patched");
        self.replace_data_file(&bytes);
    }

    /// Rewrites the data file of the first segment with other columns.
    pub(super) fn rewrite_columns(&self, edit: impl FnOnce(RecordBatch) -> RecordBatch) {
        let file = fs::File::open(self.segment_file(".parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(100_000).build().unwrap();
        let batch = reader.map(Result::unwrap).next().unwrap();
        let batch = edit(batch);
        let version = KeyValue::new("auditlog.segment.version".to_owned(), "1".to_owned());
        let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![version])).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        self.replace_data_file(&bytes);
    }

    /// Rewrites events of the first segment, and everything that depends on them and has no key: both files, the
    /// manifest, the trees of the logs and of the unsealed commits. `sealed` are all sealed events.
    pub(super) fn rewrite_history(&self, sealed: &[StoredEvent], edit: impl FnOnce(&mut [StoredEvent])) {
        let ledger = self.ledger();
        let number: i64 = ledger.query_row("SELECT min(number) FROM segments", [], |row| row.get(0)).unwrap();
        let mut ends = ledger
            .prepare("SELECT id, rows FROM segment_tenants JOIN tenants ON tenant = number WHERE segment = ?")
            .unwrap();
        let rows = ends.query_map([number], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let ends: Vec<(String, u32)> = rows.map(Result::unwrap).collect();
        let mut sealed = sealed.to_vec();
        sealed.sort_by(|left, right| {
            (&left.event.tenant_id, left.sequence).cmp(&(&right.event.tenant_id, right.sequence))
        });
        let end_of = |stored: &StoredEvent| {
            ends.iter().find(|(id, _)| id == stored.event.tenant_id.as_str()).map_or(0, |(_, rows)| u64::from(*rows))
        };
        let (mut first, others): (Vec<_>, Vec<_>) =
            sealed.into_iter().partition(|stored| stored.sequence < end_of(stored));
        edit(&mut first);
        let directory = self.segment_file(".parquet").parent().unwrap().to_owned();
        let mut writer = SegmentWriter::create(&directory, SegmentId(u64::try_from(number).unwrap())).unwrap();
        writer.push(&from_events(&first).unwrap()).unwrap();
        record(&ledger, &writer.finish().unwrap());
        first.extend(others);
        first.sort_by_key(|stored| stored.sequence);
        grow_trees(&ledger, &first);
    }
}

/// Which part of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilePart {
    Footer,
    PageIndexes,
}

/// A replacement of bytes.
pub(super) struct Patch {
    pub(super) from: Vec<u8>,
    pub(super) to: Vec<u8>,
}

/// Updates the row of a segment, and of each tenant in it.
fn record(ledger: &Connection, meta: &SegmentMeta) {
    let number = i64::try_from(meta.id.0).unwrap();
    let sql = "UPDATE segments SET data_bytes = ?, data_checksums = ?, index_bytes = ?, index_checksums = ?, hours = ?
               WHERE number = ?";
    let bytes = |file: &FileMeta| i64::try_from(file.bytes).unwrap();
    let (data, index) = (&meta.data, &meta.index);
    let (data_sums, index_sums) = (pack(&data.checksums), pack(&index.checksums));
    ledger.execute(sql, params![bytes(data), data_sums, bytes(index), index_sums, pack(&meta.hours), number]).unwrap();
    put_checksums_right(ledger, "segments", &["number"]);
    for range in &meta.tenants {
        let sql = "UPDATE segment_tenants SET occurred_at_min = ?, occurred_at_max = ?
                   WHERE segment = ? AND tenant = (SELECT number FROM tenants WHERE id = ?)";
        let (min, max) = (range.occurred_at_min.as_micros(), range.occurred_at_max.as_micros());
        ledger.execute(sql, params![min, max, number, range.tenant_id.as_str()]).unwrap();
    }
    put_checksums_right(ledger, "segment_tenants", &["segment", "tenant"]);
}

/// Recomputes every tree: those of the sealed events, and those after each commit.
fn grow_trees(ledger: &Connection, sealed: &[StoredEvent]) {
    let tenants: Vec<(i64, String)> = {
        let mut statement = ledger.prepare("SELECT number, id FROM tenants").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for (number, id) in tenants {
        let mut tree = CompactRange::new();
        for stored in sealed.iter().filter(|stored| stored.event.tenant_id.as_str() == id) {
            tree.append(leaf_hash(&stored.event, &stored.salt));
        }
        ledger.execute("UPDATE logs SET tree = ? WHERE tenant = ?", params![tree.to_bytes(), number]).unwrap();
        let commits: Vec<(i64, Vec<u8>, Vec<u8>)> = {
            let mut statement =
                ledger.prepare("SELECT number, leaf_hashes, logs FROM commits ORDER BY number").unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        // Each commit of this store is of one tenant, whose number is first.
        for (commit, hashes, logs) in commits {
            let tenant = u32::from_le_bytes(logs[..4].try_into().unwrap());
            if i64::from(tenant) != number {
                continue;
            }
            for hash in hashes.as_chunks::<32>().0 {
                tree.append(*hash);
            }
            let bytes = tree.to_bytes();
            let length = u32::try_from(bytes.len()).unwrap();
            let logs = [&tenant.to_le_bytes()[..], &length.to_le_bytes(), &bytes].concat();
            ledger.execute("UPDATE commits SET logs = ? WHERE number = ?", params![logs, commit]).unwrap();
        }
    }
    put_checksums_right(ledger, "logs", &["tenant"]);
    put_checksums_right(ledger, "commits", &["number"]);
}

/// Recomputes the checksum of every row of a table with unkeyed checksums.
pub(super) fn put_checksums_right(ledger: &Connection, table: &str, key: &[&str]) {
    let mut statement = ledger.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = statement.column_names().iter().map(|name| (*name).to_owned()).collect();
    let columns = names.len() - 1;
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>();
    let rows: Vec<Vec<Value>> = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    let condition: Vec<String> = key.iter().map(|name| format!("{name} = ?")).collect();
    let sql = format!("UPDATE {table} SET checksum = ? WHERE {}", condition.join(" AND "));
    for row in rows {
        let mut values = vec![Value::Integer(checksum(table, &row))];
        values.extend(key.iter().map(|key| row[names.iter().position(|name| name == key).unwrap()].clone()));
        ledger.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
    }
}

/// The rows of a table.
pub(super) type Rows = Vec<Vec<Value>>;

/// Reads the rows of a table, so that they can be restored.
pub(super) fn rows_of(ledger: &Connection, table: &str) -> Rows {
    let mut statement = ledger.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>();
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// Makes a table contain exactly these rows.
pub(super) fn put_rows_back(ledger: &Connection, table: &str, rows: &Rows) {
    ledger.execute(&format!("DELETE FROM {table}"), []).unwrap();
    for row in rows {
        let places = vec!["?"; row.len()].join(", ");
        let sql = format!("INSERT INTO {table} VALUES ({places})");
        ledger.execute(&sql, rusqlite::params_from_iter(row.iter().cloned())).unwrap();
    }
}

/// As specified in docs/spec/data-directory.md.
fn checksum(table: &str, row: &[Value]) -> i64 {
    let mut hasher = Xxh3::new();
    let mut part = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(2, table.as_bytes());
    for value in row {
        match value {
            Value::Null => part(0, &[]),
            Value::Integer(value) => part(1, &value.to_le_bytes()),
            Value::Text(text) => part(2, text.as_bytes()),
            Value::Blob(bytes) => part(3, bytes),
            Value::Real(_) => panic!("there are no such columns"),
        }
    }
    hasher.digest().cast_signed()
}

fn pack(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A batch with one column more.
pub(super) fn with_column(batch: &RecordBatch, name: &str, values_of: &str) -> RecordBatch {
    let values = Arc::clone(batch.column_by_name(values_of).unwrap());
    let field = arrow_schema::Field::new(name, values.data_type().clone(), true);
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(field));
    let columns = batch.columns().iter().cloned().chain([values]).collect();
    RecordBatch::try_new(Arc::new(arrow_schema::Schema::new(fields)), columns).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}
