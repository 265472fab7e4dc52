//! Owns one reader's way through the log: from the store while it catches up, from the feed while it is live, and how it
//! ends.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::store::QueryError;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, stream::unfold};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval_at, sleep},
};

use crate::{
    app::App,
    auth::{Standing, TenantGrant},
    limits::{AnswerRoom, PieceBudgets, TailSlot},
    problem::{Code, Problem, problem_text},
    request::RequestId,
    tail::{
        Mark, Selection, Source,
        block::Block,
        feed::{Feed, News},
        frame,
        ring::Found,
    },
    telemetry::{OpenTail, TailEnd},
};

/// So many events are read at a time while a reader catches up.
const EVENTS_MAX: usize = 500;
/// How long a reader waits for a query slot, or for room for what it is sent, before it asks again.
const SLOT_PAUSE: Duration = Duration::from_millis(200);
/// What is read at a time takes as text, about. What is sent of it at a time takes no more than one event beyond that.
const PIECE_BYTES_MAX: usize = 4 << 20;

/// Who reads what, and from where.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) reader: TenantGrant,
    pub(crate) standing: Standing,
    pub(crate) request_id: RequestId,
    pub(crate) selection: Selection,
    pub(crate) from: Mark,
    /// Taken as long as the tail lives.
    pub(crate) _slot: TailSlot,
}

/// A reader that is connected.
pub(crate) struct Tail {
    app: App,
    subscription: Subscription,
    source: Source,
    feed: Arc<Feed>,
    news: watch::Receiver<News>,
    mark: Mark,
    phase: Phase,
    heartbeat: Interval,
    /// Resolves as soon as the reader may read no more.
    lost: Pin<Box<dyn Future<Output = Problem> + Send>>,
    open: OpenTail,
    /// Since when the connection has had something to send on, where it has not asked for more.
    handed_out_at: Option<Instant>,
    /// Cancels what still runs for it where its reader leaves.
    budgets: PieceBudgets,
    spent: Spent,
    /// The room of what the connection sends on.
    room: Option<AnswerRoom>,
}

/// What a reader that is behind has spent its time on since it was in step.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    matching: Duration,
    sending: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    /// What comes next may be in the store alone.
    CatchingUp,
    /// What comes next is in the feed, or will be.
    Live,
    Ended,
}

/// What a step came to.
enum Step {
    Text(Bytes),
    Nothing,
    End(TailEnd, Problem),
}

impl Tail {
    /// Joins the tenant's feed; `head` is where the log ends now.
    pub(crate) fn begin(app: App, subscription: Subscription, head: u64) -> Self {
        let settings = app.settings();
        let source = Source {
            store: Arc::clone(&app.services().events),
            tenant_id: subscription.reader.tenant_id.clone(),
            timeout: settings.query_timeout(),
            counters: app.metrics().tails().counters(),
        };
        let feed = app.feeds().join(source.clone(), head);
        let every = settings.tail_heartbeat();
        let mut heartbeat = interval_at(tokio::time::Instant::now() + every, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let open = app.metrics().tails().open();
        let (news, mark) = (feed.news(), subscription.from);
        let phase = Phase::Opening;
        let standing = subscription.standing.clone();
        let lost = Box::pin(async move { standing.lost().await });
        let budgets = PieceBudgets::new(source.timeout);
        let (handed_out_at, spent, room) = (None, Spent::default(), None);
        Self {
            app,
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

    /// Whether the reader may still read.
    pub(crate) fn standing(&self) -> &Standing {
        &self.subscription.standing
    }

    /// What the connection sends, piece by piece, as it takes them.
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
        // Readers that are never idle are looked at as well.
        if let Some(problem) = (&mut self.lost).now_or_never() {
            return Step::End(TailEnd::NotAllowed, problem);
        }
        if self.app.stopping().is_cancelled() {
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
        // Looked at before the ring, so that a change in between ends the wait below at once.
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
                let app = self.app.clone();
                tokio::select! {
                    biased;
                    () = app.stopping().cancelled() => stopping(),
                    problem = &mut self.lost => Step::End(TailEnd::NotAllowed, problem),
                    _ = self.heartbeat.tick() => self.beat(),
                    _ = self.news.changed() => Step::Nothing,
                }
            }
        }
    }

    /// Takes what the reader gets of a block.
    async fn select(&mut self, block: &Arc<Block>, room: AnswerRoom) -> Step {
        let (app, began) = (self.app.clone(), Instant::now());
        let wanted = (&self.subscription.selection, self.mark.next());
        let selected = tokio::select! {
            () = app.stopping().cancelled() => return stopping(),
            problem = &mut self.lost => return Step::End(TailEnd::NotAllowed, problem),
            selected = block.select(wanted, self.feed.matching(), self.budgets.next()) => selected,
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

    /// Reads a piece of what the feed does not hold.
    async fn catch_up(&mut self) -> Step {
        let (first, end) = {
            let ring = self.feed.ring();
            (ring.first(), ring.end())
        };
        if self.mark.next() >= first {
            self.phase = Phase::Live;
            return Step::Nothing;
        }
        let app = self.app.clone();
        let slot = tokio::select! {
            () = app.stopping().cancelled() => return stopping(),
            problem = &mut self.lost => return Step::End(TailEnd::NotAllowed, problem),
            slot = app.query_slots().take_for(&self.subscription.reader) => slot,
        };
        let Ok(_slot) = slot else {
            return wait_for_room().await;
        };
        let Some(room) = self.room_for(PIECE_BYTES_MAX) else { return wait_for_room().await };
        let filter = self.subscription.selection.filter().clone();
        let page = tokio::select! {
            () = app.stopping().cancelled() => return stopping(),
            problem = &mut self.lost => return Step::End(TailEnd::NotAllowed, problem),
            page = self.source.scan(filter, (self.mark.next()..end, EVENTS_MAX), self.budgets.next()) => page,
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => return Step::End(TailEnd::Failed, error.into()),
        };
        let (mut text, mut frames, mut next) = (String::new(), 0, page.next);
        for event in &page.events {
            // Escapes make a text several times as long as it was stored: what does not fit is read again.
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

    /// Room for what is handed out next, so that readers who take nothing do not fill the memory.
    fn room_for(&self, bytes: usize) -> Option<AnswerRoom> {
        self.app.answer_memory().try_take_piece(self.subscription.reader.tenant_id.as_str(), bytes)
    }

    /// Keeps the room that a text takes until the connection asks for more.
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

    /// Tells how far the reader has come.
    fn beat(&self) -> Step {
        Step::Text(frame::heartbeat(self.mark).into())
    }

    fn end(&mut self, reason: TailEnd, problem: &Problem) -> Bytes {
        self.phase = Phase::Ended;
        self.open.end(reason);
        frame::end(self.mark, &problem_text(problem, &self.subscription.request_id)).into()
    }
}

/// A connection that ends by itself takes its reader along.
impl Drop for Tail {
    fn drop(&mut self) {
        let patience = self.app.settings().answer_write_timeout();
        let is_stalled = self.handed_out_at.is_some_and(|since| since.elapsed() >= patience);
        self.open.end(if is_stalled { TailEnd::Stalled } else { TailEnd::ReaderLeft });
    }
}

/// Asks again a moment later.
async fn wait_for_room() -> Step {
    sleep(SLOT_PAUSE).await;
    Step::Nothing
}

fn stopping() -> Step {
    Step::End(TailEnd::ServerStopping, Problem::new(Code::ServerStopping, "come again with the id of this event"))
}

fn slow_filter() -> Step {
    let detail = "events come faster than the filter is asked of them; come again with the id of this event, or with a \
                  filter of fewer words and tests";
    Step::End(TailEnd::SlowFilter, Problem::new(Code::SlowFilter, detail))
}

fn slow_reader() -> Problem {
    let detail = "events come faster than they are read; come again with the id of this event, or with a filter";
    Problem::new(Code::SlowReader, detail)
}
