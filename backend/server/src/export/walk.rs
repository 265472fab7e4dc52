//! Reads the log for one streamed export, with backpressure: the next piece is read when the connection has accepted
//! the previous one.

use std::io;

use auditlog_core::{
    event::{StoredEvent, Visibility},
    store::{QueryError, ScanPage, View},
};
use bytes::Bytes;
use futures_util::{Stream, stream::try_unfold};
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::{
    export::{FileKind, LogReader, encoder::Encoder},
    limits::QueryPermit,
    standing::{NotValid, Standing},
};

/// The maximum text size of events that are encoded at once; an event of more, which has at most 640 KiB, is encoded
/// alone. Escaping can make a text six times as long, so that a piece, together with the page that it is part of, takes
/// at most [`FileKind::bytes_in_flight_max`].
const TEXT_BYTES_PER_PIECE: usize = 512 << 10;

/// The content, reader and kind of an export.
pub(crate) struct Assignment {
    /// Checks whether the reader's key is still valid.
    pub(crate) standing: Standing,
    /// The id of the request, for the log.
    pub(crate) request_id: String,
    pub(crate) view: View,
    pub(crate) visibility: Visibility,
    pub(crate) kind: FileKind,
    /// Held until the file is sent.
    pub(crate) slot: QueryPermit,
}

/// A file that is sent while it is made.
pub(crate) struct StreamedExport {
    log: LogReader,
    assignment: Assignment,
    /// `None` after the last piece.
    encoder: Option<Encoder>,
    /// The events to write next.
    page: ScanPage,
}

/// Why a file was aborted.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    #[error("the log could not be read: {0}")]
    Query(#[from] QueryError),
    #[error("the reader may no longer read: {0}")]
    NotValid(#[from] NotValid),
    #[error("the file could not be written: {0}")]
    Write(#[from] io::Error),
}

/// Why a file could not be started.
#[derive(Debug, Error)]
pub(crate) enum BeginError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl StreamedExport {
    /// Reads the first piece, so that a read error can be reported before the file begins.
    pub(crate) async fn begin(log: LogReader, assignment: Assignment) -> Result<Self, BeginError> {
        let encoder = Encoder::new(&assignment.kind, assignment.visibility)?;
        let page = log.read_piece(&assignment.view, 0, assignment.slot.budget_of_piece()).await?;
        Ok(Self { log, assignment, encoder: Some(encoder), page })
    }

    /// The file, piece by piece. The stream ends at a failure.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, ExportError>> {
        try_unfold(self, |mut export| async move {
            let piece = export.next_piece().await.inspect_err(|error| {
                let Assignment { request_id, view, .. } = &export.assignment;
                let tenant = view.tenant_id.as_str();
                tracing::warn!(request_id, tenant, %error, "an export was aborted");
            })?;
            Ok(piece.map(|bytes| (bytes, export)))
        })
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, ExportError> {
        while let Some(encoder) = self.encoder.take() {
            let events = first_events(&mut self.page.events);
            let next = self.page.next;
            let is_page_done = self.page.events.is_empty();
            if is_page_done && next >= self.assignment.view.head {
                return Ok(Some(encode(encoder, events, Encoder::finish).await?.into()));
            }
            let (encoder, bytes) = encode(encoder, events, Encoder::encode).await?;
            self.assignment.standing.check()?;
            if is_page_done {
                let Assignment { view, slot, .. } = &self.assignment;
                self.page = self.log.read_piece(view, next, slot.budget_of_piece()).await?;
            }
            self.encoder = Some(encoder);
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }
}

/// Takes the events to encode next from the front.
fn first_events(events: &mut Vec<StoredEvent>) -> Vec<StoredEvent> {
    let mut bytes = 0;
    let is_within = |event: &&StoredEvent| {
        bytes += event.event.text_bytes();
        bytes <= TEXT_BYTES_PER_PIECE
    };
    let count = events.iter().take_while(is_within).count().max(1).min(events.len());
    let rest = events.split_off(count);
    std::mem::replace(events, rest)
}

/// Encoding and compressing a piece takes long enough to delay other tasks on a thread of the runtime.
async fn encode<T: Send + 'static>(
    encoder: Encoder,
    events: Vec<StoredEvent>,
    step: fn(Encoder, &[StoredEvent]) -> io::Result<T>,
) -> Result<T, ExportError> {
    let done = spawn_blocking(move || step(encoder, &events)).await;
    Ok(done.map_err(io::Error::other)??)
}
