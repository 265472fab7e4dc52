//! Owns the bounded queue in front of the writer. A request is refused at once when the queue is full: no caller waits
//! for a place.

use std::{collections::VecDeque, time::Duration};

use auditlog_core::store::{AppendError, Urgency};
use parking_lot::{Condvar, Mutex};

use crate::commit::Job;

/// The delay requested of a refused client: a full queue is committed in less.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The maximum number of waiting changes that protect or free space, whatever else waits,
const PROTECTIVE_REQUESTS_MAX: usize = 64;
/// and the maximum size of the events that record them.
const PROTECTIVE_BYTES_MAX: u64 = 4 << 20;

/// The limits of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    pub requests_max: usize,
    pub bytes_max: u64,
}

/// The jobs that wait for the writer.
pub(crate) struct Queue {
    limits: QueueLimits,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    ordinary: Waiting,
    protective: Waiting,
    /// Set once: the reason why the queue accepts no more jobs.
    closed: Option<String>,
}

/// The waiting jobs of one urgency.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    requests: usize,
    bytes: u64,
}

impl Waiting {
    /// Whether there is room for a request. An empty queue accepts any request, however large, or it could never be
    /// accepted.
    fn has_room(self, limits: QueueLimits, bytes: u64) -> bool {
        self.requests < limits.requests_max && (self.bytes == 0 || self.bytes + bytes <= limits.bytes_max)
    }
}

impl State {
    fn waiting(&mut self, urgency: Urgency) -> &mut Waiting {
        match urgency {
            Urgency::Ordinary => &mut self.ordinary,
            Urgency::Protective => &mut self.protective,
        }
    }

    fn count_in(&mut self, job: &Job) {
        if let Some(urgency) = job.urgency() {
            let waiting = self.waiting(urgency);
            waiting.requests += 1;
            waiting.bytes += job.bytes();
        }
    }

    fn count_out(&mut self, job: &Job) {
        if let Some(urgency) = job.urgency() {
            let waiting = self.waiting(urgency);
            waiting.requests = waiting.requests.saturating_sub(1);
            waiting.bytes = waiting.bytes.saturating_sub(job.bytes());
        }
    }
}

impl Queue {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Puts a request at the end. Those that protect or free space have room of their own.
    pub(crate) fn push_request(&self, job: Job) -> Result<(), AppendError> {
        let mut state = self.state.lock();
        if let Some(reason) = &state.closed {
            return Err(AppendError::Stopped(reason.clone()));
        }
        let urgency = job.urgency().unwrap_or(Urgency::Ordinary);
        if !state.waiting(urgency).has_room(self.limits_of(urgency), job.bytes()) {
            return Err(AppendError::Overloaded { retry_after: RETRY_AFTER });
        }
        state.count_in(&job);
        state.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts the store's own work at the front: there is little of it, and it makes room.
    pub(crate) fn push_own(&self, job: Job) -> Result<(), AppendError> {
        let mut state = self.state.lock();
        if let Some(reason) = &state.closed {
            return Err(AppendError::Stopped(reason.clone()));
        }
        state.jobs.push_front(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for jobs and takes them: requests up to `bytes_max` of them together, any other job alone. `None` when the
    /// queue is closed and empty.
    pub(crate) fn take(&self, bytes_max: u64) -> Option<Vec<Job>> {
        let mut state = self.state.lock();
        while state.jobs.is_empty() {
            if state.closed.is_some() {
                return None;
            }
            self.arrived.wait(&mut state);
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(job) = state.jobs.front() {
            let alone = !matches!(job, Job::Append(_));
            if !taken.is_empty() && (alone || bytes + job.bytes() > bytes_max) {
                break;
            }
            bytes += job.bytes();
            let Some(job) = state.jobs.pop_front() else { break };
            state.count_out(&job);
            taken.push(job);
            if alone {
                break;
            }
        }
        Some(taken)
    }

    /// Accepts no more jobs; waiting ones are still done. The first reason is the one that is reported.
    pub(crate) fn close(&self, reason: &str) {
        let mut state = self.state.lock();
        state.closed.get_or_insert_with(|| reason.to_owned());
        self.arrived.notify_all();
    }

    /// Accepts no more jobs and returns the waiting ones.
    pub(crate) fn abandon(&self, reason: &str) -> Vec<Job> {
        let mut state = self.state.lock();
        state.closed.get_or_insert_with(|| reason.to_owned());
        (state.ordinary, state.protective) = (Waiting::default(), Waiting::default());
        std::mem::take(&mut state.jobs).into()
    }

    /// The number of waiting requests.
    pub(crate) fn depth(&self) -> usize {
        self.state.lock().jobs.len()
    }

    fn limits_of(&self, urgency: Urgency) -> QueueLimits {
        match urgency {
            Urgency::Ordinary => self.limits,
            Urgency::Protective => {
                QueueLimits { requests_max: PROTECTIVE_REQUESTS_MAX, bytes_max: PROTECTIVE_BYTES_MAX }
            }
        }
    }
}
