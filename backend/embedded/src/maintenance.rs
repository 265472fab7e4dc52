//! Owns the threads that seal and compact automatically.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use crate::{
    compaction,
    engine::Engine,
    error::StoreError,
    seal,
    signal::{Signal, Woken},
};

/// The interval of checks without a signal, because the day may have ended.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// The delay after a failure before the next attempt: a full disk does not empty itself in a moment.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Seals whenever the tail is large enough, and when its day has ended.
pub(crate) fn start_sealing(engine: &Arc<Engine>) -> Result<JoinHandle<()>, StoreError> {
    start(
        "seal",
        engine,
        |engine| &engine.seal_due,
        |engine| {
            if seal::is_due(engine) && seal::seal(engine)? > 0 {
                engine.compaction_due.ring();
            }
            Ok(seal::until_day_ends(engine.now()).min(LOOK_AGAIN))
        },
    )
}

/// Compacts after each seal, and after each end of a day.
pub(crate) fn start_compacting(engine: &Arc<Engine>) -> Result<JoinHandle<()>, StoreError> {
    start(
        "compact",
        engine,
        |engine| &engine.compaction_due,
        |engine| {
            compaction::compact_due(engine)?;
            Ok(LOOK_AGAIN)
        },
    )
}

/// Runs `work` at once, at each signal, and after the delay that `work` returns.
fn start(
    name: &str,
    engine: &Arc<Engine>,
    signal: fn(&Engine) -> &Signal,
    work: fn(&Engine) -> Result<Duration, StoreError>,
) -> Result<JoinHandle<()>, StoreError> {
    let (engine, task) = (Arc::clone(engine), name.to_owned());
    let run = move || {
        let mut seen = 0;
        let mut pause = Duration::ZERO;
        while signal(&engine).wait(&mut seen, pause) == Woken::Work {
            let done = work(&engine);
            if signal(&engine).is_stopping() {
                return;
            }
            engine.condition.maintenance_ended(&task, done.as_ref().err());
            pause = match done {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(task, %error, "maintenance failed and will be tried again");
                    if signal(&engine).rest(AFTER_FAILURE) == Woken::Stop {
                        return;
                    }
                    Duration::ZERO
                }
            };
        }
    };
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    started.map_err(|error| StoreError::Stopped(format!("a thread could not be started: {error}")))
}
