//! Owns the behaviour of hostile clients. Each kind is a set of tasks that run until they are aborted, and count the
//! server's reactions.

mod connections;
mod content;
mod raw;
mod requests;

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

pub(crate) use raw::connect_with_small_buffer;
pub(crate) use requests::gzip;
use tokio::task::JoinSet;

use crate::{api::Address, hostile::Kind};

/// The target of hostile clients.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub address: Address,
    /// The key of a hostile tenant, which has few events.
    pub stranger: String,
    /// The key of a hostile tenant whose events are not recorded as sent.
    pub visitor: String,
    /// A second key of the tenant that others read from.
    pub neighbour: String,
    /// Common words of the events.
    pub words: Vec<String>,
    pub answers: Answers,
}

/// The server's answers by kind, with their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(Arc<Mutex<BTreeMap<String, u64>>>);

impl Answers {
    fn note(&self, answer: impl Into<String>) {
        self.add(answer, 1);
    }

    pub(super) fn add(&self, answer: impl Into<String>, count: u64) {
        let mut counts = self.0.lock();
        *counts.entry(answer.into()).or_default() += count;
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().clone()
    }
}

/// Starts the tasks. Dropping the set ends them.
pub(super) fn begin(kind: Kind, target: &Target) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let target = Arc::new(target.clone());
    match kind {
        Kind::Idle => connections::stay_idle(&mut tasks, &target),
        Kind::HalfOpen => connections::send_halves(&mut tasks, &target),
        Kind::NotReading => connections::read_nothing(&mut tasks, &target),
        Kind::Oversized => requests::send_too_much(&mut tasks, &target),
        Kind::Bombs => requests::send_bombs(&mut tasks, &target),
        Kind::WildContent => content::send_wild_content(&mut tasks, &target),
        Kind::QueryFlood => requests::ask_too_much(&mut tasks, &target),
        Kind::BadKeys => requests::try_keys(&mut tasks, &target),
        // These act on the machine, not through clients.
        Kind::SlowDisk | Kind::ClockJumps => {}
    }
    tasks
}
