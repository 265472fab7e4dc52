//! Owns the memory for the bodies of batches and of large events. Without this limit, every connection could hold a
//! body of the maximum size at the same time.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use auditlog_core::{event::limits::BATCH_BYTES_MAX, id::TenantId, policy::Scope};

use crate::limits::{
    fair_pool::{FairPool, Held, Rules},
    refused::{Limit, Refused},
    until_sent,
};

/// The unit of reservations.
const PIECE_BYTES: usize = 1_024;
/// The size up to which events need no reservation.
const SMALL_EVENT_BYTES_MAX: usize = 64 * 1_024;
/// The retry delay for a batch that may not even wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The memory for batches: half of it for one tenant, so that a tenant whose batches do not arrive cannot block the
/// others, and the last quarter for tenants without a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchMemory {
    pieces: FairPool,
    /// The maximum number of batches of one tenant that wait for memory.
    waiting_max: usize,
}

/// A reservation for one batch. Dropping it releases the memory.
#[derive(Debug)]
pub(crate) struct BatchRoom {
    pieces: Held,
}

impl BatchMemory {
    /// Creates memory of this many bytes. A waiting batch occupies its connection, so that only an eighth of all
    /// connections may wait with batches of one tenant.
    pub(crate) fn new(bytes_max: NonZeroU64, connections_max: NonZeroUsize) -> Self {
        let bytes_max = usize::try_from(bytes_max.get()).unwrap_or(usize::MAX);
        let units = bytes_max / PIECE_BYTES;
        // If the memory only fits one batch, every tenant may use all of it.
        let holder_max = (units / 2).max(BATCH_BYTES_MAX.div_ceil(PIECE_BYTES).min(units));
        let pieces = FairPool::new(Rules { units, holder_max, kept_for_newcomers: units / 4 });
        Self { pieces, waiting_max: connections_max.get().div_ceil(8) }
    }

    /// Waits for memory and holds it until the answer is sent; once the answer is made, only as much as the answer
    /// needs. The body is not read while waiting, so the network's flow control holds back its sender.
    pub(crate) async fn reserve(&self, tenant_id: &TenantId, bytes: usize) -> Result<(), Refused> {
        let holder = Scope::Tenant(tenant_id.clone());
        let pieces = self.pieces.take(&holder, bytes.div_ceil(PIECE_BYTES), self.waiting_max).await;
        let pieces = pieces.map_err(|_| {
            let detail =
                "the maximum number of batches and large events of the tenant is waiting for memory; nothing was \
                 stored, retry it";
            Refused::for_now(Limit::BatchMemory, detail, RETRY_AFTER)
        })?;
        until_sent::hold_batch_room(BatchRoom { pieces });
        Ok(())
    }

    /// Waits for memory for an event whose size may be known only when it has arrived. Every connection may hold a
    /// small one without a reservation.
    pub(crate) async fn reserve_for_event(&self, tenant_id: &TenantId, bytes: usize) -> Result<(), Refused> {
        if bytes <= SMALL_EVENT_BYTES_MAX { Ok(()) } else { self.reserve(tenant_id, bytes).await }
    }

    /// Releases what an event of this size does not need.
    pub(crate) fn fit_event(bytes: usize) {
        until_sent::shrink_batch_room_to(if bytes <= SMALL_EVENT_BYTES_MAX { 0 } else { bytes });
    }
}

impl BatchRoom {
    pub(super) const fn bytes(&self) -> usize {
        self.pieces.units() * PIECE_BYTES
    }

    /// Releases everything beyond this many bytes.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        self.pieces.shrink_to(bytes.div_ceil(PIECE_BYTES));
    }
}
