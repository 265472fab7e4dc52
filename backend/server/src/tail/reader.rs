//! Owns one reader's way through the log: it reads from the store while it catches up and from the feed while it is
//! live, and determines how the tail ends.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::{id::TenantId, policy::Caller, store::QueryError};
use bytes::Bytes;
use futures_util::{FutureExt, Stream, stream::unfold};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval_at, sleep},
};

use crate::{
    limits::{AnswerRoom, PieceBudgets, TailSlot},
    problem::{Code, Problem, problem_text},
    standing::{NotValid, Standing},
    tail::{
        Mark, Selection, Source, Tails,
        block::Block,
        feed::{Feed, News},
        frame,
        ring::Found,
    },
    telemetry::{OpenTail, TailEnd},
};

/// The number of events that are read at a time while a reader catches up.
const EVENTS_MAX: usize = 500;
/// The delay before a reader retries to get a query slot, or memory for its next text.
const SLOT_PAUSE: Duration = Duration::from_millis(200);
/// The size of the text of one read (approximate). The text sent at a time exceeds it by at most one event.
const PIECE_BYTES_MAX: usize = 4 << 20;

/// The reader, its selection of events, and its start position.
pub(crate) struct Subscription {
    pub(crate) reader: Caller<TenantId>,
    pub(crate) standing: Standing,
    pub(crate) request_id: String,
    pub(crate) selection: Selection,
    pub(crate) from: Mark,
    /// Held as long as the tail lives.
    pub(crate) _slot: TailSlot,
}

/// A connected reader.
pub(crate) struct Tail {
    tails: Tails,
    subscription: Subscription,
    source: Source,
    feed: Arc<Feed>,
    news: watch::Receiver<News>,
    mark: Mark,
    phase: Phase,
    heartbeat: Interval,
    /// Resolves as soon as the reader may no longer read.
    lost: Pin<Box<dyn Future<Output = NotValid> + Send>>,
    open: OpenTail,
    /// When the connection received the text that it is still sending.
    handed_out_at: Option<Instant>,
    /// Cancels running work when the reader leaves.
    budgets: PieceBudgets,
    spent: Spent,
    /// The memory of the text that the connection is sending.
    room: Option<AnswerRoom>,
}

/// How a reader that is behind has spent its time since it was last up to date.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    matching: Duration,
    sending: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    /// The next events may only be in the store.
    CatchingUp,
    /// The next events are in the feed, or will be.
    Live,
    Ended,
}

/// The outcome of a step.
enum Step {
    Text(Bytes),
    Nothing,
    End(TailEnd, Problem),
}

impl Tail {
    /// Joins the tenant's feed; `head` is the current end of the log.
    pub(super) fn begin(tails: Tails, subscription: Subscription, head: u64) -> Self {
        let source = Source {
            store: Arc::clone(&tails.events),
            tenant_id: subscription.reader.tenant_id().clone(),
            timeout: tails.query_timeout,
            counters: tails.metrics.tails().counters(),
        };
        let feed = tails.feeds.join(source.clone(), head);
        let every = tails.heartbeat;
        let mut heartbeat = interval_at(tokio::time::Instant::now() + every, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let open = tails.metrics.tails().open();
        let (news, mark) = (feed.news(), subscription.from);
        let phase = Phase::Opening;
        let standing = subscription.standing.clone();
        let lost = Box::pin(async move { standing.lost().await });
        let budgets = PieceBudgets::new(source.timeout);
        let (handed_out_at, spent, room) = (None, Spent::default(), None);
        Self {
            tails,
            subscription,
            source,
            feed,
            news,
            mark,
            phase,
            heartbeat,
            lost,
            open,
            handed_out_at,
            budgets,
            spent,
            room,
        }
    }

    /// Checks whether the reader may still read.
    pub(crate) fn standing(&self) -> &Standing {
        &self.subscription.standing
    }

    /// The texts for the connection to send, made one at a time as the connection asks for them.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Bytes> {
        unfold(self, |mut tail| async move {
            tail.spent.sending += tail.handed_out_at.take().map_or(Duration::ZERO, |since| since.elapsed());
            tail.room = None;
            let text = tail.next_text().await?;
            tail.handed_out_at = Some(Instant::now());
            Some((text, tail))
        })
    }

    async fn next_text(&mut self) -> Option<Bytes> {
        loop {
            let step = match self.phase {
                Phase::Ended => return None,
                Phase::Opening => {
                    self.phase = Phase::CatchingUp;
                    return Some(frame::opening(self.mark).into());
                }
                Phase::CatchingUp | Phase::Live => self.step().await,
            };
            match step {
                Step::Text(text) => return Some(text),
                Step::Nothing => {}
                Step::End(reason, problem) => return Some(self.end(reason, &problem)),
            }
        }
    }

    async fn step(&mut self) -> Step {
        // Also checks readers that are never idle.
        if let Some(reason) = (&mut self.lost).now_or_never() {
            return not_allowed(reason);
        }
        if self.tails.stopping.is_cancelled() {
            return stopping();
        }
        if self.heartbeat.tick().now_or_never().is_some() {
            return self.beat();
        }
        match self.phase {
            Phase::CatchingUp => self.catch_up().await,
            Phase::Opening | Phase::Live | Phase::Ended => self.follow().await,
        }
    }

    /// Takes the next block of the feed, or waits for it.
    async fn follow(&mut self) -> Step {
        // Read before the ring, so that a change in between ends the wait below at once.
        let failure = self.news.borrow_and_update().failure.clone();
        match (self.feed.find(self.mark.next()), failure) {
            (Found::Behind, _) if self.spent.matching > self.spent.sending => slow_filter(),
            (Found::Behind, _) => Step::End(TailEnd::SlowReader, slow_reader()),
            (Found::Block(block), _) => {
                let Some(room) = self.room_for(block.text_bytes()) else { return wait_for_room().await };
                self.select(&block, room).await
            }
            (Found::Nothing, Some(problem)) => Step::End(TailEnd::Failed, problem),
            (Found::Nothing, None) => {
                self.spent = Spent::default();
                let stopping_token = self.tails.stopping.clone();
                tokio::select! {
                    biased;
                    () = stopping_token.cancelled() => stopping(),
                    reason = &mut self.lost => not_allowed(reason),
                    _ = self.heartbeat.tick() => self.beat(),
                    _ = self.news.changed() => Step::Nothing,
                }
            }
        }
    }

    /// Takes the reader's selection of a block.
    async fn select(&mut self, block: &Arc<Block>, room: AnswerRoom) -> Step {
        let (tails, began) = (self.tails.clone(), Instant::now());
        let (selection, next) = (&self.subscription.selection, self.mark.next());
        let selected = tokio::select! {
            () = tails.stopping.cancelled() => return stopping(),
            reason = &mut self.lost => return not_allowed(reason),
            selected = block.select(selection, next, self.feed.matching(), self.budgets.next()) => selected,
        };
        self.spent.matching += began.elapsed();
        match selected {
            Ok(selected) => {
                self.mark = Mark::before(block.end());
                self.hold(room, selected.text.len());
                self.sent(selected.text, selected.frames)
            }
            Err(QueryError::DeadlineExceeded) => slow_filter(),
            Err(error) => Step::End(TailEnd::Failed, error.into()),
        }
    }

    /// Reads a piece of the log that the feed does not hold.
    async fn catch_up(&mut self) -> Step {
        let (first, end) = {
            let ring = self.feed.ring();
            (ring.first(), ring.end())
        };
        if self.mark.next() >= first {
            self.phase = Phase::Live;
            return Step::Nothing;
        }
        let tails = self.tails.clone();
        let slot = tokio::select! {
            () = tails.stopping.cancelled() => return stopping(),
            reason = &mut self.lost => return not_allowed(reason),
            slot = tails.query_slots.take_for(&self.subscription.reader) => slot,
        };
        let Ok(_slot) = slot else {
            return wait_for_room().await;
        };
        let Some(room) = self.room_for(PIECE_BYTES_MAX) else { return wait_for_room().await };
        let filter = self.subscription.selection.filter().clone();
        let page = tokio::select! {
            () = tails.stopping.cancelled() => return stopping(),
            reason = &mut self.lost => return not_allowed(reason),
            page = self.source.scan(filter, self.mark.next()..end, EVENTS_MAX, self.budgets.next()) => page,
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => return Step::End(TailEnd::Failed, error.into()),
        };
        let (mut text, mut frames, mut next) = (String::new(), 0, page.next);
        for event in &page.events {
            // Escaping can make a text several times as long as it was stored; events that do not fit are read again.
            if text.len() >= PIECE_BYTES_MAX {
                next = event.sequence;
                break;
            }
            frame::write_event(event, self.subscription.selection.visibility(), &mut text);
            frames += 1;
        }
        self.source.counters.count_printed(frames);
        self.mark = Mark::before(next);
        self.hold(room, text.len());
        self.sent(text.into(), frames)
    }

    /// Reserves memory for the next text, so that readers that read nothing do not fill the memory.
    fn room_for(&self, bytes: usize) -> Option<AnswerRoom> {
        self.tails.answer_memory.try_take_piece(self.subscription.reader.tenant_id().as_str(), bytes)
    }

    /// Keeps the memory of a text until the connection asks for more.
    fn hold(&mut self, mut room: AnswerRoom, bytes: usize) {
        room.shrink_to(bytes);
        self.room = Some(room);
    }

    fn sent(&self, text: Bytes, frames: u64) -> Step {
        if frames == 0 {
            return Step::Nothing;
        }
        self.source.counters.count_sent(frames);
        Step::Text(text)
    }

    /// Sends the reader's position.
    fn beat(&self) -> Step {
        Step::Text(frame::heartbeat(self.mark).into())
    }

    fn end(&mut self, reason: TailEnd, problem: &Problem) -> Bytes {
        self.phase = Phase::Ended;
        self.open.end(reason);
        frame::end(self.mark, &problem_text(problem, &self.subscription.request_id)).into()
    }
}

/// When a connection is closed, its reader ends.
impl Drop for Tail {
    fn drop(&mut self) {
        let is_stalled = self.handed_out_at.is_some_and(|since| since.elapsed() >= self.tails.answer_write_timeout);
        self.open.end(if is_stalled { TailEnd::Stalled } else { TailEnd::ReaderLeft });
    }
}

/// Retries a moment later.
async fn wait_for_room() -> Step {
    sleep(SLOT_PAUSE).await;
    Step::Nothing
}

fn not_allowed(reason: NotValid) -> Step {
    Step::End(TailEnd::NotAllowed, reason.into())
}

fn stopping() -> Step {
    Step::End(TailEnd::ServerStopping, Problem::new(Code::ServerStopping, "resume with the id of this event"))
}

fn slow_filter() -> Step {
    let detail = "events arrive faster than the filter is evaluated; resume with the id of this event, or use a \
                  filter with fewer words and tests";
    Step::End(TailEnd::SlowFilter, Problem::new(Code::SlowFilter, detail))
}

fn slow_reader() -> Problem {
    let detail = "events arrive faster than they are read; resume with the id of this event, or use a narrower filter";
    Problem::new(Code::SlowReader, detail)
}
