//! Owns what ends or pauses a running query (its deadline, a caller that no longer waits, the turns of other queries)
//! and how often that is checked.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// The maximum number of bytes examined between two checks of a budget, give or take one value of an event.
pub const BYTES_PER_CHECK: u64 = 64 << 10;

/// The deadline of a query and whether its caller still waits. Checked before the first row, and by a [`Meter`] as
/// bytes are examined.
#[derive(Debug, Clone)]
pub struct QueryBudget {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
    turnstile: Option<Arc<dyn Turnstile>>,
}

/// Decides which of the concurrent queries continue.
pub trait Turnstile: std::fmt::Debug + Send + Sync {
    /// Whether the query may continue now. Waits for that some milliseconds at most.
    fn lets_pass(&self) -> bool;
}

/// Why a query was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interruption {
    /// The deadline has passed.
    DeadlineExceeded,
    /// The caller no longer waits for the answer.
    Cancelled,
}

impl QueryBudget {
    /// A budget that ends at `deadline`, or as soon as `cancelled` is set.
    #[must_use]
    pub fn new(deadline: Instant, cancelled: Arc<AtomicBool>) -> Self {
        Self { deadline, cancelled, turnstile: None }
    }

    /// The same budget, ending at `deadline` if that is earlier.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: self.deadline.min(deadline), ..self }
    }

    /// The same budget for a query that has to pass a turnstile at each check.
    #[must_use]
    pub fn through(self, turnstile: Arc<impl Turnstile + 'static>) -> Self {
        Self { turnstile: Some(turnstile), ..self }
    }

    /// Fails where the budget is used up. Waits while other queries have their turn.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn check(&self) -> Result<(), Interruption> {
        self.check_limits()?;
        let Some(turnstile) = &self.turnstile else { return Ok(()) };
        while !turnstile.lets_pass() {
            self.check_limits()?;
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), Interruption> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Interruption::Cancelled);
        }
        if Instant::now() >= self.deadline {
            return Err(Interruption::DeadlineExceeded);
        }
        Ok(())
    }
}

/// Counts the bytes that one thread examines for a query, and checks the budget before the first and then every
/// [`BYTES_PER_CHECK`] of them.
#[derive(Debug)]
pub struct Meter<'b> {
    budget: &'b QueryBudget,
    examined: Cell<u64>,
    next_check: Cell<u64>,
}

impl<'b> Meter<'b> {
    /// Starts with nothing examined.
    #[must_use]
    pub const fn new(budget: &'b QueryBudget) -> Self {
        Self { budget, examined: Cell::new(0), next_check: Cell::new(0) }
    }

    /// Counts bytes that are examined next: of texts, of pages, or the equivalent cost of examining a row.
    ///
    /// # Errors
    /// The budget's, if it was checked and is used up.
    pub fn examine(&self, bytes: usize) -> Result<(), Interruption> {
        let examined = self.examined.get() + bytes as u64;
        self.examined.set(examined);
        if examined < self.next_check.get() {
            return Ok(());
        }
        self.next_check.set(examined + BYTES_PER_CHECK);
        self.budget.check()
    }

    /// The number of bytes examined.
    #[must_use]
    pub const fn examined(&self) -> u64 {
        self.examined.get()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::Duration};

    use super::*;

    /// Counts the calls, and cancels the query at one of them.
    #[derive(Debug)]
    struct CancelAt {
        checks: AtomicUsize,
        at: usize,
        cancelled: Arc<AtomicBool>,
    }

    impl Turnstile for CancelAt {
        fn lets_pass(&self) -> bool {
            let checks = self.checks.fetch_add(1, Ordering::Relaxed) + 1;
            self.cancelled.store(checks >= self.at, Ordering::Relaxed);
            checks < self.at
        }
    }

    #[test]
    fn a_budget_is_checked_before_the_first_byte_and_again_after_so_many() {
        let cancelled = Arc::new(AtomicBool::new(false));
        let turnstile = Arc::new(CancelAt { checks: AtomicUsize::new(0), at: 4, cancelled: Arc::clone(&cancelled) });
        let budget =
            QueryBudget::new(Instant::now() + Duration::from_mins(1), cancelled).through(Arc::clone(&turnstile));
        let meter = Meter::new(&budget);
        let mut pieces = 0_u64;
        while meter.examine(1_000).is_ok() {
            pieces += 1;
        }
        assert_eq!(turnstile.checks.load(Ordering::Relaxed), 4);
        assert_eq!(meter.examined(), (pieces + 1) * 1_000);
        assert!(meter.examined() >= 3 * BYTES_PER_CHECK && meter.examined() < 3 * (BYTES_PER_CHECK + 1_000) + 1_000);
        assert_eq!(meter.examine(0), Ok(()), "what is cheap is not checked each time");
        assert_eq!(budget.check(), Err(Interruption::Cancelled));
    }
}
