//! Owns what hostile clients do. Each kind is a set of tasks that go on until they are aborted, and count what the
//! server did about it.

mod connections;
mod raw;
mod requests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

pub(crate) use raw::connect_with_small_buffer;
pub(crate) use requests::gzip;
use tokio::task::JoinSet;

use crate::{api::Address, hostile::Kind};

/// Whom to be hostile to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub address: Address,
    /// The key of a hostile tenant, which has few events.
    pub stranger: String,
    /// A second key of the tenant that others read from.
    pub neighbour: String,
    /// Common words of the events.
    pub words: Vec<String>,
    pub answers: Answers,
}

/// How often the server answered in which way.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(Arc<Mutex<BTreeMap<String, u64>>>);

impl Answers {
    fn note(&self, answer: impl Into<String>) {
        self.add(answer, 1);
    }

    pub(super) fn add(&self, answer: impl Into<String>, count: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(answer.into()).or_default() += count;
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Begins. Dropping the set ends it.
pub(super) fn begin(kind: Kind, target: &Target) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let target = Arc::new(target.clone());
    match kind {
        Kind::Idle => connections::stay_idle(&mut tasks, &target),
        Kind::HalfOpen => connections::send_halves(&mut tasks, &target),
        Kind::NotReading => connections::read_nothing(&mut tasks, &target),
        Kind::Oversized => requests::send_too_much(&mut tasks, &target),
        Kind::Bombs => requests::send_bombs(&mut tasks, &target),
        Kind::QueryFlood => requests::ask_too_much(&mut tasks, &target),
        Kind::BadKeys => requests::try_keys(&mut tasks, &target),
        // What these do they do to the machine.
        Kind::SlowDisk | Kind::ClockJumps => {}
    }
    tasks
}
