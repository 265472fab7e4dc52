//! Owns the threads that queries run on. A query that turns out to be long goes on at a low priority, so that a few of
//! them, which would take every core, wait for intake and for short queries and not the other way round. Knows nothing
//! of what queries are.

use std::{
    fs,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use rustix::{
    process::{Pid, setpriority_process},
    thread::gettid,
    time::{ClockId, clock_gettime},
};
use tokio::{sync::oneshot, time::timeout};

/// A query that has used so much of a core is long. Needles and pages take a few milliseconds.
const LONG: Duration = Duration::from_millis(20);
/// How often a query that goes on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The priority of long queries: a thread of usual priority gets thirty times as much of a core that both want. They
/// still come to their end where intake takes all cores.
const LONG_NICENESS: i32 = 15;

/// The threads. Without work they wait for some; they end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct QueryThreads {
    idle: Arc<Mutex<Vec<Sender<Job>>>>,
}

struct Job {
    work: Box<dyn FnOnce() + Send>,
    run: Arc<Run>,
    /// How the thread that does it is given its next one.
    thread: Sender<Self>,
}

/// What is known of a query while it runs.
#[derive(Debug, Default)]
struct Run(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The thread it runs on, while it does, and how much of a core that had used before.
    thread: Option<(Pid, Duration)>,
    is_lowered: bool,
}

impl QueryThreads {
    /// Runs a query and waits for it. `None` where it panicked or no thread could be started.
    pub(crate) async fn run<T: Send + 'static>(&self, query: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let run = Arc::new(Run::default());
        let (reply, mut answer) = oneshot::channel();
        // Nobody waits for it any more where the client went away.
        self.start(Box::new(move || drop(reply.send(query()))), Arc::clone(&run));
        loop {
            match timeout(LOOK_EVERY, &mut answer).await {
                Ok(answer) => return answer.ok(),
                Err(_elapsed) if run.lower_if_long() => return answer.await.ok(),
                Err(_elapsed) => {}
            }
        }
    }

    fn start(&self, work: Box<dyn FnOnce() + Send>, run: Arc<Run>) {
        let waiting = lock(&self.idle).pop();
        let thread = waiting.or_else(|| self.start_thread());
        if let Some(thread) = thread {
            // A thread that waits takes its job; none has ended while its sender was kept here.
            drop(thread.send(Job { work, run, thread: thread.clone() }));
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

/// Runs one query after the other. A thread whose priority was lowered cannot raise it again and ends instead.
fn work(jobs: &Receiver<Job>, idle: &Weak<Mutex<Vec<Sender<Job>>>>) {
    while let Ok(Job { work, run, thread }) = jobs.recv() {
        run.begin();
        work();
        if run.end() {
            return;
        }
        let Some(idle) = idle.upgrade() else { return };
        lock(&idle).push(thread);
    }
}

impl Run {
    fn begin(&self) {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        lock(&self.0).thread = Some((gettid(), Duration::try_from(used).unwrap_or_default()));
    }

    /// Whether the thread's priority was lowered.
    fn end(&self) -> bool {
        let mut state = lock(&self.0);
        state.thread = None;
        state.is_lowered
    }

    /// Whether the query was long; its thread's priority is low from now on. The thread is not gone while its state is
    /// locked here, so its number means no other.
    fn lower_if_long(&self) -> bool {
        let mut state = lock(&self.0);
        let Some((thread, before)) = state.thread else { return false };
        if used_by(thread).is_none_or(|used| used < before + LONG) {
            return false;
        }
        // Where the system does not allow it, the query goes on as it is.
        if let Err(error) = setpriority_process(Some(thread), LONG_NICENESS) {
            tracing::debug!(%error, "the priority of a long query could not be lowered");
        }
        state.is_lowered = true;
        true
    }
}

/// How much of a core a thread of this process has used. Only Linux tells.
fn used_by(thread: Pid) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split(' ').next()?.parse().map(Duration::from_nanos).ok()
}

/// A poisoned lock means that another thread panicked; each change here is complete in itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rustix::process::getpriority_process;

    use super::*;

    fn niceness() -> i32 {
        getpriority_process(Some(gettid())).unwrap()
    }

    #[tokio::test]
    async fn a_short_query_keeps_its_priority_and_its_thread() {
        let threads = QueryThreads::default();
        let usual = niceness();
        let first = threads.run(|| (gettid(), niceness())).await.unwrap();
        let second = threads.run(|| (gettid(), niceness())).await.unwrap();
        assert_eq!(first.1, usual);
        assert!(second.1 == usual && lock(&threads.idle).len() <= 2);
    }

    #[tokio::test]
    async fn a_long_query_goes_on_at_a_low_priority_and_leaves_none_to_the_next() {
        let threads = QueryThreads::default();
        let usual = niceness();
        let lowered = threads.run(move || {
            let began = Instant::now();
            while niceness() == usual && began.elapsed() < Duration::from_secs(30) {}
            niceness()
        });
        assert_eq!(lowered.await, Some(LONG_NICENESS.max(usual)));
        assert_eq!(threads.run(niceness).await, Some(usual));
    }

    #[tokio::test]
    async fn a_query_that_panics_takes_no_other_with_it() {
        let threads = QueryThreads::default();
        assert_eq!(threads.run(|| -> u8 { panic!("because a test wants it to") }).await, None);
        assert_eq!(threads.run(|| 7).await, Some(7));
    }
}
