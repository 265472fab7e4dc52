//! Rebuilds index files from their data files.

use std::{fs, path::Path, sync::Arc};

use auditlog_core::store::QueryError;

use super::{
    Footer, Segment, SegmentError, SegmentId, SegmentMeta,
    open::scan_file,
    write::{io_error, write_file},
};
use crate::{
    cache::{Cache, FileMeta, VerifiedFile},
    data_directory::sync::sync_directory,
    index::{self, IndexBuilder},
};

/// The bytes that a segment's index file must have, computed from its data file. The index file itself is not read.
///
/// # Errors
/// [`SegmentError::Source`] where the data file is damaged.
pub fn build_index(directory: &Path, meta: &SegmentMeta, cache: &Arc<Cache>) -> Result<Vec<u8>, SegmentError> {
    let data = VerifiedFile::open(&directory.join(meta.id.data_file_name()), meta.data.clone(), cache)?;
    let footer = Arc::new(Footer::read(&data)?);
    let mut builder = IndexBuilder::default();
    for group in footer.groups() {
        for batch in scan_file(&data, Arc::clone(&footer), group)? {
            builder.push(&batch?)?;
        }
        builder.end_group();
    }
    Ok(builder.finish()?)
}

/// Whether a segment's index file exists, can be read to its end and matches the manifest. The reason for a failure
/// makes no difference: the index is rebuilt in any case.
pub(crate) fn has_whole_index(directory: &Path, meta: &SegmentMeta, cache: &Arc<Cache>) -> bool {
    VerifiedFile::open(&directory.join(meta.id.index_file_name()), meta.index.clone(), cache)
        .is_ok_and(|file| is_whole(&file))
}

/// The same for the index file that an open segment reads, which may not be the one that has its name now.
pub(crate) fn reads_whole_index(segment: &Segment) -> bool {
    is_whole(segment.index_file())
}

/// Whether an open segment's index file was written by an earlier release.
pub(crate) fn has_outdated_index(segment: &Segment) -> Result<bool, QueryError> {
    index::is_outdated(segment.index_file())
}

fn is_whole(file: &VerifiedFile) -> bool {
    let mut damage: Option<QueryError> = None;
    file.verify(|found| damage = Some(found)).is_ok() && damage.is_none()
}

/// Replaces the existing index file, if any.
///
/// Returns the record that the manifest must have from now on; until it does, the new file's checksums may not match
/// it, so the caller must record the result before the segment is opened again.
///
/// # Errors
/// Any write error.
pub fn replace_index(directory: &Path, id: SegmentId, index: &[u8]) -> Result<FileMeta, SegmentError> {
    let path = directory.join(id.index_file_name());
    let fresh = path.with_extension("index.new");
    let index = write_file(&fresh, index)?;
    fs::rename(&fresh, &path).map_err(|source| io_error(&path, source))?;
    sync_directory(directory).map_err(|source| io_error(directory, source))?;
    Ok(index)
}

/// Creates a second segment of a segment's rows, with an index file of its own. The data file is not copied: it gets a
/// second name. Waits until everything is on disk; the old segment's files stay unchanged.
///
/// # Errors
/// Any write error. The files are then unusable, and the caller removes them.
pub(crate) fn write_successor(
    directory: &Path,
    meta: &SegmentMeta,
    successor: SegmentId,
    index: &[u8],
) -> Result<SegmentMeta, SegmentError> {
    let data_path = directory.join(successor.data_file_name());
    fs::hard_link(directory.join(meta.id.data_file_name()), &data_path)
        .map_err(|source| io_error(&data_path, source))?;
    let index = write_file(&directory.join(successor.index_file_name()), index)?;
    sync_directory(directory).map_err(|source| io_error(directory, source))?;
    Ok(SegmentMeta { id: successor, index, ..meta.clone() })
}
