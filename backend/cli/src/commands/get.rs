//! `auditlog get`: shows one event.

use std::io::Write;

use auditlog_core::id::EventId;
use clap::Args;
use serde_json::Value;

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::Client,
    failure::{Exit, Failure, Outcome},
    output::{Console, plain_stdout, write_event_card},
};

const EXAMPLES: &str = "\
Examples:
  auditlog get 01932b5e-7c00-7abc-8def-0123456789ab
  auditlog get 01932b5e-7c00-7abc-8def-0123456789ab -o json | jq .changes";

/// Show one event
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The event's id
    id: String,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let Some(id) = EventId::parse(&arguments.id) else {
        return Err(Failure::usage(format!("{:?} is not an event id", arguments.id))
            .hint("an event's id is a UUID of version 7, as in 01932b5e-7c00-7abc-8def-0123456789ab"));
    };
    let event = Client::new(&arguments.server, console)?.get_event(id)?;
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{event}")?,
        OutputFormat::Text => {
            let event: Value = serde_json::from_str(&event)
                .map_err(|error| Failure::caused_by("the server's answer is not JSON", &error))?;
            write_event_card(&event, &mut anstream::stdout().lock())?;
        }
    }
    Ok(Exit::Done)
}
