//! Owns the threads that queries run on. The number of long queries that run at the same time is at most the number of
//! cores less one, so that a core remains for intake and short queries. On a single core one long query runs. Knows
//! nothing of the contents of queries.
//!
//! A low priority for these threads was tried instead and rejected: it lengthened the longest waits of other threads,
//! because a preempted thread that holds a lock blocks threads of normal priority.

mod pace;
mod turns;

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use auditlog_core::query::QueryBudget;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use pace::Pace;
use turns::Turns;

/// The threads. Idle ones wait for work; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct QueryThreads {
    idle: Arc<Mutex<Vec<Sender<Job>>>>,
    turns: Arc<Turns>,
}

struct Job {
    work: Box<dyn FnOnce() + Send>,
    pace: Arc<Pace>,
    /// The channel on which the thread that runs this job receives its next one.
    thread: Sender<Self>,
}

impl Default for QueryThreads {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { idle: Arc::default(), turns: Arc::new(Turns::new(cores.saturating_sub(1).max(1))) }
    }
}

impl QueryThreads {
    /// Runs a query and waits for it. The query must check the budget that is passed to it and not the one passed here.
    /// `None` where it panicked or no thread could be started.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        budget: QueryBudget,
        query: impl FnOnce(&QueryBudget) -> T + Send + 'static,
    ) -> Option<T> {
        let pace = Arc::new(Pace::new(&self.turns));
        let budget = budget.through(Arc::clone(&pace));
        let (reply, answer) = oneshot::channel();
        // There is no receiver any more where the client disconnected.
        self.start(Box::new(move || drop(reply.send(query(&budget)))), pace);
        answer.await.ok()
    }

    fn start(&self, work: Box<dyn FnOnce() + Send>, pace: Arc<Pace>) {
        let waiting = self.idle.lock().pop();
        let thread = waiting.or_else(|| self.start_thread());
        if let Some(thread) = thread {
            // An idle thread takes its job; none has ended while its sender was kept here.
            drop(thread.send(Job { work, pace, thread: thread.clone() }));
        }
    }

    fn start_thread(&self) -> Option<Sender<Job>> {
        let (sender, jobs) = channel();
        let idle = Arc::downgrade(&self.idle);
        let started = thread::Builder::new().name("query".into()).spawn(move || work(&jobs, &idle));
        match started {
            Ok(_) => Some(sender),
            Err(error) => {
                tracing::warn!(%error, "no thread could be started for a query");
                None
            }
        }
    }
}

/// Runs one query after the other.
fn work(jobs: &Receiver<Job>, idle: &Weak<Mutex<Vec<Sender<Job>>>>) {
    while let Ok(Job { work, pace, thread }) = jobs.recv() {
        pace.begin();
        let ending = Ending(pace);
        work();
        drop(ending);
        let Some(idle) = idle.upgrade() else { return };
        idle.lock().push(thread);
    }
}

/// Ends a query's turn, also where it panics.
struct Ending(Arc<Pace>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        time::{Duration, Instant},
    };

    use auditlog_core::store::QueryError;

    use super::*;

    fn budget() -> QueryBudget {
        QueryBudget::new(Instant::now() + Duration::from_secs(30), Arc::default())
    }

    /// Works until a condition is true, or its budget is used up.
    fn work_until(budget: &QueryBudget, is_done: impl Fn() -> bool) -> Result<(), QueryError> {
        while !is_done() {
            budget.check()?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn long_queries_take_turns_and_end_at_their_budgets() {
        let threads = QueryThreads { idle: Arc::default(), turns: Arc::new(Turns::new(1)) };
        // Neither ends before the other has run: both get their turns.
        let flags = [Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false))];
        let meet = |own: usize| {
            let (own, other) = (Arc::clone(&flags[own]), Arc::clone(&flags[1 - own]));
            let began = Instant::now();
            threads.run(budget(), move |budget| {
                work_until(budget, || began.elapsed() > Duration::from_millis(200))?;
                own.store(true, Ordering::SeqCst);
                work_until(budget, || other.load(Ordering::SeqCst))
            })
        };
        assert_eq!(tokio::join!(meet(0), meet(1)), (Some(Ok(())), Some(Ok(()))));
        let brief = QueryBudget::new(Instant::now() + Duration::from_millis(100), Arc::default());
        let (endless, short) = tokio::join!(
            threads.run(brief, |budget| work_until(budget, || false)),
            threads.run(budget(), QueryBudget::check),
        );
        assert_eq!((endless, short), (Some(Err(QueryError::DeadlineExceeded)), Some(Ok(()))));
    }

    #[tokio::test]
    async fn a_query_that_panics_takes_no_other_with_it() {
        let threads = QueryThreads::default();
        assert_eq!(threads.run(budget(), |_| -> u8 { panic!("because a test wants it to") }).await, None);
        assert_eq!(threads.run(budget(), |_| 7).await, Some(7));
    }
}
