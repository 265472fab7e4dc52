//! Handles Ctrl-C for commands that have to report or finish something before they end.

use crate::failure::Failure;

/// The exit code of an interrupted process, as if the signal had not been caught.
pub(super) const INTERRUPTED: i32 = 130;

/// Runs `act` at the first Ctrl-C, on a thread of its own; a second one ends the process at once.
pub(super) fn at_interrupt(act: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let failed = |error| Failure::caused_by("cannot listen for Ctrl-C", &error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            std::thread::spawn(act);
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(INTERRUPTED);
            }
        });
    });
    Ok(())
}
