//! `auditlog serve`: runs the server until it receives a signal to stop.

mod first_keys_file;
mod first_start;
mod open_files;
mod signals;
mod welcome;

use std::path::PathBuf;

use auditlog_server::{
    app::App,
    serve::{Server, Shutdown},
    telemetry::{FOR_PROGRAMS, start_logging},
};
use clap::Args;
use tokio::runtime::Runtime;

use crate::{
    configuration::ConfigArguments,
    failure::{Exit, Failure, Outcome},
    output::Console,
    wiring::{Backend, Config},
};

const EXAMPLES: &str = "\
Examples:
  auditlog serve --data-dir data
  auditlog serve --data-dir /var/lib/auditlog --listen 0.0.0.0:8080 --config /etc/auditlog.toml
  auditlog serve --data-dir data --bootstrap-file keys.json      # the first start writes its keys there

The clock must not be earlier than the release date of this version, nor more than a day earlier than the newest event.
If it was ahead for a while and is right now, --reset-clock lets the affected logs continue, and records that in each of
them.

The first start creates the directory, tenant `default` and two keys. It shows the keys once if standard output is a
terminal. Otherwise it writes them to a file that only its owner can read: first-keys.json in the data directory, or the
file given by --bootstrap-file. In containers the first keys may be set instead, by AUDITLOG__BOOTSTRAP__DEFAULT_KEY and
AUDITLOG__BOOTSTRAP__SYSTEM_KEY.

SIGTERM and SIGINT stop the server: it accepts no new connections and finishes the running requests. Requests that take
longer than shutdown_grace_s (20 seconds), such as an export to a slow reader, are cut. A second signal stops at once.";

/// Start the server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// On the first start write the keys to this new file, as JSON that only you can read, and show them nowhere else
    #[arg(long, value_name = "FILE")]
    bootstrap_file: Option<PathBuf>,
    /// The clock was ahead before and is right now: let logs continue although their newest events were received later.
    /// Recorded as `clock.reset` in each of them; applies to this start only
    #[arg(long)]
    reset_clock: bool,
    #[command(flatten)]
    sources: ConfigArguments,
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    let Arguments { bootstrap_file, reset_clock, sources } = arguments;
    let mut config = sources.load()?;
    start_logging(&config.log).map_err(|error| Failure::usage(error.to_string()))?;
    open_files::make_room(&mut config.server);
    let runtime = Runtime::new().map_err(|error| Failure::caused_by("no threads can be started", &error))?;
    let start = Start { bootstrap_file, clock: if reset_clock { StartClock::Reset } else { StartClock::Checked } };
    let outcome = runtime.block_on(serve(config, start, console));
    // Everything durable is closed by then; reads for connections that were cut are not waited for.
    runtime.shutdown_background();
    outcome
}

/// The options of this start.
struct Start {
    /// Where the first keys are also written.
    bootstrap_file: Option<PathBuf>,
    clock: StartClock,
}

/// What to do if the clock is earlier than the newest events.
enum StartClock {
    /// Refuse the start if the clock is far behind.
    Checked,
    /// Let the logs continue.
    Reset,
}

async fn serve(config: Config, start: Start, console: &Console) -> Outcome {
    // Registered first: a signal during a long recovery ends the start as soon as the recovery is done.
    let signals =
        signals::Signals::listen().map_err(|error| Failure::caused_by("cannot listen for the stop signals", &error))?;
    // Nothing else runs yet, so recovery may block this thread.
    let backend = match start.clock {
        StartClock::Checked => Backend::open(&config)?,
        StartClock::Reset => Backend::open_with_reset_clock(&config).await?,
    };
    // The port is bound before the first keys are created: a start that fails must not have shown any.
    let app = App::new(backend.services().clone(), config.server.clone());
    let server = Server::bind(app).await.map_err(|error| {
        Failure::caused_by(format!("cannot listen on {}", config.server.listen), &error)
            .hint("choose another address with --listen; port 0 picks a free port")
    })?;
    let first_start = first_start::first_start(&config, backend.services(), start.bootstrap_file.as_deref()).await?;
    welcome::print(&config, server.local_address(), first_start.as_ref(), console)?;
    tracing::info!(name: FOR_PROGRAMS, address = %server.local_address(), version = env!("CARGO_PKG_VERSION"), "listening");

    let shutdown = server.run(signals.first()).await;
    if let Shutdown::TimedOut { connections } = shutdown {
        tracing::warn!(connections, "requests were still under way when the grace was over, and were cut");
    }
    backend.close().await?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}
