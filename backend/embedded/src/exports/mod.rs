//! Owns the export files: where they lie, and how they are written and read back. They are derived from the log and can
//! be rebuilt; their bytes are protected by checksums like every other file's.

mod reader;
mod sidecar;
mod writer;

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use auditlog_core::{
    id::TenantId,
    store::{ExportFileError, ExportId, ExportKey},
};

use crate::{
    data_directory::{durable, private},
    engine::Engine,
    error::StoreError,
};
pub(crate) use reader::FileReader;
pub(crate) use writer::FileWriter;

/// Export files leave this multiple of the minimum free disk space: exports never use up the disk space that intake
/// needs.
const RESERVED_TIMES: u64 = 2;

/// The paths of the parts of one file.
#[derive(Debug, Clone)]
struct Place {
    directory: PathBuf,
    id: ExportId,
}

impl Place {
    /// The unfinished file.
    fn unfinished(&self) -> PathBuf {
        self.directory.join(format!("{}.part", self.id))
    }

    /// The finished file.
    fn finished(&self) -> PathBuf {
        self.directory.join(format!("{}.data", self.id))
    }

    /// The checksums of the finished file.
    fn checksums(&self) -> PathBuf {
        self.directory.join(format!("{}.sum", self.id))
    }

    /// Whether the tenant has a directory for its exports: a link to one does not count, nor does one behind a link.
    fn is_ours(&self) -> bool {
        self.directory.parent().is_some_and(private::is_directory) && private::is_directory(&self.directory)
    }

    fn remove(&self) -> Result<(), StoreError> {
        if !self.is_ours() {
            return Ok(());
        }
        // The file that is read first is removed first: a file without its checksums would be damage.
        for path in [self.finished(), self.checksums(), self.unfinished()] {
            durable::remove_file(&path)?;
        }
        Ok(())
    }
}

/// Creates a file, replacing any file of the same export.
pub(crate) fn create(engine: &Engine, key: &ExportKey) -> Result<FileWriter, StoreError> {
    let place = place(engine, key);
    make_directory(engine, &place.directory)?;
    place.remove()?;
    FileWriter::create(place, reserved_bytes(engine))
}

/// Resumes an unfinished file after its first `bytes` bytes.
pub(crate) fn resume(engine: &Engine, key: &ExportKey, bytes: u64) -> Result<Option<FileWriter>, StoreError> {
    let place = place(engine, key);
    if place.is_ours() { FileWriter::resume(place, bytes, reserved_bytes(engine)) } else { Ok(None) }
}

/// Opens a finished file.
pub(crate) fn open(engine: &Engine, key: &ExportKey) -> Result<Option<FileReader>, ExportFileError> {
    let place = place(engine, key);
    if place.is_ours() { FileReader::open(&place, &engine.cache) } else { Ok(None) }
}

/// Removes a file permanently, finished or not.
pub(crate) fn delete(engine: &Engine, key: &ExportKey) -> Result<(), StoreError> {
    place(engine, key).remove()
}

/// Every file.
pub(crate) fn list(engine: &Engine) -> Result<Vec<ExportKey>, StoreError> {
    let exports = engine.directory.paths().exports();
    let mut keys = BTreeSet::new();
    for directory in names_in(&exports)? {
        let Some(tenant_id) = TenantId::parse(&directory) else { continue };
        for file in names_in(&exports.join(&directory))? {
            let id = file.split_once('.').and_then(|(id, _)| ExportId::parse(id));
            keys.extend(id.map(|id| ExportKey { tenant_id: tenant_id.clone(), id }));
        }
    }
    Ok(keys.into_iter().collect())
}

fn place(engine: &Engine, key: &ExportKey) -> Place {
    Place { directory: engine.directory.paths().exports().join(key.tenant_id.as_str()), id: key.id }
}

fn reserved_bytes(engine: &Engine) -> u64 {
    engine.options.min_free_bytes.saturating_mul(RESERVED_TIMES)
}

/// Both names are made durable each time: the sync after an earlier attempt may have failed.
fn make_directory(engine: &Engine, directory: &Path) -> Result<(), StoreError> {
    for path in [engine.directory.paths().exports().as_path(), directory] {
        private::make_directory(path)?;
        durable::sync_parent(path)?;
    }
    Ok(())
}

/// The names in a directory that are text; all of ours are. A missing directory, or a link, has none.
fn names_in(directory: &Path) -> Result<Vec<String>, StoreError> {
    if !private::is_directory(directory) {
        return Ok(Vec::new());
    }
    let names = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().into_string().ok())).collect());
    match names {
        Ok(names) => Ok(Vec::<Option<String>>::into_iter(names).flatten().collect()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(StoreError::io(directory)(error)),
    }
}

impl From<StoreError> for ExportFileError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupted(detail) => Self::Corrupted(detail),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
