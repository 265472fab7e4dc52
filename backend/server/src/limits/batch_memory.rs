//! Owns the memory that the bodies of batches may take together. Without it, as many of the largest batches as there may
//! be connections would be held at once.

use std::{
    collections::HashMap,
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
};

use auditlog_core::id::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    body::BATCH_BYTES_MAX,
    problem::{Code, Problem},
};

/// Room is given in pieces of this size, so that a semaphore can count any amount of it.
const PIECE_BYTES: usize = 1_024;

/// The room there is.
#[derive(Debug, Clone)]
pub(crate) struct BatchMemory {
    all: Arc<Semaphore>,
    /// How many pieces one tenant may have: half of them, so that one whose batches do not arrive holds up no other.
    tenant_max: usize,
    /// One for each tenant that sent a batch since the start.
    by_tenant: Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>,
}

/// Room for one batch. Dropping it makes it free again.
#[derive(Debug)]
pub(crate) struct Room {
    _of_tenant: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl BatchMemory {
    pub(crate) fn new(bytes_max: NonZeroU64) -> Self {
        let bytes_max = usize::try_from(bytes_max.get()).unwrap_or(usize::MAX);
        let pieces = (bytes_max / PIECE_BYTES).min(Semaphore::MAX_PERMITS);
        // Where there is room for one batch only, it is everybody's.
        let tenant_max = (pieces / 2).max(BATCH_BYTES_MAX.div_ceil(PIECE_BYTES).min(pieces));
        Self { all: Arc::new(Semaphore::new(pieces)), tenant_max, by_tenant: Arc::default() }
    }

    /// Waits for room. Nothing of the body is read meanwhile, so that its sender is held back by the network's own
    /// means.
    pub(crate) async fn reserve(&self, tenant_id: &TenantId, bytes: usize) -> Result<Room, Problem> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        let room = |semaphore: Arc<Semaphore>| async move {
            let room = semaphore.acquire_many_owned(pieces).await;
            room.map_err(|_closed| Problem::new(Code::InternalError, "the room for batches was closed"))
        };
        // The tenant's own room first: who waits for it must hold nothing that others wait for.
        let of_tenant = room(self.of_tenant(tenant_id)).await?;
        Ok(Room { _of_tenant: of_tenant, _of_all: room(Arc::clone(&self.all)).await? })
    }

    fn of_tenant(&self, tenant_id: &TenantId) -> Arc<Semaphore> {
        let mut by_tenant = self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore = by_tenant.entry(tenant_id.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.tenant_max)));
        Arc::clone(semaphore)
    }
}
