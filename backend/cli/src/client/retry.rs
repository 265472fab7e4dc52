//! Decides when a request is sent again and how long to wait before. Knows the clock, but nothing about requests.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{ClientError, Repeat};
use crate::output::Console;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether and when a failed request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// After the server's `Retry-After`, or else our own pause.
    After(Option<Duration>),
}

impl Retry {
    pub(super) fn if_harmless(repeat: Repeat) -> Self {
        match repeat {
            Repeat::Harmless => Self::After(None),
            Repeat::Harmful => Self::Never,
        }
    }
}

/// How long the user wants to wait for a server that is busy or restarting.
#[derive(Clone)]
pub(super) struct Patience {
    limit: Duration,
    /// Set once the server has answered: from then on a refused connection means a restart and not a mistyped address.
    reached: Arc<AtomicBool>,
    console: Console,
}

impl Patience {
    pub(super) fn new(limit: Duration, console: Console) -> Self {
        Self { limit, reached: Arc::default(), console }
    }

    pub(super) fn reached(&self) {
        self.reached.store(true, Ordering::Relaxed);
    }

    /// A refused connection carried nothing, so repeating it is always harmless. But before the first answer it most
    /// likely means that no server is running, and the user should learn that at once.
    pub(super) fn after_connection_error(&self, error: &ureq::Error, repeat: Repeat) -> Retry {
        let refused = matches!(error, ureq::Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused);
        match error {
            _ if refused && self.reached.load(Ordering::Relaxed) => Retry::After(None),
            _ if refused => Retry::Never,
            ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => {
                Retry::if_harmless(repeat)
            }
            _ => Retry::Never,
        }
    }

    pub(super) fn begin(&self) -> Waiting<'_> {
        Waiting { patience: self, deadline: None, pause: FIRST_PAUSE }
    }
}

/// One request that may have to be sent several times.
pub(super) struct Waiting<'a> {
    patience: &'a Patience,
    deadline: Option<Instant>,
    pause: Duration,
}

impl Waiting<'_> {
    /// Waits before the next attempt. Returns `false` if there is none.
    pub(super) fn wait(&mut self, retry: Retry, error: &ClientError) -> bool {
        let Retry::After(asked) = retry else { return false };
        let limit = self.patience.limit;
        let now = Instant::now();
        let deadline = *self.deadline.get_or_insert_with(|| {
            if !limit.is_zero() {
                self.patience.console.note(format!("{error}; retrying for {} s", limit.as_secs()));
            }
            now + limit
        });
        // The first pauses are shorter than a whole second even where the server names seconds, its smallest unit: a
        // queue of events is empty again within milliseconds.
        let pause = asked.map_or(self.pause, |asked| asked.min(self.pause.saturating_mul(4)));
        if now + pause > deadline {
            return false;
        }
        thread::sleep(pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
