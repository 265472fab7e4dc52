//! Owns the memory for answers, from before they are made until they are sent. Running queries reserve it, and answers
//! that clients have not read yet use it; while it is used up, further large answers are refused.

use std::{collections::HashMap, num::NonZeroU64, sync::Arc, time::Duration};

use parking_lot::Mutex;
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::limits::{
    refused::{Limit, Refused},
    until_sent,
};

/// The maximum size of a complete answer.
pub(crate) const ANSWER_BYTES_MAX: usize = 8 << 20;
/// The size up to which answers need no reservation: the operating system accepts them from the server even if clients
/// do not read.
const SMALL_ANSWER_BYTES_MAX: usize = 64 << 10;
/// The amount of a stream that its connection buffers: one piece, and the unsent rest of the previous one.
const STREAM_BYTES: usize = 256 << 10;
/// How long a request waits for memory before it is refused.
const WAIT: Duration = Duration::from_secs(1);
/// The retry delay for a client whose request found no memory.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The memory for answers. Cheap to clone: all clones share one state.
#[derive(Debug, Clone)]
pub(crate) struct AnswerMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bytes_max: usize,
    taken: Mutex<Taken>,
    given_back: Notify,
    taken_gauge: Gauge,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    /// Holders without reservations have no entry.
    by_holder: HashMap<Arc<str>, usize>,
}

/// A reservation for one answer, or for the part of a stream in flight. Dropping it releases the memory.
#[derive(Debug)]
pub(crate) struct AnswerRoom {
    bytes: usize,
    holder: Arc<str>,
    memory: Arc<Shared>,
}

impl AnswerMemory {
    /// Memory of `bytes_max` bytes, whose use is shown by `taken_gauge`.
    pub(crate) fn new(bytes_max: NonZeroU64, taken_gauge: Gauge) -> Self {
        let bytes_max = usize::try_from(bytes_max.get()).unwrap_or(usize::MAX);
        Self(Arc::new(Shared { bytes_max, taken: Mutex::default(), given_back: Notify::new(), taken_gauge }))
    }

    /// Reserves memory for an answer of at most this many bytes and holds it until the answer is sent. Waits a moment
    /// if there is not enough.
    ///
    /// # Errors
    /// [`Limit::AnswerMemory`] if no memory becomes free.
    pub(crate) async fn reserve(&self, holder: &str, bytes: usize) -> Result<(), Refused> {
        let more = bytes.saturating_sub(until_sent::held_bytes());
        if bytes > SMALL_ANSWER_BYTES_MAX && more > 0 {
            until_sent::hold_answer_room(self.take(holder, more).await?);
        }
        Ok(())
    }

    /// Adjusts the reservation of the request to the actual size of its answer. This is the last step before an answer
    /// is sent, in one place for all answers.
    ///
    /// # Errors
    /// [`Limit::AnswerSize`]; [`Limit::AnswerMemory`] if the answer is larger than its reservation and there is not
    /// enough memory.
    pub(crate) fn fit(&self, holder: &str, bytes: usize) -> Result<(), Refused> {
        if bytes > ANSWER_BYTES_MAX {
            return Err(too_large());
        }
        until_sent::shrink_rooms_to(bytes);
        let more = bytes.saturating_sub(until_sent::held_bytes());
        if bytes > SMALL_ANSWER_BYTES_MAX && more > 0 {
            until_sent::hold_answer_room(self.try_take(holder, more).ok_or_else(busy)?);
        }
        Ok(())
    }

    /// Ensures that a stream has a reservation for what its connection buffers.
    ///
    /// # Errors
    /// [`Limit::AnswerMemory`] if there is not enough memory.
    pub(crate) fn fit_stream(&self, holder: &str) -> Result<(), Refused> {
        if until_sent::held_bytes() < STREAM_BYTES {
            until_sent::hold_answer_room(self.try_take(holder, STREAM_BYTES).ok_or_else(busy)?);
        }
        Ok(())
    }

    /// Reserves memory for a piece of a stream, if there is enough. Small pieces need no reservation.
    pub(crate) fn try_take_piece(&self, holder: &str, bytes: usize) -> Option<AnswerRoom> {
        let bytes = if bytes > SMALL_ANSWER_BYTES_MAX { bytes } else { 0 };
        self.try_take(holder, bytes)
    }

    async fn take(&self, holder: &str, bytes: usize) -> Result<AnswerRoom, Refused> {
        let deadline = Instant::now() + WAIT;
        loop {
            // Registered before the attempt, so that memory released in between is noticed.
            let given_back = self.0.given_back.notified();
            if let Some(room) = self.try_take(holder, bytes) {
                return Ok(room);
            }
            timeout_at(deadline, given_back).await.map_err(|_elapsed| busy())?;
        }
    }

    /// A holder may have at most half of the memory. The last quarter is kept for holders that have nothing yet or
    /// little, so that neither one holder nor two of them can exclude all others.
    fn try_take(&self, holder: &str, bytes: usize) -> Option<AnswerRoom> {
        let mut taken = self.0.taken.lock();
        let has = taken.by_holder.get(holder).copied().unwrap_or(0);
        let is_small = has == 0 || has + bytes <= self.0.small_holding_bytes_max();
        let open_bytes = if is_small { self.0.bytes_max } else { self.0.bytes_max / 4 * 3 };
        let is_free = has + bytes <= self.0.bytes_max / 2 && taken.bytes + bytes <= open_bytes;
        if bytes > 0 && !is_free {
            return None;
        }
        let holder = match taken.by_holder.get_key_value(holder) {
            Some((holder, _)) => Arc::clone(holder),
            None => Arc::from(holder),
        };
        self.0.add(&mut taken, &holder, bytes);
        Some(AnswerRoom { bytes, holder, memory: Arc::clone(&self.0) })
    }
}

/// The refusal of an answer that exceeds the maximum size.
pub(crate) fn too_large() -> Refused {
    let detail =
        format!("an answer may have at most {ANSWER_BYTES_MAX} bytes; request less: a lower limit or fewer fields");
    Refused { limit: Limit::AnswerSize, detail: detail.into(), retry_after: None }
}

fn busy() -> Refused {
    let detail = "running queries and answers that clients have not read yet use up the memory for answers, or the \
                  tenant's share of it; read the answers, and retry the request";
    Refused::for_now(Limit::AnswerMemory, detail, RETRY_AFTER)
}

impl Shared {
    /// The amount that a holder may have and still use the last quarter: one complete answer next to an open stream,
    /// but at most a quarter of the memory.
    fn small_holding_bytes_max(&self) -> usize {
        (ANSWER_BYTES_MAX + STREAM_BYTES).min(self.bytes_max / 4)
    }

    fn add(&self, taken: &mut Taken, holder: &Arc<str>, bytes: usize) {
        if bytes > 0 {
            taken.bytes += bytes;
            *taken.by_holder.entry(Arc::clone(holder)).or_default() += bytes;
            self.show(taken);
        }
    }

    fn give_back(&self, holder: &Arc<str>, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let mut taken = self.taken.lock();
        taken.bytes = taken.bytes.saturating_sub(bytes);
        match taken.by_holder.get_mut(holder) {
            Some(has) if *has > bytes => *has -= bytes,
            _ => drop(taken.by_holder.remove(holder)),
        }
        self.show(&taken);
        drop(taken);
        self.given_back.notify_waiters();
    }

    fn show(&self, taken: &Taken) {
        self.taken_gauge.set(i64::try_from(taken.bytes).unwrap_or(i64::MAX));
    }
}

impl AnswerRoom {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds another reservation of the same holder.
    pub(super) fn add(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Releases everything beyond this many bytes.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes.saturating_sub(bytes);
        self.bytes -= surplus;
        self.memory.give_back(&self.holder, surplus);
    }
}

impl Drop for AnswerRoom {
    fn drop(&mut self) {
        self.memory.give_back(&self.holder, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::UntilSent;

    const MIB: usize = 1 << 20;

    fn memory(bytes_max: usize) -> AnswerMemory {
        AnswerMemory::new(NonZeroU64::new(bytes_max as u64).unwrap(), Gauge::default())
    }

    #[test]
    fn a_holder_has_half_and_the_last_quarter_is_for_those_who_hold_little() {
        let memory = memory(32 * MIB);
        let first = memory.try_take("a", 16 * MIB).unwrap();
        assert!(memory.try_take("a", MIB).is_none());
        let second = (memory.try_take("b", 4 * MIB).unwrap(), memory.try_take("b", 4 * MIB).unwrap());
        assert!(memory.try_take("b", 1).is_none(), "three quarters are taken");
        let newcomer = (memory.try_take("c", 4 * MIB).unwrap(), memory.try_take("c", 4 * MIB).unwrap());
        assert!(memory.try_take("d", 1).is_none(), "all is taken");
        drop(first);
        let more = memory.try_take("c", 8 * MIB).unwrap();
        drop((second, newcomer, more));
        let taken = memory.0.taken.lock();
        assert_eq!((taken.bytes, taken.by_holder.len()), (0, 0));
    }

    #[test]
    fn a_holder_with_an_open_stream_has_one_answer_of_the_last_quarter() {
        let memory = memory(128 * MIB);
        let _stream = memory.try_take("c", STREAM_BYTES).unwrap();
        let _others = (memory.try_take("a", 64 * MIB).unwrap(), memory.try_take("b", 31 * MIB).unwrap());
        assert!(memory.try_take("b", MIB).is_none(), "three quarters would be taken");
        let answer = memory.try_take("c", ANSWER_BYTES_MAX).unwrap();
        assert!(memory.try_take("c", 1).is_none(), "it holds more than little");
        drop(answer);
        assert!(memory.try_take("c", ANSWER_BYTES_MAX).is_some());
    }

    #[tokio::test]
    async fn what_a_request_reserved_is_made_to_fit_its_answer_and_held_until_it_is_sent() {
        let memory = memory(32 * MIB);
        let (fitted, held) = UntilSent::collect(async {
            memory.reserve("a", 8 * MIB).await.unwrap();
            assert_eq!(memory.0.taken.lock().bytes, 8 * MIB);
            memory.fit("a", 3 * MIB)
        })
        .await;
        assert_eq!((fitted, memory.0.taken.lock().bytes), (Ok(()), 3 * MIB));
        drop(held);
        assert_eq!(memory.0.taken.lock().bytes, 0);
    }

    #[tokio::test]
    async fn an_answer_without_a_reservation_takes_its_room_at_the_end_or_is_refused() {
        let memory = memory(32 * MIB);
        let (fitted, held) = UntilSent::collect(async { memory.fit("a", 5 * MIB) }).await;
        assert_eq!((fitted, memory.0.taken.lock().bytes), (Ok(()), 5 * MIB));
        let _others = memory.try_take("b", 16 * MIB).unwrap();
        let fit = |bytes| {
            let memory = memory.clone();
            UntilSent::collect(async move { memory.fit("a", bytes) })
        };
        assert_eq!(fit(5 * MIB).await.0.unwrap_err().limit, Limit::AnswerMemory);
        assert_eq!(fit(ANSWER_BYTES_MAX + 1).await.0.unwrap_err().limit, Limit::AnswerSize);
        // Small answers are never refused.
        assert_eq!(fit(SMALL_ANSWER_BYTES_MAX).await.0, Ok(()));
        drop(held);
        assert_eq!(fit(5 * MIB).await.0, Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_gets_room_that_is_given_back_and_is_refused_where_none_is() {
        let memory = memory(32 * MIB);
        let first = memory.try_take("a", 16 * MIB).unwrap();
        let waiting = tokio::spawn({
            let memory = memory.clone();
            async move { memory.take("a", 8 * MIB).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        let _room = waiting.await.unwrap().unwrap();
        let refused = memory.take("a", 16 * MIB).await.unwrap_err();
        assert_eq!((refused.limit, refused.retry_after), (Limit::AnswerMemory, Some(RETRY_AFTER)));
    }
}
