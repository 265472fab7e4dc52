//! `auditlog export`: downloads a file that the server makes first, or writes events to standard output as the server
//! sends them. Owns the arguments and the order of the steps.

mod fetch;
mod file_choice;
mod job;
mod part_file;
mod resume;
mod stream;
mod to_file;

use std::{io::IsTerminal, path::PathBuf};

use clap::Args;

use super::question::Question;
use crate::{
    arguments::ServerArguments,
    client::Client,
    failure::{Failure, Outcome},
    output::Console,
};
use file_choice::{Compression, FileChoice, Format};

const EXAMPLES: &str = "\
With --file the server makes the file first. The file is then downloaded, resumed when the connection is lost, checked
against its length and SHA-256, and moved to its final name only when it is complete, with a manifest beside it. In a
pipe, or with --file -, events are written as they are read, and an export that breaks off exits with 1. On a terminal
without --file the server chooses the file's name.

Examples:
  auditlog export since:30d --file events.ndjson.gz
  auditlog export outcome:denied -actor:batch --file denied.csv --columns occurred_at,actor.id,action
  auditlog export --saved 'denied this week' --file denied.parquet
  auditlog export action:iam.* | jq -r .actor.id
  auditlog export --resume 01932b5e-7c00-7abc-8def-0123456789ab --file events.ndjson.gz";

const COLUMNS_HELP: &str = "The columns of csv and parquet, separated by commas: occurred_at,actor.id,metadata.plan";

/// Export events to a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which events to export, in the language of `auditlog search`; all events by default
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Export what a saved search finds, given by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// The file to write; - is standard output
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format; by default the one that the ending of FILE implies, or else ndjson
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The compression; by default the one that an ending .gz or .zst of FILE implies, or else none
    #[arg(long, value_enum)]
    compression: Option<Compression>,
    #[arg(long, value_name = "NAMES", help = COLUMNS_HELP)]
    columns: Option<String>,
    /// Resume an export that the server has started, and the part of FILE that is already downloaded
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "saved", "format", "compression", "columns"])]
    resume: Option<String>,
    /// Keep the export on the server after the download
    #[arg(long)]
    keep: bool,
    /// Replace FILE if it exists
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// API parameters that the server may refuse, and the flags that set them.
const FLAGS: [(&str, &str); 3] = [("format", "--format"), ("compression", "--compression"), ("columns", "--columns")];

/// Where the events are written.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    Stdout,
    File(PathBuf),
    /// A file in the current directory, named by the server.
    NamedByServer,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    match destination(arguments)? {
        Destination::Stdout => to_stdout(arguments, &client, console),
        Destination::File(path) => to_file::run(arguments, &client, console, Some(path)),
        Destination::NamedByServer => to_file::run(arguments, &client, console, None),
    }
}

fn destination(arguments: &Arguments) -> Result<Destination, Failure> {
    match &arguments.file {
        Some(file) if file.as_os_str() == "-" && arguments.resume.is_some() => {
            Err(Failure::usage("an export that is resumed needs a file").hint("name one by --file"))
        }
        Some(file) if file.as_os_str() == "-" => Ok(Destination::Stdout),
        Some(file) => Ok(Destination::File(file.clone())),
        None if arguments.resume.is_some() || std::io::stdout().is_terminal() => Ok(Destination::NamedByServer),
        None => Ok(Destination::Stdout),
    }
}

fn to_stdout(arguments: &Arguments, client: &Client, console: &Console) -> Outcome {
    if arguments.keep || arguments.overwrite {
        return Err(Failure::usage("--keep and --overwrite are for exports into a file").hint("name one by --file"));
    }
    let choice = FileChoice::of(arguments.format, arguments.compression, None)?;
    if choice.is_binary() && std::io::stdout().is_terminal() {
        return Err(Failure::usage("a terminal cannot show this format").hint("name a file by --file"));
    }
    let question = Question::new(client, &arguments.query, arguments.saved.as_deref())?;
    stream::to_stdout(client, console, &question, choice, arguments.columns.as_deref())
}
