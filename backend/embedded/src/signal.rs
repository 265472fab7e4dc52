//! Owns how the maintenance threads of a store are woken and stopped.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Wakes the maintenance threads.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<SignalState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct SignalState {
    /// Rises with every signal, so that none is missed.
    rung: u64,
    stopping: bool,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There may be work.
    Work,
    /// The thread must end.
    Stop,
}

impl Signal {
    pub(crate) fn ring(&self) {
        self.state.lock().rung += 1;
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// Waits for `limit` regardless of signals, or for the stop.
    pub(crate) fn rest(&self, limit: Duration) -> Woken {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.stopping, limit);
        if state.stopping { Woken::Stop } else { Woken::Work }
    }

    /// Waits for a signal after the one counted in `seen`, for at most `limit`.
    pub(crate) fn wait(&self, seen: &mut u64, limit: Duration) -> Woken {
        let mut state = self.state.lock();
        let is_quiet = |state: &mut SignalState| state.rung == *seen && !state.stopping;
        self.changed.wait_while_for(&mut state, is_quiet, limit);
        *seen = state.rung;
        if state.stopping { Woken::Stop } else { Woken::Work }
    }
}
