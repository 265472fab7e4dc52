//! Owns the bounded queue in front of the writer. Full means refused at once: nobody waits for a place in it.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use auditlog_core::store::AppendError;

use crate::commit::Job;

/// What a refused client is asked to wait: a full queue is committed in less.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    pub requests_max: usize,
    pub bytes_max: u64,
}

/// What waits for the writer.
pub(crate) struct Queue {
    limits: QueueLimits,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: u64,
    /// Set once; why nothing is taken any more.
    closed: Option<String>,
}

impl Queue {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Puts a request at the end.
    pub(crate) fn push_request(&self, job: Job) -> Result<(), AppendError> {
        let bytes = job.bytes();
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err(AppendError::Stopped(reason.clone()));
        }
        // One request always fits, however large, or it could never be taken.
        let full = state.jobs.len() >= self.limits.requests_max
            || (state.bytes > 0 && state.bytes + bytes > self.limits.bytes_max);
        if full {
            return Err(AppendError::Overloaded { retry_after: RETRY_AFTER });
        }
        state.bytes += bytes;
        state.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts the store's own work in front: there is little of it, and it makes room.
    pub(crate) fn push_own(&self, job: Job) -> Result<(), AppendError> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err(AppendError::Stopped(reason.clone()));
        }
        state.jobs.push_front(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for work and takes it: requests up to `bytes_max` of them together, anything else alone. `None` when the
    /// queue is closed and empty.
    pub(crate) fn take(&self, bytes_max: u64) -> Option<Vec<Job>> {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.closed.is_some() {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(job) = state.jobs.front() {
            let alone = !matches!(job, Job::Append(_));
            if !taken.is_empty() && (alone || bytes + job.bytes() > bytes_max) {
                break;
            }
            bytes += job.bytes();
            taken.extend(state.jobs.pop_front());
            if alone {
                break;
            }
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        Some(taken)
    }

    /// Takes in nothing more; what waits is still done. The first reason given is the one that is told.
    pub(crate) fn close(&self, reason: &str) {
        let mut state = self.lock();
        state.closed.get_or_insert_with(|| reason.to_owned());
        self.arrived.notify_all();
    }

    /// Takes in nothing more and gives back what waits.
    pub(crate) fn abandon(&self, reason: &str) -> Vec<Job> {
        let mut state = self.lock();
        state.closed.get_or_insert_with(|| reason.to_owned());
        state.bytes = 0;
        std::mem::take(&mut state.jobs).into()
    }

    /// How many requests wait.
    pub(crate) fn depth(&self) -> usize {
        self.lock().jobs.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held leaves nothing half done: every change above is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
