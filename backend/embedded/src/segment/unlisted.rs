//! Reads which events are in a data file that the manifest does not list. No checksum verifies the bytes of such a
//! file.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    slice,
    sync::Arc,
};

use auditlog_core::{
    id::{EventId, TenantId},
    store::QueryError,
};

use super::{Footer, Projection, SelectedRows};
use crate::{
    cache::{BLOCK_BYTES, Cache, FileMeta, VerifiedFile},
    columns::{binary_column, integer_column, name, text_column},
    data_directory::private,
    error::StoreError,
};

/// The first and last bytes of every finished Parquet file.
const MAGIC: [u8; 4] = *b"PAR1";
/// The number of bytes read at a time.
const READ_BYTES: usize = 32 * BLOCK_BYTES;

/// The contents of a file that the manifest does not list.
pub(crate) enum UnlistedContents {
    /// It was never finished: it has no footer.
    Unfinished,
    /// It has a footer but cannot be read, for this reason.
    Unreadable(String),
    /// These events.
    Events(Vec<LogIds>),
}

/// Events of one tenant with consecutive sequences.
pub(crate) struct LogIds {
    pub tenant_id: TenantId,
    pub first_sequence: u64,
    pub ids: Vec<EventId>,
}

impl LogIds {
    /// The sequence after the last one.
    pub(crate) fn end_sequence(&self) -> u64 {
        self.first_sequence.saturating_add(self.ids.len() as u64)
    }
}

/// Reads the ids of all events in a data file.
///
/// # Errors
/// [`StoreError::Io`] where the disk fails. Invalid contents of the file are not an error.
pub(crate) fn read_unlisted(path: &Path, cache: &Arc<Cache>) -> Result<UnlistedContents, StoreError> {
    let mut file = private::open_for_reading(path).map_err(StoreError::io(path))?;
    if !is_finished(&mut file).map_err(StoreError::io(path))? {
        return Ok(UnlistedContents::Unfinished);
    }
    let meta = checksums(&mut file).map_err(StoreError::io(path))?;
    let file = match VerifiedFile::open(path, meta, cache) {
        Err(error) => return Err(StoreError::from(error)),
        Ok(file) => file,
    };
    // The bytes may have any origin, and the Parquet reader may panic on bytes that no writer produces.
    match catch_unwind(AssertUnwindSafe(|| read_ids(&file))) {
        Ok(Ok(events)) => Ok(UnlistedContents::Events(events)),
        Ok(Err(error)) => Ok(UnlistedContents::Unreadable(error.to_string())),
        Err(_) => Ok(UnlistedContents::Unreadable(format!("{} cannot be decoded", path.display()))),
    }
}

fn is_finished(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() < 2 * MAGIC.len() as u64 {
        return Ok(false);
    }
    let mut end = [0; MAGIC.len()];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    file.rewind()?;
    Ok(end == MAGIC)
}

/// Computes checksums of the current file, because the readers of sealed files require them.
fn checksums(file: &mut File) -> io::Result<FileMeta> {
    let mut meta = FileMeta::default();
    let mut bytes = Vec::with_capacity(READ_BYTES);
    loop {
        bytes.clear();
        file.by_ref().take(READ_BYTES as u64).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Ok(meta);
        }
        meta.bytes += bytes.len() as u64;
        meta.checksums.extend(bytes.chunks(BLOCK_BYTES).map(crc32fast::hash));
    }
}

fn read_ids(file: &VerifiedFile) -> Result<Vec<LogIds>, QueryError> {
    let unreadable = || QueryError::Corrupted(format!("{} has rows that are not events", file.path().display()));
    let footer = Arc::new(Footer::read(file)?);
    let mut logs: Vec<LogIds> = Vec::new();
    for group in footer.groups() {
        let columns = Projection::Columns(vec![name::TENANT_ID, name::SEQUENCE, name::ID]);
        for read in SelectedRows::new(file.clone(), Arc::clone(&footer), columns, slice::from_ref(&group))? {
            let batch = read?.batch;
            let tenants = text_column(&batch, name::TENANT_ID);
            let sequences = integer_column(&batch, name::SEQUENCE).ok_or_else(unreadable)?;
            let ids = binary_column(&batch, name::ID).ok_or_else(unreadable)?;
            for (row, (sequence, id)) in sequences.iter().zip(ids).enumerate() {
                let tenant = tenants.get(row).ok_or_else(unreadable)?;
                let sequence = sequence.and_then(|sequence| u64::try_from(sequence).ok()).ok_or_else(unreadable)?;
                let id = id.and_then(|id| EventId::from_bytes(id.try_into().ok()?)).ok_or_else(unreadable)?;
                let follows = |log: &&mut LogIds| log.tenant_id.as_str() == tenant && log.end_sequence() == sequence;
                match logs.last_mut().filter(follows) {
                    Some(log) => log.ids.push(id),
                    None => logs.push(LogIds {
                        tenant_id: TenantId::parse(tenant).ok_or_else(unreadable)?,
                        first_sequence: sequence,
                        ids: vec![id],
                    }),
                }
            }
        }
    }
    Ok(logs)
}
