//! Owns the path of a request to the writer: all work that can be done on the handler's thread.

use std::time::Duration;

use auditlog_core::{
    event::{SaltSource, StoredEvent},
    intake::{PreparedBatch, Provenance},
    store::{AppendError, BoxFuture, EventOutcome, Intake},
};
use tokio::sync::oneshot;

use crate::{
    commit::{Append, Claim, Job, Probed, Reply},
    engine::Engine,
    error::StoreError,
    ledger::payload::{Body, Chunk},
    lookup::{find_sealed, may_be_sealed},
    store::EmbeddedStore,
    tail::{LogView, Rows},
};

/// A larger body is compressed on the handler's thread; smaller ones compress better together.
const CHUNK_FROM_BYTES: usize = 16 * 1024;
/// The delay requested of a client while the tail is being sealed.
const SEAL_RETRY_AFTER: Duration = Duration::from_secs(1);

impl Intake for EmbeddedStore {
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>> {
        Box::pin(async move {
            if batch.events.is_empty() {
                return Ok(Vec::new());
            }
            let engine = self.engine();
            engine.admit(&batch)?;
            let (reply, answer) = oneshot::channel();
            let append = self.prepare(batch, Some(reply)).await?;
            engine.queue.push_request(Job::Append(Box::new(append)))?;
            answer.await.unwrap_or_else(|_| Err(AppendError::Stopped("the writer has stopped".into())))
        })
    }
}

impl EmbeddedStore {
    /// Prepares everything that the writer needs.
    pub(super) async fn prepare(
        &self,
        batch: PreparedBatch,
        reply: Option<Reply<Vec<EventOutcome>, AppendError>>,
    ) -> Result<Append, AppendError> {
        let probed = self.probe(&batch).await?;
        encode(batch, probed, reply).map_err(StoreError::refusal)
    }

    /// Looks the clients' ids up in the segments. That may read from disk, so it does not run on the runtime's own
    /// threads.
    async fn probe(&self, batch: &PreparedBatch) -> Result<Probed, AppendError> {
        let Some(view) = self.engine().published.log(&batch.tenant_id) else { return Ok(Probed::default()) };
        let sealed_below = view.sealed();
        let claimed = batch.events.iter().enumerate();
        let claimed = claimed.filter(|(_, event)| event.id_provenance == Provenance::Client);
        let candidates: Vec<_> =
            claimed.map(|(row, event)| (row, event.event.id)).filter(|(_, id)| may_be_sealed(&view, *id)).collect();
        if candidates.is_empty() {
            return Ok(Probed { sealed_below, ..Probed::default() });
        }
        let look_up = move |view: &LogView| {
            let mut probed = Probed { sealed_below, ..Probed::default() };
            for (row, id) in candidates {
                if let Some(event) = find_sealed(view, 0, id)? {
                    probed.found.insert(row, event);
                }
            }
            view.parts.iter().for_each(|part| part.segment.filter_ids_when_due());
            Ok::<_, StoreError>(probed)
        };
        let looked_up = tokio::task::spawn_blocking(move || look_up(&view)).await;
        looked_up.map_err(|error| AppendError::Stopped(error.to_string()))?.map_err(StoreError::refusal)
    }
}

impl Engine {
    fn admit(&self, batch: &PreparedBatch) -> Result<(), AppendError> {
        if self.control.tenant(&batch.tenant_id).is_none() {
            return Err(AppendError::UnknownTenant(batch.tenant_id.clone()));
        }
        if self.published.tail_bytes() >= self.options.tail_bytes_max {
            self.seal_due.ring();
            return Err(AppendError::Overloaded { retry_after: SEAL_RETRY_AFTER });
        }
        Ok(())
    }
}

fn encode(
    batch: PreparedBatch,
    probed: Probed,
    reply: Option<Reply<Vec<EventOutcome>, AppendError>>,
) -> Result<Append, StoreError> {
    let mut body = Body::with_capacity(batch.events.len(), batch.canonical_texts.len());
    for (prepared, index) in batch.events.iter().zip(0..) {
        body.push(index, batch.canonical(prepared));
    }
    let PreparedBatch { tenant_id, received_at, salt_seed, events, atomicity, .. } = batch;
    let mut claims = Vec::with_capacity(events.len());
    let mut rows = Vec::with_capacity(events.len());
    for (prepared, index) in events.into_iter().zip(0..) {
        claims.push(Claim {
            id: prepared.event.id,
            leaf_hash: prepared.leaf_hash,
            id_provenance: prepared.id_provenance,
            occurred_at_provenance: prepared.occurred_at_provenance,
            bytes: prepared.canonical.len() as u64,
        });
        // The writer assigns the sequences.
        let salt = SaltSource { seed: salt_seed, index };
        rows.push(StoredEvent { event: prepared.event, sequence: 0, salt });
    }
    let chunk = if body.len() >= CHUNK_FROM_BYTES { Some(Chunk::compress(&body)?) } else { None };
    let rows = Rows::new(rows)?;
    Ok(Append { tenant_id, received_at, salt_seed, atomicity, claims, rows, body, chunk, probed, reply })
}
