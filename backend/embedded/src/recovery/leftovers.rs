//! Owns the treatment of files below `segments/` that the manifest does not list.
//!
//! A file in our own format whose events the ledger has, and a file that an interrupted seal did not finish, are
//! deleted. If a file holds events that the ledger lacks, the ledger is older than the file, and the start fails.
//! Everything else is moved to `quarantine/`. All files are inspected before anything is changed, and symbolic links
//! are not followed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs::{self, DirEntry},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use auditlog_core::{id::EventId, store::QueryError};

use crate::{
    cache::Cache,
    columns::{binary_column, name},
    data_directory::{Paths, durable, private, quarantine},
    error::{OpenError, StoreError},
    recovery::Recovered,
    segment::{LogIds, Projection, SegmentId, SegmentMeta, UnlistedContents, read_unlisted},
    tail::{LogView, SegmentPart},
};

/// The size of the cache for reading unlisted files: each is read once.
const CACHE_BYTES: usize = 8 << 20;

/// The maximum number of segment numbers used before the first of them is recorded: seals, compactions and rebuildings
/// of indexes each write one file at a time, and a failed attempt has used its number up.
const UNRECORDED_MAX: u64 = 16;

/// Refuses directories of segments that are links: their contents are not ours.
pub(crate) fn refuse_linked_days(paths: &Paths, segments: &[SegmentMeta]) -> Result<(), OpenError> {
    let days: BTreeSet<i64> = segments.iter().map(|meta| meta.day).collect();
    for path in days.into_iter().map(|day| paths.day(day)) {
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(OpenError::Link { path });
        }
    }
    Ok(())
}

/// The actions of a start on files that the manifest does not list. Nothing is changed before [`Self::carry_out`].
pub(crate) struct Leftovers(Vec<(Stray, Verdict)>);

impl Leftovers {
    /// Deletes and moves. Must only be called once the write-ahead log that the verdicts rely on is checkpointed: where
    /// an earlier process failed to sync it, its last frames may be in memory alone, and a power cut would undo them
    /// while the files stay deleted.
    pub(crate) fn carry_out(self, paths: &Paths) -> Result<(), StoreError> {
        for (stray, verdict) in self.0 {
            stray.carry_out(paths, &verdict)?;
        }
        Ok(())
    }
}

/// Decides about everything that the manifest does not list.
///
/// # Errors
/// [`OpenError::OlderLedger`] where the ledger lacks events that a file holds.
pub(crate) fn examine(paths: &Paths, recovered: &Recovered) -> Result<Leftovers, OpenError> {
    let strays = find(paths, &recovered.segments)?;
    if strays.is_empty() {
        return Ok(Leftovers(Vec::new()));
    }
    let judge = Judge { recovered, cache: Arc::new(Cache::new(CACHE_BYTES)) };
    let mut verdicts = Vec::with_capacity(strays.len());
    let (mut newer, mut details) = (Vec::new(), Vec::new());
    for stray in strays {
        match judge.verdict(&stray)? {
            Verdict::Newer(detail) => {
                newer.extend(stray.paths);
                details.push(detail);
            }
            verdict => verdicts.push((stray, verdict)),
        }
    }
    if let Some(detail) = details.into_iter().next() {
        return Err(OpenError::OlderLedger { detail, files: newer });
    }
    Ok(Leftovers(verdicts))
}

/// An unlisted item: one path, or the two files of a segment.
struct Stray {
    /// The data file is last.
    paths: Vec<PathBuf>,
    form: Form,
}

/// The apparent type of an item by its name and kind.
enum Form {
    /// A regular file named like the data file of this segment.
    Data(SegmentId),
    /// A regular file named like an index file, without a data file.
    Index,
    /// Anything else: other names, links, directories.
    Other,
}

/// The treatment of an item.
enum Verdict {
    /// It is not needed any more.
    Delete(&'static str),
    /// It is kept for people to inspect.
    Quarantine(String),
    /// The ledger lacks events that it holds.
    Newer(String),
}

impl Stray {
    fn other(path: PathBuf) -> Self {
        Self { paths: vec![path], form: Form::Other }
    }

    fn carry_out(self, paths: &Paths, verdict: &Verdict) -> Result<(), StoreError> {
        for path in self.paths {
            match verdict {
                Verdict::Delete(reason) => {
                    tracing::info!(file = %path.display(), reason, "removing a file that no segment owns");
                    durable::remove_file(&path)?;
                }
                Verdict::Quarantine(reason) => {
                    let place = quarantine::take_in(paths, &path)?;
                    let (from, to) = (path.display(), place.display());
                    tracing::warn!(%from, %to, reason, "an unknown file was moved to quarantine; inspect it");
                }
                // A start that finds one of these has ended before.
                Verdict::Newer(_) => {}
            }
        }
        Ok(())
    }
}

/// Everything below `segments/` that is not a file of a listed segment at its path.
fn find(paths: &Paths, segments: &[SegmentMeta]) -> Result<Vec<Stray>, StoreError> {
    let files = |meta: &SegmentMeta| {
        let day = paths.day(meta.day);
        [day.join(meta.id.data_file_name()), day.join(meta.id.index_file_name())]
    };
    let listed: BTreeSet<PathBuf> = segments.iter().flat_map(files).collect();
    let mut strays = Vec::new();
    for entry in entries(&paths.segments())? {
        let path = entry.path();
        if is_directory(&entry)? && is_day(&entry.file_name()) {
            // Only other programs create it with other permissions.
            private::make_directory(&path)?;
            find_in_day(&path, &listed, &mut strays)?;
        } else {
            strays.push(Stray::other(path));
        }
    }
    Ok(strays)
}

fn find_in_day(day: &Path, listed: &BTreeSet<PathBuf>, strays: &mut Vec<Stray>) -> Result<(), StoreError> {
    let mut own: BTreeMap<SegmentId, OwnFiles> = BTreeMap::new();
    for entry in entries(day)? {
        let path = entry.path();
        if listed.contains(&path) {
            continue;
        }
        let is_file = entry.file_type().map_err(StoreError::io(&path))?.is_file();
        match own_name(&entry.file_name()).filter(|_| is_file) {
            Some((id, Kind::Data)) => own.entry(id).or_default().data = Some(path),
            Some((id, Kind::Index)) => own.entry(id).or_default().index = Some(path),
            None => strays.push(Stray::other(path)),
        }
    }
    strays.extend(own.into_iter().map(|(id, OwnFiles { data, index })| Stray {
        form: if data.is_some() { Form::Data(id) } else { Form::Index },
        paths: index.into_iter().chain(data).collect(),
    }));
    Ok(())
}

#[derive(Default)]
struct OwnFiles {
    data: Option<PathBuf>,
    index: Option<PathBuf>,
}

/// One of a segment's files.
enum Kind {
    Data,
    Index,
}

/// The segment of one of our file names.
fn own_name(name: &OsString) -> Option<(SegmentId, Kind)> {
    let (number, ending) = name.to_str()?.split_once('.')?;
    let id = SegmentId::parse(number)?;
    match ending {
        "parquet" => Some((id, Kind::Data)),
        "index" => Some((id, Kind::Index)),
        _ => None,
    }
}

/// `2026-11-23`.
fn is_day(name: &OsString) -> bool {
    let Some(name) = name.to_str() else { return false };
    let is_in_form = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    name.len() == 10 && name.bytes().enumerate().all(is_in_form)
}

fn is_directory(entry: &DirEntry) -> Result<bool, StoreError> {
    Ok(entry.file_type().map_err(StoreError::io(&entry.path()))?.is_dir())
}

fn entries(directory: &Path) -> Result<Vec<DirEntry>, StoreError> {
    match fs::read_dir(directory).and_then(Iterator::collect) {
        Ok(entries) => Ok(entries),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StoreError::io(directory)(error)),
    }
}

/// Decides according to the contents of the ledger.
struct Judge<'a> {
    recovered: &'a Recovered,
    cache: Arc<Cache>,
}

impl Judge<'_> {
    /// Whether an interrupted seal, compaction or rebuilding may have had this number.
    fn is_next(&self, id: SegmentId) -> bool {
        let last = self.recovered.last_segment;
        (last + 1..=last.saturating_add(UNRECORDED_MAX)).contains(&id.0)
    }

    fn verdict(&self, stray: &Stray) -> Result<Verdict, StoreError> {
        let quarantine = |reason: &str| Ok(Verdict::Quarantine(reason.to_owned()));
        let (id, data) = match (&stray.form, stray.paths.last()) {
            (Form::Data(id), Some(data)) => (*id, data),
            (Form::Index, _) => return quarantine("an index file without its data file"),
            _ => return quarantine("this is not a file of a segment"),
        };
        match read_unlisted(data, &self.cache)? {
            UnlistedContents::Unfinished if self.is_next(id) => Ok(Verdict::Delete("it was not finished")),
            UnlistedContents::Unfinished => quarantine("it is not finished, and its number is not the next one"),
            UnlistedContents::Unreadable(reason) => Ok(Verdict::Quarantine(reason)),
            UnlistedContents::Events(logs) => self.verdict_on_events(&logs, data),
        }
    }

    fn verdict_on_events(&self, logs: &[LogIds], data: &Path) -> Result<Verdict, StoreError> {
        for log in logs {
            let head = self.view(log).map_or(0, LogView::head);
            if log.end_sequence() > head {
                let (tenant, end, file) = (&log.tenant_id, log.end_sequence(), data.display());
                let detail = format!("it has {head} events of tenant {tenant}, and {file} holds them up to {end}");
                return Ok(Verdict::Newer(detail));
            }
        }
        for log in logs {
            let is_known = match self.view(log) {
                Some(view) => holds_the_same(view, log),
                None => Ok(false),
            };
            match is_known {
                Ok(true) => {}
                Ok(false) => return Ok(Verdict::Quarantine("it holds other events than the ledger has there".into())),
                Err(error @ QueryError::Corrupted(_)) => return Ok(Verdict::Quarantine(error.to_string())),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Verdict::Delete("the ledger has its events elsewhere"))
    }

    fn view(&self, log: &LogIds) -> Option<&LogView> {
        self.recovered.views.iter().find(|view| view.tenant_id == log.tenant_id)
    }
}

/// Whether the ledger has these events at the same positions.
fn holds_the_same(view: &LogView, log: &LogIds) -> Result<bool, QueryError> {
    let mut compared = 0;
    for part in view.parts.iter() {
        let Some(wanted) = overlap(log, part.range.first_sequence, part.end_sequence()) else { continue };
        if !part_holds(part, wanted)? {
            return Ok(false);
        }
        compared += wanted.ids.len();
    }
    for batch in &view.batches {
        let Some(wanted) = overlap(log, batch.first_sequence, batch.end_sequence()) else { continue };
        let Some(ids) = binary_column(&batch.columns, name::ID) else { return Ok(false) };
        let skipped = usize::try_from(wanted.first_sequence - batch.first_sequence).unwrap_or(usize::MAX);
        if !ids.iter().skip(skipped).zip(wanted.ids).all(|(id, wanted)| id == Some(wanted.as_bytes())) {
            return Ok(false);
        }
        compared += wanted.ids.len();
    }
    Ok(compared == log.ids.len())
}

/// Consecutive events to find.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    first_sequence: u64,
    ids: &'a [EventId],
}

/// Those of them whose sequences lie in `first..end`.
fn overlap(log: &LogIds, first: u64, end: u64) -> Option<Wanted<'_>> {
    let (first, end) = (first.max(log.first_sequence), end.min(log.end_sequence()));
    if first >= end {
        return None;
    }
    let at = |sequence: u64| usize::try_from(sequence - log.first_sequence).ok();
    let ids = log.ids.get(at(first)?..at(end)?)?;
    Some(Wanted { first_sequence: first, ids })
}

fn part_holds(part: &SegmentPart, wanted: Wanted<'_>) -> Result<bool, QueryError> {
    let skipped = u32::try_from(wanted.first_sequence - part.range.first_sequence).unwrap_or(u32::MAX);
    let start = part.range.row_start.saturating_add(skipped);
    let rows = start..start.saturating_add(u32::try_from(wanted.ids.len()).unwrap_or(u32::MAX));
    let mut left = wanted.ids.iter();
    for read in part.segment.read(Projection::Columns(vec![name::ID]), std::slice::from_ref(&rows))? {
        let batch = read?.batch;
        let Some(ids) = binary_column(&batch, name::ID) else { return Ok(false) };
        if !ids.iter().all(|id| left.next().is_some_and(|wanted| id == Some(wanted.as_bytes()))) {
            return Ok(false);
        }
    }
    Ok(left.next().is_none())
}
