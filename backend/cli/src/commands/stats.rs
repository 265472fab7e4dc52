//! `auditlog stats`: reports log statistics of a tenant.

use std::io::Write;

use clap::Args;

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, LogStatistics, TimeSpan},
    failure::{Exit, Outcome},
    output::{Console, grouped, json_of, plain_stdout, printable, size, style},
};

const EXAMPLES: &str = "\
Overlap is the number of data files that hold events of the same time. Late and backfilled events increase it, and with
it the cost of a page by time.

Examples:
  auditlog stats
  auditlog stats -o json | jq .ingest";

/// Show the number of events, their rate and the space they take
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let statistics = Client::new(&arguments.server, console)?.log_statistics()?;
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", json_of(&statistics)?)?,
        OutputFormat::Text => {
            let mut out = anstream::stdout().lock();
            let quiet = style::QUIET;
            for (name, value) in card(&statistics) {
                writeln!(out, "{quiet}{name:<9}{quiet:#}  {}", printable(&value))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Names and values, in the order in which they are shown.
fn card(statistics: &LogStatistics) -> Vec<(&'static str, String)> {
    let LogStatistics { events, settled, unsettled, occurred_at, received_at, ingest, storage } = statistics;
    let rates: Vec<String> = ingest
        .iter()
        .map(|window| {
            let (count, rate) = (grouped(window.events), window.events_per_second);
            format!("{count} in the last {} ({rate:.2}/s)", window_name(window.seconds))
        })
        .collect();
    let sizes = [
        ("data", Some(storage.data_bytes)),
        ("index", storage.index_bytes),
        ("unsettled in memory", storage.unsettled_bytes),
    ];
    let sizes: Vec<String> =
        sizes.iter().filter_map(|(name, bytes)| Some(format!("{name} {}", size((*bytes)?)))).collect();
    let mut card = vec![
        ("events", format!("{} ({} settled, {} not yet)", grouped(*events), grouped(*settled), grouped(*unsettled))),
        ("occurred", span(occurred_at.as_ref())),
        ("received", span(received_at.as_ref())),
        ("ingest", rates.join(", ")),
        ("storage", sizes.join(", ")),
        ("files", grouped(storage.files)),
    ];
    if let (Some(max), Some(mean)) = (storage.overlap_max, storage.overlap_mean) {
        card.push(("overlap", format!("at most {max}, {mean:.2} on average")));
    }
    card
}

fn span(span: Option<&TimeSpan>) -> String {
    span.map_or_else(|| "no events".to_owned(), |span| format!("{} to {}", span.first, span.last))
}

fn window_name(seconds: u32) -> String {
    match seconds {
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        other => format!("{other} s"),
    }
}
