//! `auditlog send`: sends one event given by flags, or any number of events given as JSON on standard input.

mod flags;
mod stdin;

use std::io::{IsTerminal, Write};

use auditlog_core::intake::Atomicity;
use clap::Args;

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, IngestRules, Receipt, Strictness},
    failure::{Exit, Failure, Outcome},
    output::{Console, adjustment_marks, plain_stdout, printable, style},
};
use flags::EventFlags;

const EXAMPLES: &str = "\
Examples:
  auditlog send --action invoice.delete --actor user:alice --target invoice:4711 --service billing
  auditlog send --action user.login --actor user:bob --service portal --outcome denied --ip 203.0.113.7
  auditlog send --action plan.update --actor user:alice --service billing \\
      --metadata plan=team --metadata seats:=25 --message 'more seats'
  echo '{\"action\":\"job.run\",\"actor\":{\"type\":\"system\",\"id\":\"cron\"},\"source\":{\"service\":\"jobs\"}}' | auditlog send
  auditlog send < events.ndjson

An event with neither an id nor an external id gets an id before it is sent, so that a retry never stores it twice.
Values that no event may hold are adjusted by the server, and the report says so.";

/// Send one event from flags, or JSON or NDJSON from standard input
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventFlags,
    /// Reject events of which a value would be adjusted, for tests of a producer
    #[arg(long)]
    strict: bool,
    /// Store all events of the standard input or none; up to 1,000 in 8 MiB
    #[arg(long)]
    atomic: bool,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    let rules = IngestRules {
        strictness: if arguments.strict { Strictness::Reject } else { Strictness::Adjust },
        atomicity: if arguments.atomic { Atomicity::AllOrNothing } else { Atomicity::EachEvent },
    };
    let client = Client::new(&arguments.server, console)?.with_rules(rules);
    if let Some(event) = arguments.event.event()? {
        return send_one(&client, &event, arguments.output.output);
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage("there is nothing to send")
            .hint("describe an event by --action, --actor and --service, or pipe JSON to standard input"));
    }
    stdin::send_all(&client, rules.atomicity, arguments.output.output, console)
}

fn send_one(client: &Client, event: &str, format: OutputFormat) -> Outcome {
    let receipt = client.send_event(event)?;
    if format == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", receipt.to_json())?;
        return Ok(Exit::Done);
    }
    let Receipt { id, sequence, duplicate, adjustments } = &receipt;
    let good = style::GOOD;
    let verb = if *duplicate { "was stored before" } else { "stored" };
    let mut out = anstream::stdout().lock();
    writeln!(out, "{good}{verb}{good:#} {id} at sequence {sequence}")?;
    if !adjustments.is_empty() {
        writeln!(out, "adjusted: {}", printable(&adjustment_marks(adjustments)))?;
    }
    Ok(Exit::Done)
}
