//! Owns making the file of one job, from the state in the job's record until the job ends or another job has its turn.
//!
//! At intervals the written part is made durable and recorded, so that the work resumes there after a crash. Before a
//! file is resumed, it is read back and compared with its recorded digest; if it differs, or cannot be resumed, it is
//! rebuilt. Either way each written part gets the same bytes, because the record contains everything that determines
//! them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::{
    event::StoredEvent,
    query::{Filter, parse_parameters},
    store::{
        ControlCommit, ControlError, Export, ExportChange, ExportFileError, ExportFiles, ExportProgress, ExportWriter,
        QueryError, Revision, ScanPage, SequenceSpan, View,
    },
};
use tokio::task::spawn_blocking;

use crate::{
    export::{Encoder, FileKind},
    jobs::exports::{
        ExportJobs,
        ending::{Ending, StepError},
        lease::Lease,
        shown::Shown,
    },
    limits::PieceBudgets,
    problem::{Code, Problem},
    standing::{NotValid, Standing},
};

/// How often reading a piece is retried; the delay doubles each time.
const RETRIES: u32 = 5;
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The state of a job to work on.
pub(super) enum Stage {
    /// The record contains the state.
    New {
        /// The jobs of this process.
        jobs: ExportJobs,
        /// The record.
        export: Box<Export>,
        /// The lease of the job.
        lease: Arc<Lease>,
    },
    /// The file is open.
    Begun(Box<Making>),
}

/// The outcome of working on a job.
pub(super) enum Outcome {
    /// The job ended.
    Ended(Ending),
    /// It is the turn of another tenant's job. The progress of this one is recorded.
    Interrupted(Box<Making>),
}

/// Makes or resumes the file of a job, for at least one time slice.
pub(super) async fn work_on(stage: Stage, shown: &Shown) -> Outcome {
    match try_to_work_on(stage, shown).await {
        Ok(making) => Outcome::Interrupted(making),
        Err(ending) => Outcome::Ended(ending),
    }
}

/// Returns the work if it is interrupted. All other exits are endings, propagated by `?`.
async fn try_to_work_on(stage: Stage, shown: &Shown) -> Result<Box<Making>, Ending> {
    let mut making = match stage {
        Stage::New { jobs, export, lease } => Box::new(Making::begin(jobs, *export, lease).await?),
        Stage::Begun(making) => making,
    };
    let settings = making.jobs.0.settings;
    let mut begun_at = Instant::now();
    loop {
        shown.set(making.progress);
        making.check_wanted().await?;
        if begun_at.elapsed() >= settings.slice {
            if making.jobs.do_others_wait(&making.export).await {
                making.record().await?;
                return Ok(making);
            }
            begun_at = Instant::now();
        }
        if making.recorded_at.elapsed() >= settings.sync_every {
            making.record().await?;
        }
        let Some(page) = making.read().await? else {
            making.record().await?;
            return Err(Ending::Stopping);
        };
        let is_last = page.next >= making.view.head;
        making.write(page).await?;
        if is_last {
            // The file gets its final name only while no other worker has the job.
            making.confirm_lease().await?;
            making.check_standing()?;
            return Err(Ending::Completed(making.finish().await?));
        }
    }
}

/// A file that is being made.
pub(super) struct Making {
    jobs: ExportJobs,
    lease: Arc<Lease>,
    standing: Standing,
    /// The record as it was last read or written.
    export: Export,
    view: View,
    budgets: PieceBudgets,
    /// `None` only while another thread uses it.
    file: Option<File>,
    /// Its digest is that of the last record.
    progress: ExportProgress,
    /// The recorded progress.
    recorded: ExportProgress,
    recorded_at: Instant,
}

struct File {
    encoder: Encoder,
    writer: Box<dyn ExportWriter>,
}

impl File {
    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportFileError> {
        if bytes.is_empty() { Ok(()) } else { self.writer.append(bytes) }
    }
}

impl Making {
    async fn begin(jobs: ExportJobs, export: Export, lease: Arc<Lease>) -> Result<Self, Ending> {
        let unreadable = |what: &str| {
            tracing::error!(export = %export.id, what, "the record of an export has an unknown value");
            Ending::Failed(Problem::new(Code::InternalError, format!("this release cannot read the export's {what}")))
        };
        let kind = FileKind::of_request(&export.request).ok_or_else(|| unreadable("format"))?;
        let filter = filter_of(&export).ok_or_else(|| unreadable("query"))?;
        let view = View { tenant_id: export.tenant_id.clone(), head: export.log.size, filter };
        let budgets = PieceBudgets::new(jobs.0.settings.query_timeout);
        let standing = Standing::of_owner(&jobs.0.services.checks, &export.owner);
        let (progress, recorded_at) = (export.progress, Instant::now());
        let (file, recorded) = (None, progress);
        let mut making = Self { jobs, lease, standing, export, view, budgets, file, progress, recorded, recorded_at };
        making.outdate_others().await?;
        let (files, job) = (Arc::clone(&making.jobs.0.services.files), making.export.clone());
        let opened = blocking(move || open(files.as_ref(), &job, &kind)).await;
        let (file, progress) = making.unless_unwanted(opened).await?;
        Ok(Self { file: Some(file), progress, recorded: progress, recorded_at: Instant::now(), ..making })
    }

    /// Raises the revision of the record, so that interrupted work on the job in another process is outdated. Retries
    /// that until the server stops.
    async fn outdate_others(&mut self) -> Result<(), Ending> {
        loop {
            self.check_wanted().await?;
            match self.update(self.export.clone()).await {
                Ok(()) => return Ok(()),
                Err(ControlError::NotFound(_) | ControlError::Conflict(_)) => return Err(Ending::Unwanted),
                Err(error) => tracing::warn!(%error, "the beginning of an export cannot be recorded now"),
            }
            if self.jobs.is_stopping() {
                return Err(Ending::Stopping);
            }
            self.jobs.pause().await;
        }
    }

    /// Replaces the record, if this worker has the lease.
    async fn update(&mut self, changed: Export) -> Result<(), ControlError> {
        let commit = ControlCommit::new(vec![ExportChange::Update(changed).into()], Vec::new());
        self.jobs.control().commit(commit.on_condition(self.lease.condition())).await?;
        self.export.revision = self.export.revision.next();
        Ok(())
    }

    /// The current progress.
    pub(super) fn progress(&self) -> ExportProgress {
        self.progress
    }

    /// The revision of the record that the work has reached.
    pub(super) const fn revision(&self) -> Revision {
        self.export.revision
    }

    /// The same work under a new lease.
    pub(super) fn with_lease(mut self: Box<Self>, lease: Arc<Lease>) -> Box<Self> {
        self.lease = lease;
        self
    }

    /// Whether the file can be resumed from its record alone.
    pub(super) fn can_resume(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.encoder.can_resume())
    }

    /// Ends the job if its record is gone or has ended, if another worker has it, or if its owner may no longer
    /// continue. Takes `&mut self`, because the file writer cannot be shared between threads.
    async fn check_wanted(&mut self) -> Result<(), Ending> {
        match self.lease.current().await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(Ending::Unwanted),
            // The lease lasts longer than the interval between two pieces, so one renewal may fail.
            Err(error) => tracing::warn!(%error, "the lease of an export cannot be renewed now"),
        }
        self.check_standing()
    }

    /// Renews the lease, and retries that until the server stops. Ends the job if its record is gone or has ended, or
    /// if another worker has it.
    async fn confirm_lease(&mut self) -> Result<(), Ending> {
        loop {
            match self.lease.current().await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => return Err(Ending::Unwanted),
                Err(error) => {
                    tracing::warn!(%error, "the lease of an export must be renewed before its file is complete");
                }
            }
            if self.jobs.is_stopping() {
                self.record().await?;
                return Err(Ending::Stopping);
            }
            self.jobs.pause().await;
        }
    }

    /// Ends the job if its owner may no longer continue.
    fn check_standing(&self) -> Result<(), Ending> {
        match self.standing.check() {
            Ok(()) => Ok(()),
            Err(NotValid::Unavailable(error)) => {
                tracing::warn!(%error, "the key of an export cannot be checked now");
                Ok(())
            }
            Err(reason) => Err(Problem::from(reason).into()),
        }
    }

    /// Reads the next piece; `None` if the server is stopping. Ends as soon as the key may no longer continue.
    async fn read(&mut self) -> Result<Option<ScanPage>, Ending> {
        let standing = self.standing.clone();
        let lost = async {
            match standing.lost().await {
                // The key is checked again before the next piece.
                NotValid::Unavailable(_) => std::future::pending().await,
                reason => reason,
            }
        };
        tokio::select! {
            biased;
            reason = lost => Err(Problem::from(reason).into()),
            page = self.read_patiently() => page,
        }
    }

    /// Reads the next piece; `None` if the server is stopping. Retries while the store is busy. Takes `&mut self`,
    /// because the file writer cannot be shared between threads.
    async fn read_patiently(&mut self) -> Result<Option<ScanPage>, Ending> {
        let stopping = self.jobs.0.stopping.clone();
        let mut pause = RETRY_AFTER;
        for retry in 0.. {
            let log = self.jobs.0.services.log.clone();
            let read = log.read_piece(&self.view, self.progress.next, self.budgets.next());
            let read = tokio::select! {
                biased;
                () = stopping.cancelled() => return Ok(None),
                read = read => read,
            };
            match read {
                Err(QueryError::DeadlineExceeded | QueryError::Unavailable(_)) if retry < RETRIES => {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stopping.cancelled() => {}
                    }
                    pause *= 2;
                }
                read => return Ok(Some(read?)),
            }
        }
        Ok(None)
    }

    async fn write(&mut self, page: ScanPage) -> Result<(), Ending> {
        let ScanPage { events, next } = page;
        let found = span_of(&events);
        self.progress.events += events.len() as u64;
        self.progress.sequences = match (self.progress.sequences, found) {
            (Some(before), Some(found)) => Some(SequenceSpan { first: before.first, last: found.last }),
            (before, found) => before.or(found),
        };
        self.progress.next = next;
        let Some(File { encoder, writer }) = self.file.take() else { return Ok(()) };
        // Encoding, compressing and writing a piece takes long enough to delay other tasks on a thread of the runtime.
        let written = blocking(move || {
            let (encoder, bytes) = encoder.encode(&events)?;
            let mut file = File { encoder, writer };
            file.append(&bytes)?;
            Ok((file, bytes.len()))
        });
        let (file, added) = self.unless_unwanted(written.await).await?;
        self.file = Some(file);
        self.note_added(added);
        Ok(())
    }

    /// Makes the written part durable and records it.
    async fn record(&mut self) -> Result<(), Ending> {
        self.recorded_at = Instant::now();
        if self.progress.next == self.recorded.next {
            return Ok(());
        }
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let is_cut = self.progress.events == self.recorded.events && self.recorded.bytes > 0;
        let cut = blocking(move || {
            // If nothing was added since the last cut, the encoder has nothing buffered.
            let cut = if is_cut { Some(Vec::new()) } else { file.encoder.cut()? };
            let Some(bytes) = cut else { return Ok((file, None, [0; 32])) };
            file.append(&bytes)?;
            file.writer.sync()?;
            let sha256 = file.writer.sha256();
            Ok((file, Some(bytes.len()), sha256))
        });
        let (file, added, sha256) = self.unless_unwanted(cut.await).await?;
        self.file = Some(file);
        let Some(added) = added else { return Ok(()) };
        self.note_added(added);
        self.progress.sha256 = sha256;
        let changed = Export { progress: self.progress, ..self.export.clone() };
        match self.update(changed).await {
            Ok(()) => self.recorded = self.progress,
            Err(ControlError::NotFound(_) | ControlError::Conflict(_)) => return Err(Ending::Unwanted),
            // Making the file continues; only a restart would have to resume further back.
            Err(error) => tracing::warn!(%error, "the progress of an export cannot be recorded now"),
        }
        Ok(())
    }

    /// Writes the end of the file and makes it durable.
    async fn finish(mut self: Box<Self>) -> Result<ExportProgress, Ending> {
        let Some(File { encoder, mut writer }) = self.file.take() else { return Err(Ending::Stopping) };
        let finished = blocking(move || {
            let bytes = encoder.finish(&[])?;
            if !bytes.is_empty() {
                writer.append(&bytes)?;
            }
            let sha256 = writer.sha256();
            writer.finish()?;
            Ok((bytes.len(), sha256))
        });
        let (bytes, sha256) = self.unless_unwanted(finished.await).await?;
        self.note_added(bytes);
        Ok(ExportProgress { sha256, ..self.progress })
    }

    /// The result of a step. If a step fails and the job was deleted, cancelled or taken over, the job is unwanted: its
    /// file may be gone, so the failure means nothing. Takes `&mut self`, because the file writer cannot be shared
    /// between threads.
    async fn unless_unwanted<T>(&mut self, result: Result<T, StepError>) -> Result<T, Ending> {
        let error = match result {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match self.lease.current().await {
            Ok(None) => {
                tracing::info!(%error, "the job of an export was deleted, cancelled or taken over during a step");
                Err(Ending::Unwanted)
            }
            Ok(Some(_)) | Err(_) => Err(error.into()),
        }
    }

    fn note_added(&mut self, bytes: usize) {
        self.progress.bytes += bytes as u64;
        self.jobs.0.services.metrics.exports().count_bytes(bytes as u64);
    }
}

/// The file of a job with its progress: at the recorded position, or at its beginning.
fn open(files: &dyn ExportFiles, export: &Export, kind: &FileKind) -> Result<(File, ExportProgress), StepError> {
    let (key, progress) = (export.key(), export.progress);
    if progress != ExportProgress::NOTHING
        && let Some(encoder) = Encoder::resume(kind, export.visibility, progress.events)?
    {
        match files.resume_file(&key, progress.bytes)? {
            Some(writer) if writer.sha256() == progress.sha256 => return Ok((File { encoder, writer }, progress)),
            _ => tracing::warn!(export = %export.id, "the file of an export differs from its record; it is rebuilt"),
        }
    }
    let encoder = Encoder::new(kind, export.visibility)?;
    Ok((File { encoder, writer: files.create_file(&key)? }, ExportProgress::NOTHING))
}

/// The filter of the events. Relative times are relative to the creation of the job.
fn filter_of(export: &Export) -> Option<Filter> {
    let pairs: Vec<_> = export.request.query.iter().map(|query| ("q".to_owned(), query.clone())).collect();
    Some(parse_parameters(&pairs, export.created_at).ok()?.for_reader(export.visibility))
}

fn span_of(events: &[StoredEvent]) -> Option<SequenceSpan> {
    Some(SequenceSpan { first: events.first()?.sequence, last: events.last()?.sequence })
}

async fn blocking<T: Send + 'static>(
    step: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    match spawn_blocking(step).await {
        Ok(done) => done,
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}
