//! Owns the resources that a request holds until its answer is sent. Permits and memory taken while a request is
//! handled register themselves here, so they stay held after the handler has returned, while the answer waits in memory
//! for a client that does not read.

use std::{cell::RefCell, fmt, future::Future};

use prometheus_client::metrics::gauge::Gauge;

use crate::limits::{AnswerRoom, BatchRoom};

tokio::task_local! {
    /// The resources taken so far by the request that this task handles.
    static HELD: RefCell<UntilSent>;
}

/// The resources held by an answer. Dropping it releases all of them.
#[derive(Default)]
pub(crate) struct UntilSent {
    permits: Vec<Box<dyn Send>>,
    batch_room: Option<BatchRoom>,
    answer_room: Option<AnswerRoom>,
    bytes: Option<BytesInFlight>,
}

/// The bytes of an answer that is made but not sent, as counted in the metrics.
struct BytesInFlight {
    bytes: i64,
    gauge: Gauge,
}

impl UntilSent {
    /// Handles a request and returns its answer together with the resources that it has taken.
    pub(crate) async fn collect<F: Future>(request: F) -> (F::Output, Self) {
        let handled = async {
            let output = request.await;
            (output, HELD.with(RefCell::take))
        };
        HELD.scope(RefCell::default(), handled).await
    }
}

/// Holds a permit until the answer of the current request is sent. Streams and jobs run outside of request handling and
/// hold their resources themselves; there this does nothing.
pub(crate) fn hold_permit(permit: impl Send + 'static) {
    let _ = HELD.try_with(|held| held.borrow_mut().permits.push(Box::new(permit)));
}

/// Holds the memory of a batch's body until the answer is sent.
pub(super) fn hold_batch_room(room: BatchRoom) {
    let _ = HELD.try_with(|held| held.borrow_mut().batch_room = Some(room));
}

/// Releases the memory that the body of a batch does not need.
pub(super) fn shrink_batch_room_to(bytes: usize) {
    let _ = HELD.try_with(|held| {
        if let Some(room) = &mut held.borrow_mut().batch_room {
            room.shrink_to(bytes);
        }
    });
}

/// Holds memory for an answer until it is sent, added to the memory already held.
pub(super) fn hold_answer_room(room: AnswerRoom) {
    let _ = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        match &mut held.answer_room {
            Some(held) => held.add(room),
            none => *none = Some(room),
        }
    });
}

/// The bytes of memory held for the answer, including those of the batch.
pub(super) fn held_bytes() -> usize {
    let held = HELD.try_with(|held| {
        let held = held.borrow();
        let of_batch = held.batch_room.as_ref().map_or(0, BatchRoom::bytes);
        of_batch + held.answer_room.as_ref().map_or(0, AnswerRoom::bytes)
    });
    held.unwrap_or_default()
}

/// Releases the memory that an answer of this many bytes does not need.
pub(super) fn shrink_rooms_to(bytes: usize) {
    let _ = HELD.try_with(|held| {
        let mut held = held.borrow_mut();
        let mut left = bytes;
        if let Some(room) = &mut held.batch_room {
            room.shrink_to(left);
            left = left.saturating_sub(room.bytes());
        }
        if let Some(room) = &mut held.answer_room {
            room.shrink_to(left);
        }
    });
}

/// Counts the bytes of an answer until it is sent.
pub(crate) fn count_bytes(bytes: usize, gauge: &Gauge) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let _ = HELD.try_with(|held| {
        gauge.inc_by(bytes);
        held.borrow_mut().bytes = Some(BytesInFlight { bytes, gauge: gauge.clone() });
    });
}

impl Drop for BytesInFlight {
    fn drop(&mut self) {
        self.gauge.dec_by(self.bytes);
    }
}

impl fmt::Debug for UntilSent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UntilSent").field("permits", &self.permits.len()).finish_non_exhaustive()
    }
}
