//! Owns the problems of a running store that `health` reports.

use std::collections::BTreeMap;

use auditlog_core::store::Health;
use parking_lot::Mutex;

use crate::error::StoreError;

/// The current problems, if any.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    faults: Mutex<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
    /// The reason why nothing is accepted any more, permanently.
    stopped: Option<String>,
    /// The tasks that failed at their last attempt, by name; the next attempt may succeed.
    maintenance: BTreeMap<String, String>,
}

impl Condition {
    /// Records that the store accepts nothing more. The first reason stays.
    pub(crate) fn stopped(&self, reason: &str) {
        self.faults.lock().stopped.get_or_insert_with(|| reason.to_owned());
    }

    /// Records how the last seal or compaction ended.
    pub(crate) fn maintenance_ended(&self, task: &str, failure: Option<&StoreError>) {
        let mut faults = self.faults.lock();
        match failure {
            Some(error) => drop(faults.maintenance.insert(task.to_owned(), format!("{task} failed: {error}"))),
            None => drop(faults.maintenance.remove(task)),
        }
    }

    /// The reason why nothing is accepted any more, if that is so.
    pub(crate) fn why_stopped(&self) -> Option<String> {
        self.faults.lock().stopped.clone()
    }

    /// The health of the store's own work.
    pub(crate) fn maintenance_health(&self) -> Health {
        match self.faults.lock().maintenance.values().next() {
            Some(reason) => Health::Degraded(reason.clone()),
            None => Health::Ready,
        }
    }
}
