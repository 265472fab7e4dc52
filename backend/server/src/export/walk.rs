//! Owns one export's way through the log: it reads a piece when the connection has taken the one before.

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
    app::App,
    auth::Standing,
    export::{FileKind, encoder::Encoder, read_piece},
    limits::QueryPermit,
    problem::{Code, Problem},
    request::RequestId,
};

/// Events with more text than this are not encoded at once. Escapes make a text up to six times as long, so that a piece
/// takes [`FileKind::bytes_in_flight_max`] at most, together with the page that it is of.
const TEXT_BYTES_PER_PIECE: usize = 512 << 10;

/// What is exported, for whom and how.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// Whether the reader may still read.
    pub(crate) standing: Standing,
    /// The request that it came with.
    pub(crate) request_id: RequestId,
    pub(crate) view: View,
    pub(crate) visibility: Visibility,
    pub(crate) kind: FileKind,
    /// Taken until the file is sent.
    pub(crate) slot: QueryPermit,
}

/// A file that is sent while it is made.
pub(crate) struct StreamedExport {
    app: App,
    assignment: Assignment,
    /// `None` behind the last piece.
    encoder: Option<Encoder>,
    /// What is written next.
    page: ScanPage,
}

/// Why a file was broken off.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    #[error("the log could not be read: {0}")]
    Query(#[from] QueryError),
    #[error("the reader may not go on: {}", .0.detail)]
    NotAllowed(Problem),
    #[error("the file could not be written: {0}")]
    Write(#[from] io::Error),
}

impl StreamedExport {
    /// Reads the first piece, so that a log that cannot be read is answered as such.
    pub(crate) async fn begin(app: App, assignment: Assignment) -> Result<Self, Problem> {
        let encoder = Encoder::new(&assignment.kind, assignment.visibility).map_err(|error| {
            tracing::error!(%error, "an export cannot be begun");
            Problem::new(Code::InternalError, "the export could not be begun")
        })?;
        let page = read_piece(&app, &assignment.view, (0, assignment.slot.budget_of_piece())).await?;
        Ok(Self { app, assignment, encoder: Some(encoder), page })
    }

    /// The file, piece by piece. Where it fails nothing more comes.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, ExportError>> {
        try_unfold(self, |mut export| async move {
            let piece = export.next_piece().await.inspect_err(|error| {
                let Assignment { request_id, view, .. } = &export.assignment;
                let (request_id, tenant) = (request_id.as_str(), view.tenant_id.as_str());
                tracing::warn!(request_id, tenant, %error, "an export is broken off");
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
                return Ok(Some(encode(encoder, events, Encoder::finish_with).await?.into()));
            }
            let (encoder, bytes) = encode(encoder, events, Encoder::go_on_with).await?;
            self.assignment.standing.check().map_err(ExportError::NotAllowed)?;
            if is_page_done {
                let Assignment { view, slot, .. } = &self.assignment;
                self.page = read_piece(&self.app, view, (next, slot.budget_of_piece())).await?;
            }
            self.encoder = Some(encoder);
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }
}

/// Takes the events that are encoded next from the front.
fn first_events(events: &mut Vec<StoredEvent>) -> Vec<StoredEvent> {
    let mut bytes = 0;
    let is_within = |event: &&StoredEvent| {
        let fits = bytes < TEXT_BYTES_PER_PIECE;
        bytes += event.event.text_bytes();
        fits
    };
    let count = events.iter().take_while(is_within).count();
    let rest = events.split_off(count);
    std::mem::replace(events, rest)
}

/// Printing and compressing a piece takes long enough to hold up others on a thread of the runtime.
async fn encode<T: Send + 'static>(
    encoder: Encoder,
    events: Vec<StoredEvent>,
    step: fn(Encoder, &[StoredEvent]) -> io::Result<T>,
) -> Result<T, ExportError> {
    let done = spawn_blocking(move || step(encoder, &events)).await;
    Ok(done.map_err(io::Error::other)??)
}
