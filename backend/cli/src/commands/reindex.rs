//! `auditlog reindex`: rebuilds indexes from the events, on a running server or in a stopped data directory.

use std::{io::Write, path::PathBuf};

use auditlog_core::store::{ReindexProgress, Reindexed, StoppedStore};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::Client,
    failure::{Exit, Failure, Outcome},
    output::{Console, Progress, Unit, grouped, json_of, plain_stdout, style},
    wiring::stopped_store,
};

const EXAMPLES: &str = "\
Examples:
  auditlog reindex                       # a running server, with the system key; it keeps serving meanwhile
  auditlog reindex --data-dir data       # the server must be stopped; works even if a missing index prevents its start

Indexes hold only what the events hold: missing and damaged ones are rebuilt. If events themselves are damaged, the
command stops and leaves their index as it is; `auditlog check` shows all damage. A data directory of an earlier release
is refused: start the server once, which migrates it.";

/// Rebuild the indexes from the events
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Reindex this data directory instead of a server; its server must be stopped
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

/// The result, as a server returns it.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    rebuilt: u64,
    unchanged: u64,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let report = match &arguments.data_dir {
        Some(data_dir) => reindex_stopped(stopped_store(data_dir)?.as_ref(), console)?,
        None => reindex_server(&Client::new(&arguments.server, console)?)?,
    };
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", json_of(&report)?)?,
        OutputFormat::Text => print(&report)?,
    }
    Ok(Exit::Done)
}

fn reindex_server(client: &Client) -> Result<Report, Failure> {
    let text = client.reindex_log().map_err(|error| {
        let needs_system_key = error.code() == "permission_denied";
        let failure = Failure::from(error);
        if needs_system_key { failure.hint("indexes span tenants: use the system key") } else { failure }
    })?;
    serde_json::from_str(&text).map_err(|error| Failure::caused_by("the server's answer is not a report", &error))
}

fn reindex_stopped(store: &dyn StoppedStore, console: &Console) -> Result<Report, Failure> {
    let mut bar: Option<Progress> = None;
    let reindexed = store.reindex(&mut |progress: ReindexProgress| {
        let bar = bar.get_or_insert_with(|| Progress::new(console, Unit::Indexes, progress.indexes_total));
        bar.set(progress.indexes_done, 0);
    });
    if let Some(bar) = bar {
        bar.finish();
    }
    let Reindexed { rebuilt, unchanged } = reindexed.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Report { rebuilt, unchanged })
}

fn print(report: &Report) -> Result<(), Failure> {
    let good = style::GOOD;
    let (rebuilt, unchanged) = (grouped(report.rebuilt), grouped(report.unchanged));
    writeln!(anstream::stdout().lock(), "{good}{rebuilt} rebuilt{good:#}, {unchanged} were already correct")?;
    Ok(())
}
