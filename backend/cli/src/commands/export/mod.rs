//! `auditlog export`: writes events out, into a file that the server makes first or into a pipe as they are read. Owns
//! the arguments and the way from one step to the next.

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
With --file the server makes the file first. It is then fetched, taken up again wherever the connection is lost, held
against its length and SHA-256 and put in its place as a whole, with a manifest beside it. In a pipe, or with --file -,
events are written as they are read, and an export that breaks off ends with 1. On a terminal without --file the server
names the file.

Examples:
  auditlog export since:30d --file events.ndjson.gz
  auditlog export outcome:denied -actor:batch --file denied.csv --columns occurred_at,actor.id,action
  auditlog export --saved 'denied this week' --file denied.parquet
  auditlog export action:iam.* | jq -r .actor.id
  auditlog export --resume 01932b5e-7c00-7abc-8def-0123456789ab --file events.ndjson.gz";

const COLUMNS_HELP: &str = "The columns of csv and parquet, separated by commas: occurred_at,actor.id,metadata.plan";

/// Write events into a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to export, in the language of `auditlog search`; everything where it is left out
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Export what a saved search finds, named by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// Where to write; - is the standard output
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How events are written; said by the ending of FILE where it is left out, and else ndjson
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// How the file is compressed; said by an ending .gz or .zst of FILE where it is left out
    #[arg(long, value_enum)]
    compression: Option<Compression>,
    #[arg(long, value_name = "NAMES", help = COLUMNS_HELP)]
    columns: Option<String>,
    /// Go on with an export that the server has begun, and with what is there of FILE
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "saved", "format", "compression", "columns"])]
    resume: Option<String>,
    /// Leave the export at the server when the file is here
    #[arg(long)]
    keep: bool,
    /// Replace FILE if it is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// By which flags comes what the server may refuse.
const FLAGS: [(&str, &str); 3] = [("format", "--format"), ("compression", "--compression"), ("columns", "--columns")];

/// Where the events go.
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
            Err(Failure::usage("what the server has made is fetched into a file").hint("name one by --file"))
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
    stream::to_stdout((client, console), &question, choice, arguments.columns.as_deref())
}
