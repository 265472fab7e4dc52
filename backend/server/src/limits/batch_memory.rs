//! Owns the memory that the bodies of batches may take together. Without it, as many of the largest batches as there may
//! be connections would be held at once.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use auditlog_core::{id::TenantId, policy::Scope};

use crate::{
    body::BATCH_BYTES_MAX,
    limits::{
        fair_pool::{FairPool, Held, Rules},
        until_sent,
    },
    problem::{Code, Problem},
};

/// Room is given in pieces of this size.
const PIECE_BYTES: usize = 1_024;
/// When a batch that may not even wait should be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The room there is: half of it for one tenant, so that one whose batches do not arrive holds up no other, and the last
/// quarter for tenants without a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchMemory {
    pieces: FairPool,
    /// How many batches of one tenant may wait for room.
    waiting_max: usize,
}

/// Room for one batch. Dropping it makes it free again.
#[derive(Debug)]
pub(crate) struct BatchRoom {
    pieces: Held,
}

impl BatchMemory {
    /// Room for so many bytes. A batch that waits keeps its connection, so that one tenant may have only an eighth of
    /// them wait.
    pub(crate) fn new(bytes_max: NonZeroU64, connections_max: NonZeroUsize) -> Self {
        let bytes_max = usize::try_from(bytes_max.get()).unwrap_or(usize::MAX);
        let units = bytes_max / PIECE_BYTES;
        // Where there is room for one batch only, it is everybody's.
        let holder_max = (units / 2).max(BATCH_BYTES_MAX.div_ceil(PIECE_BYTES).min(units));
        let pieces = FairPool::new(Rules { units, holder_max, kept_for_newcomers: units / 4 });
        Self { pieces, waiting_max: connections_max.get().div_ceil(8) }
    }

    /// Waits for room and holds it until the answer is sent, then as much of it as the answer takes. Nothing of the body
    /// is read meanwhile, so that its sender is held back by the network's own means.
    pub(crate) async fn reserve(&self, tenant_id: &TenantId, bytes: usize) -> Result<(), Problem> {
        let holder = Scope::Tenant(tenant_id.clone());
        let pieces = self.pieces.take(&holder, bytes.div_ceil(PIECE_BYTES), self.waiting_max).await;
        let pieces = pieces.map_err(|_| {
            let detail = "as many batches of the tenant wait for room as may; nothing was stored, send it again";
            Problem::new(Code::Overloaded, detail).retry_after(RETRY_AFTER)
        })?;
        until_sent::hold_batch_room(BatchRoom { pieces });
        Ok(())
    }
}

impl BatchRoom {
    pub(super) const fn bytes(&self) -> usize {
        self.pieces.units() * PIECE_BYTES
    }

    /// Gives back what is beyond so many bytes.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        self.pieces.shrink_to(bytes.div_ceil(PIECE_BYTES));
    }
}
