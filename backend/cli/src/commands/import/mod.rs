//! `auditlog import`: imports files of events. Owns files, batches, progress and resuming; [`crate::import`] converts
//! foreign records into events.

mod batches;
mod inputs;
mod journal;
mod reader;
mod tally;

use std::{io::Write, path::PathBuf, time::Instant};

use clap::{Args, ValueEnum};

use crate::{
    arguments::ServerArguments,
    client::{Client, deliver},
    failure::{Exit, Failure, Outcome},
    output::{Console, Progress, Unit, counted, grouped, style},
};
use batches::Batcher;
use inputs::Inputs;
use journal::{Journal, Position};
use tally::Tally;

const EXAMPLES: &str = "\
Examples:
  auditlog import --format cloudtrail AWSLogs/
  auditlog import --format ndjson events.ndjson older-events.ndjson.gz

Ids are derived from the records: CloudTrail's event id, the id or external id of an NDJSON line, or else the line's text
and number. So importing a file twice adds nothing. An interrupted import continues where it stopped when the same
command is given again.";

/// Import files of events
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files, or directories whose files with the format's endings are imported; gzip is recognised automatically
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The format of the files
    #[arg(long, value_enum)]
    format: Format,
    /// How many batches are sent at a time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    /// How many events a batch holds at most
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch_size: u16,
    /// The file that records the progress of an import [default: a file in the user's state directory]
    #[arg(long, value_name = "FILE", env = "AUDITLOG_IMPORT_JOURNAL", hide_env_values = true)]
    journal: Option<PathBuf>,
    /// Start with the first file even if an earlier import was interrupted
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// AWS CloudTrail log files: one object with the member Records
    Cloudtrail,
    /// Events in this audit log's format, one per line
    Ndjson,
}

impl Format {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cloudtrail => "cloudtrail",
            Self::Ndjson => "ndjson",
        }
    }

    /// The endings of its file names, before an additional `.gz`.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Cloudtrail => &[".json"],
            Self::Ndjson => &[".ndjson", ".jsonl", ".json", ".log"],
        }
    }
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let inputs = Inputs::find(&arguments.files, arguments.format)?;
    let mut journal = Journal::open(
        arguments.journal,
        &journal::Identity {
            server: client.base(),
            key_id: client.key_id(),
            format: arguments.format.as_str(),
            arguments: &arguments.files,
        },
    )?;
    let start = if arguments.restart { Position::default() } else { journal.resume(&inputs) };
    if start != Position::default() {
        let name = inputs.name_of(start.file);
        console
            .note(format!("continuing behind record {} of {name}, where this import was interrupted", start.records));
    }

    let progress = Progress::new(console, Unit::Bytes, inputs.total_bytes());
    let started = Instant::now();
    let mut tally = Tally::default();
    let mut batcher = Batcher::new(&inputs, arguments.format, usize::from(arguments.batch_size), start);
    let delivered = deliver(
        &[client],
        usize::from(arguments.connections),
        || batcher.next_batch(),
        |portion, reply| {
            tally.add(&inputs, &portion, &reply, console);
            progress.set(portion.bytes_read, tally.events());
            journal.advance(&inputs, portion.end)
        },
    );
    progress.finish();
    if let Err(failure) = delivered {
        if tally.events() == 0 {
            return Err(failure);
        }
        journal.write(&inputs)?;
        return Err(interrupted(failure, &tally));
    }
    journal.remove();
    summarise(&inputs, &tally, started.elapsed().as_secs_f64())
}

fn interrupted(failure: Failure, tally: &Tally) -> Failure {
    let done = format!("{} events were imported before that", grouped(tally.events()));
    failure.detail(done).hint("give the same command again to continue there")
}

fn summarise(inputs: &Inputs, tally: &Tally, seconds: f64) -> Outcome {
    let (good, bad) = (style::GOOD, style::ERROR);
    let mut out = anstream::stdout().lock();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    let rate = (tally.events() as f64 / seconds.max(0.001)) as u64;
    let (files, records) = (counted(inputs.len() as u64, "file"), counted(tally.events(), "record"));
    writeln!(out, "{files}, {records} in {seconds:.1} s ({}/s)", grouped(rate))?;
    writeln!(out, "  {good}stored{good:#}          {:>12}", grouped(tally.stored))?;
    writeln!(out, "  stored before   {:>12}", grouped(tally.duplicates))?;
    if tally.adjusted > 0 {
        writeln!(out, "  adjusted        {:>12}", grouped(tally.adjusted))?;
    }
    if tally.rejected == 0 {
        return Ok(Exit::Done);
    }
    writeln!(out, "  {bad}rejected{bad:#}        {:>12}", grouped(tally.rejected))?;
    Ok(Exit::FoundWrong)
}
