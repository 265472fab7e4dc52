//! `EventStore::compute`: work on query threads over events that the caller already has.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use auditlog_core::{
    query::{Interruption, QueryBudget},
    store::QueryError,
};

use crate::{Store, fixtures::budget, suite::Scene};

pub(super) async fn a_computation_runs_on_a_thread_of_its_own<S: Store>(scene: Scene<S>) {
    let (sender, receiver) = mpsc::channel();
    let computation = Box::new(move |budget: &QueryBudget| {
        sender.send((thread::current().id(), budget.check())).expect("the test listens");
    });
    assert_eq!(scene.store.compute(computation, budget()).await, Ok(()));
    let (thread, checked) = receiver.try_recv().expect("it had ended");
    assert_eq!(checked, Ok(()));
    assert_ne!(thread, thread::current().id());
}

pub(super) async fn a_computation_has_the_budget_of_a_query<S: Store>(scene: Scene<S>) {
    let (sender, receiver) = mpsc::channel();
    let late = QueryBudget::new(Instant::now(), Arc::default());
    let computation = Box::new(move |budget: &QueryBudget| sender.send(budget.check()).expect("the test listens"));
    assert_eq!(scene.store.compute(computation, late).await, Ok(()));
    assert_eq!(receiver.try_recv(), Ok(Err(Interruption::DeadlineExceeded)));
}

pub(super) async fn a_computation_that_panics_is_told<S: Store>(scene: Scene<S>) {
    let computation = Box::new(|_: &QueryBudget| panic!("because a test wants it to"));
    assert!(matches!(scene.store.compute(computation, budget()).await, Err(QueryError::Unavailable(_))));
}
