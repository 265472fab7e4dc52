//! An open segment.

use std::{any::Any, path::Path, slice, sync::Arc};

use arrow_array::RecordBatch;
use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    store::QueryError,
};

use super::{Footer, Projection, RowRange, SegmentMeta, SelectedRows, known_ids::KnownIds};
use crate::{
    cache::{AnswerKey, Cache, VerifiedFile},
    columns::{self, EventColumns, binary_column, name},
    index::{ExactKind, IndexReader},
};

/// An immutable segment, ready to be read by any number of threads.
pub struct Segment {
    meta: SegmentMeta,
    data: VerifiedFile,
    index: VerifiedFile,
    ids: KnownIds,
}

impl Segment {
    /// Opens both files of a segment in `directory`. Reads nothing yet; the descriptors stay open as long as the value.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where a file is missing or has another length.
    pub fn open(directory: &Path, meta: SegmentMeta, cache: &Arc<Cache>) -> Result<Self, QueryError> {
        let data = VerifiedFile::open(&directory.join(meta.id.data_file_name()), meta.data.clone(), cache)?;
        let index = VerifiedFile::open(&directory.join(meta.id.index_file_name()), meta.index.clone(), cache)?;
        Ok(Self { meta, data, index, ids: KnownIds::default() })
    }

    /// The manifest's record of it.
    #[must_use]
    pub fn meta(&self) -> &SegmentMeta {
        &self.meta
    }

    pub(super) fn data(&self) -> &VerifiedFile {
        &self.data
    }

    pub(super) fn index_file(&self) -> &VerifiedFile {
        &self.index
    }

    /// The parsed footer, from the cache if it is cached.
    pub(super) fn footer(&self) -> Result<Arc<Footer>, QueryError> {
        if let Some(footer) = self.data.cache().footer(self.data.name()) {
            return Ok(footer);
        }
        let footer = Arc::new(Footer::read(&self.data)?);
        self.data.cache().keep_footer(self.data.name(), Arc::clone(&footer), footer.memory_bytes());
        Ok(footer)
    }

    /// The index file's sections.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged or of an unsupported version.
    pub fn index(&self) -> Result<IndexReader<'_>, QueryError> {
        IndexReader::open(&self.index, self.meta.rows)
    }

    /// Reads columns of rows, in their order.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the footer is damaged; damaged pages are errors of the iterator.
    pub fn read(&self, projection: Projection, rows: &[RowRange]) -> Result<SelectedRows, QueryError> {
        SelectedRows::new(self.data.clone(), self.footer()?, projection, rows)
    }

    /// Reads all columns of consecutive rows, as batches of the whole schema.
    ///
    /// # Errors
    /// The same as [`Segment::read`].
    pub fn scan(
        &self,
        rows: RowRange,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, QueryError>> + use<>, QueryError> {
        scan_file(&self.data, self.footer()?, rows)
    }

    /// Whether it may hold this id, according to the data in memory.
    pub(crate) fn may_hold(&self, id: EventId) -> bool {
        self.ids.may_hold(id) && self.meta.hours.binary_search(&id.hour()).is_ok()
    }

    /// The latest id in it; `None` where the data file does not state it.
    pub(crate) fn latest_id(&self) -> Option<EventId> {
        // A footer that cannot be read is reported by the caller that needs more of it.
        self.ids.latest(|| self.footer().ok()?.latest_id())
    }

    /// Makes look-ups of absent ids cheaper, once there have been many. Takes some 20 ms for a million events, so it
    /// must not run on the writer thread.
    pub(crate) fn filter_ids_when_due(&self) {
        self.ids.filter_when_due(|| self.read_ids().ok());
    }

    fn read_ids(&self) -> Result<Vec<EventId>, QueryError> {
        let mut ids = Vec::with_capacity(self.meta.rows as usize);
        for read in self.read(Projection::Columns(vec![name::ID]), slice::from_ref(&(0..self.meta.rows)))? {
            let batch = read?.batch;
            let column = binary_column(&batch, name::ID).into_iter().flat_map(|column| column.iter());
            ids.extend(column.flatten().filter_map(|id| EventId::from_bytes(id.try_into().ok()?)));
        }
        Ok(ids)
    }

    /// The row of the event with this id in the tenant's log.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the bytes that must be read are damaged.
    pub fn find_id(&self, tenant_id: &TenantId, id: EventId) -> Result<Option<u32>, QueryError> {
        let Some(range) = self.meta.tenant(tenant_id) else { return Ok(None) };
        // Loads the latest id if it is not known yet, because it makes the check in memory more selective.
        self.latest_id();
        if !self.may_hold(id) {
            return Ok(None);
        }
        self.ids.count_look_up();
        let candidates = self.index()?.exact(ExactKind::EventId, tenant_id, id.as_bytes())?;
        for rows in candidates {
            let inside = rows.start.max(range.row_start)..rows.end.min(range.row_start + range.rows);
            if let Some(row) = self.row_of_id(inside, id)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn row_of_id(&self, rows: RowRange, id: EventId) -> Result<Option<u32>, QueryError> {
        if rows.is_empty() {
            return Ok(None);
        }
        for read in self.read(Projection::Columns(vec![name::ID]), slice::from_ref(&rows))? {
            let read = read?;
            let Some(ids) = binary_column(&read.batch, name::ID) else { continue };
            if let Some(at) = ids.iter().position(|value| value == Some(id.as_bytes())) {
                return Ok(read.rows.get(at).copied());
            }
        }
        Ok(None)
    }

    /// The name of its data file in the cache, unique within the process.
    pub(crate) fn cache_name(&self) -> u64 {
        self.data.name()
    }

    /// The answer cached under this key, if it is still cached.
    pub(crate) fn kept_answer<T: Any + Send + Sync>(&self, key: &AnswerKey) -> Option<Arc<T>> {
        self.data.cache().answer(key)?.downcast().ok()
    }

    /// Caches a computed answer of this size in bytes, as far as there is room.
    pub(crate) fn keep_answer(&self, key: AnswerKey, answer: Arc<impl Any + Send + Sync>, bytes: usize) {
        self.data.cache().keep_answer(key, answer, bytes);
    }

    /// The event in one row.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the row is damaged or does not exist.
    pub fn event(&self, row: u32) -> Result<StoredEvent, QueryError> {
        let events = self.events(slice::from_ref(&(row..row.saturating_add(1))))?;
        let missing = || QueryError::Corrupted(format!("{} has no row {row}", self.data.path().display()));
        events.into_iter().next().ok_or_else(missing)
    }

    /// The events in rows, in their order. Meant for one page: all are in memory.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where a row is damaged.
    pub fn events(&self, rows: &[RowRange]) -> Result<Vec<StoredEvent>, QueryError> {
        let mut events = Vec::new();
        for read in self.read(Projection::All, rows)? {
            let batch = read?.batch;
            let columns = EventColumns::of(&batch);
            for row in 0..batch.num_rows() {
                events.push(columns.event(row).map_err(|error| self.unreadable(&error))?);
            }
        }
        Ok(events)
    }

    /// The error for a value that was read but cannot be decoded.
    pub(crate) fn unreadable(&self, error: &impl std::fmt::Display) -> QueryError {
        QueryError::Corrupted(format!("{}: {error}", self.data.path().display()))
    }
}

/// Reads all columns of consecutive rows from a data file, as batches of the whole schema.
pub(super) fn scan_file(
    data: &VerifiedFile,
    footer: Arc<Footer>,
    rows: RowRange,
) -> Result<impl Iterator<Item = Result<RecordBatch, QueryError>> + use<>, QueryError> {
    let path = data.path().display().to_string();
    let selected = SelectedRows::new(data.clone(), footer, Projection::All, slice::from_ref(&rows))?;
    Ok(selected.map(move |read| {
        let complete = columns::complete(&read?.batch);
        complete.map_err(|error| QueryError::Corrupted(format!("{path}: {error}")))
    }))
}
