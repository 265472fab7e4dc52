//! `auditlog send`: sends one event given by flags, or any number of events given as JSON on standard input.

mod flags;
mod stdin;

use std::io::{IsTerminal, Write};

use clap::Args;

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::Client,
    failure::{Exit, Failure, Outcome},
    output::{Console, plain_stdout, style},
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

An event without an id gets one before it is sent, so that a retry never stores it twice.";

/// Send one event from flags, or JSON or NDJSON from standard input
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventFlags,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    if let Some(event) = arguments.event.event()? {
        return send_one(&client, &event, arguments.output.output);
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage("there is nothing to send")
            .hint("describe an event by --action, --actor and --service, or pipe JSON to standard input"));
    }
    stdin::send_all(&client, arguments.output.output, console)
}

fn send_one(client: &Client, event: &str, format: OutputFormat) -> Outcome {
    let receipt = client.send_event(event)?;
    let mut out = anstream::stdout().lock();
    if format == OutputFormat::Json {
        let (id, sequence, duplicate) = (receipt.id, receipt.sequence, receipt.duplicate);
        let status = if duplicate { "duplicate" } else { "stored" };
        writeln!(plain_stdout(), "{}", serde_json::json!({"status": status, "id": id, "sequence": sequence}))?;
        return Ok(Exit::Done);
    }
    let good = style::GOOD;
    let verb = if receipt.duplicate { "was stored before" } else { "stored" };
    writeln!(out, "{good}{verb}{good:#} {} at sequence {}", receipt.id, receipt.sequence)?;
    Ok(Exit::Done)
}
