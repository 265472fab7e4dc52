//! Owns the problems of a running store that `health` reports.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use auditlog_core::store::Health;

use crate::error::StoreError;

/// What is wrong now, if anything.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    faults: Mutex<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
    /// Nothing is taken in any more, for good.
    stopped: Option<String>,
    /// What failed the last time it was tried, by its name; the next time it may not.
    maintenance: BTreeMap<String, String>,
}

impl Condition {
    /// The store takes in nothing more. The first reason stays.
    pub(crate) fn stopped(&self, reason: &str) {
        self.lock().stopped.get_or_insert_with(|| reason.to_owned());
    }

    /// How the last seal or compaction ended.
    pub(crate) fn maintenance_ended(&self, task: &str, failure: Option<&StoreError>) {
        let mut faults = self.lock();
        match failure {
            Some(error) => drop(faults.maintenance.insert(task.to_owned(), format!("{task} failed: {error}"))),
            None => drop(faults.maintenance.remove(task)),
        }
    }

    /// Why nothing is taken in any more, if that is so.
    pub(crate) fn why_stopped(&self) -> Option<String> {
        self.lock().stopped.clone()
    }

    /// Whether the store's own work goes well.
    pub(crate) fn maintenance_health(&self) -> Health {
        match self.lock().maintenance.values().next() {
            Some(reason) => Health::Degraded(reason.clone()),
            None => Health::Ready,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
