//! Spreads the parts of one query over idle cores.
//!
//! The number of helper threads of all queries together is at most the number of cores less one. A query that gets none
//! runs all its parts on its own thread.

use std::{
    num::NonZeroUsize,
    panic::resume_unwind,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use auditlog_core::store::QueryError;

static HELPERS_MAX: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(0, |cores: NonZeroUsize| cores.get() - 1));
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// The minimum number of pages per helper: starting a helper costs as much as processing two or three pages.
const PAGES_PER_HELPER_MIN: usize = 16;

/// The number of pages that all tasks process together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pages(pub(super) usize);

/// The results of `run` for each task, in their order. Where there are few pages no helper is started.
///
/// # Errors
/// One of the errors of `run`; tasks that had not started by then are skipped.
pub(super) fn map<T: Sync, R: Send>(
    tasks: &[T],
    pages: Pages,
    run: impl Fn(&T) -> Result<R, QueryError> + Sync,
) -> Result<Vec<R>, QueryError> {
    let helpers = Helpers::take(tasks.len().saturating_sub(1).min(pages.0 / PAGES_PER_HELPER_MIN));
    if helpers.0 == 0 {
        return tasks.iter().map(run).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(at) else { return Ok::<_, QueryError>(done) };
            let result = run(task).inspect_err(|_| next.store(tasks.len(), Ordering::Relaxed))?;
            done.push((at, result));
        }
    };
    let shares = thread::scope(|scope| {
        let start = |_| thread::Builder::new().name("query helper".to_owned()).spawn_scoped(scope, work).ok();
        // If a helper cannot be started, its share is done on this thread.
        let helping: Vec<_> = (0..helpers.0).filter_map(start).collect();
        let mut shares = vec![work()];
        shares.extend(helping.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic))));
        shares
    });
    let mut done = Vec::with_capacity(tasks.len());
    for share in shares {
        done.extend(share?);
    }
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// A number of helper threads, released when dropped.
struct Helpers(usize);

impl Helpers {
    fn take(wanted: usize) -> Self {
        let free = |busy: usize| wanted.min(HELPERS_MAX.saturating_sub(busy));
        let taken = HELPERS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |busy| Some(busy + free(busy)));
        Self(taken.map_or(0, free))
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        HELPERS.fetch_sub(self.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_tasks_and_an_error_ends_it() {
        let tasks: Vec<u32> = (0..1_000).collect();
        assert_eq!(map(&tasks, Pages(1_000), |task| Ok(task * 2)).unwrap(), (0..2_000).step_by(2).collect::<Vec<_>>());
        let refuse = |task: &u32| if *task == 7 { Err(QueryError::Unavailable("seven".into())) } else { Ok(()) };
        assert!(map(&tasks, Pages(1_000), refuse).is_err());
    }
}
