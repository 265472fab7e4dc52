//! Owns the memory that the bodies of batches may take together. Without it, as many of the largest batches as there may
//! be connections would be held at once.

use std::{num::NonZeroU64, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Code, Problem};

/// Room is given in pieces of this size, so that a semaphore can count any amount of it.
const PIECE_BYTES: u64 = 1_024;

/// The room there is.
#[derive(Debug, Clone)]
pub(crate) struct BatchMemory {
    pieces: Arc<Semaphore>,
}

impl BatchMemory {
    pub(crate) fn new(bytes_max: NonZeroU64) -> Self {
        let pieces = usize::try_from(bytes_max.get() / PIECE_BYTES).unwrap_or(usize::MAX);
        Self { pieces: Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS))) }
    }

    /// Waits for room. Nothing of the body is read meanwhile, so that its sender is held back by the network's own
    /// means; dropping what this gives makes the room free again.
    pub(crate) async fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let pieces = u32::try_from((bytes as u64).div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.pieces).acquire_many_owned(pieces).await;
        room.map_err(|_closed| Problem::new(Code::InternalError, "the room for batches was closed"))
    }
}
