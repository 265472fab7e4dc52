//! Ctrl-C for commands that have something to say or to finish before they end.

use crate::failure::Failure;

/// How a process ends that is interrupted: as if the signal had not been caught.
pub(super) const INTERRUPTED: i32 = 130;

/// Does `act` at the first Ctrl-C, on a thread of its own; a second one ends the process at once.
pub(super) fn at_interrupt(act: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let failed = |error| Failure::caused_by("Ctrl-C cannot be listened for", &error);
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
