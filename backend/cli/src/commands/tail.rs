//! `auditlog tail`: shows the last events and, with `--follow`, new ones.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{
    interrupt::at_interrupt,
    question::{explained, note_withheld},
};
use crate::{
    arguments::ServerArguments,
    client::{Client, ClientError, EventPage, TailItem, TailStream},
    failure::{Exit, Failure, Outcome},
    output::{Console, EventColumn, EventTable, plain_stdout, stdout_width},
};

const EXAMPLES: &str = "\
New events are shown in the order in which the server received them; the last events are chosen by their time, as in a
search. A lost connection is resumed where it was lost: no event is missing and none is shown twice.

Examples:
  auditlog tail                            the last ten events
  auditlog tail -f                         and new ones, until Ctrl-C
  auditlog tail -f -n 0 -outcome:success   only new ones that did not succeed
  auditlog tail -f -o json action:user.* | jq -r .actor.id";

/// Show the last events, and follow new ones
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which events to show, in the language of `auditlog search`; all events by default
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Continue with new events, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// How many of the last events to show first
    #[arg(short = 'n', long = "last", value_name = "EVENTS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(0..=1_000))]
    last: u64,
    /// How to print events
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// The columns of the table, separated by commas
    #[arg(long, value_enum, value_delimiter = ',')]
    columns: Vec<EventColumn>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people
    Table,
    /// One event a line
    Json,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let query = arguments.query.join(" ");
    let mut printer = Printer::new(arguments);
    if !arguments.follow {
        let last = last_events(&client, &query, arguments.last)?;
        note_withheld(console, &last.withheld);
        printer.write(&last.events)?;
        return Ok(Exit::Done);
    }
    end_when_interrupted()?;
    let parameters = parameters(&query);
    let mut stream = client.tail(&parameters, None).map_err(|error| explained(error, &query))?;
    note_withheld(console, &stream.withheld);
    // Opened first, so that no event between the two requests is missed.
    let Some(TailItem::Progress { id: mut last_id }) = stream.next_item()? else {
        return Err(Failure::failed("this version does not understand the beginning of the server's stream"));
    };
    let mut last = last_events(&client, &query, arguments.last)?.events;
    last.retain(|event| is_before(event, &last_id));
    printer.write(&last)?;
    loop {
        let reason = follow(&client, &mut stream, &mut last_id, &mut printer)?;
        console.note(format!("{reason}; resuming after event {last_id}"));
        stream = client.tail(&parameters, Some(&last_id))?;
        console.note("connected again");
    }
}

fn parameters(query: &str) -> Vec<(&'static str, String)> {
    if query.is_empty() { Vec::new() } else { vec![("q", query.to_owned())] }
}

/// The last events that match, oldest first.
fn last_events(client: &Client, query: &str, count: u64) -> Result<EventPage, Failure> {
    if count == 0 {
        return Ok(EventPage::default());
    }
    let mut parameters = parameters(query);
    parameters.push(("limit", count.to_string()));
    let mut page = client.list_events(&parameters).map_err(|error| explained(error, query))?;
    page.events.reverse();
    Ok(page)
}

/// Whether the stream that began after `last_id` leaves this event out.
fn is_before(event: &str, last_id: &str) -> bool {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let sequence = event["sequence"].as_str().and_then(|text| text.parse::<u64>().ok());
    sequence.zip(last_id.parse().ok()).is_some_and(|(sequence, last)| sequence <= last)
}

/// Prints events until the stream ends. Returns the reason if the stream can be resumed, else the failure.
fn follow(
    client: &Client,
    stream: &mut TailStream,
    last_id: &mut String,
    printer: &mut Printer,
) -> Result<String, Failure> {
    loop {
        match stream.next_item()? {
            Some(TailItem::Event { id, text }) => {
                printer.write(&[text])?;
                *last_id = id;
            }
            Some(TailItem::Progress { id }) => *last_id = id,
            Some(TailItem::End { id, problem }) => {
                *last_id = id;
                let ended = client.ended(&problem);
                return if may_reconnect(&ended) { Ok(ended.title()) } else { Err(ended.into()) };
            }
            None => return Ok("the connection was lost".to_owned()),
        }
    }
}

fn may_reconnect(ended: &ClientError) -> bool {
    matches!(ended.code(), "server_stopping" | "slow_reader" | "slow_filter" | "query_timeout" | "store_unavailable")
}

fn parsed(event: &str) -> Result<Value, Failure> {
    serde_json::from_str(event).map_err(|error| Failure::caused_by("the server's answer is not JSON", &error))
}

/// Makes Ctrl-C end following with success, after a complete line.
fn end_when_interrupted() -> Result<(), Failure> {
    at_interrupt(|| {
        // A reader that does not read on keeps the lock held; a second Ctrl-C ends the process even then.
        let _whole_lines = std::io::stdout().lock();
        std::process::exit(Exit::Done as i32);
    })
}

/// Writes events as they arrive, unbuffered.
struct Printer {
    format: Format,
    table: EventTable,
}

impl Printer {
    fn new(arguments: &Arguments) -> Self {
        let width = stdout_width();
        let columns =
            if arguments.columns.is_empty() { EventColumn::fitting(width) } else { arguments.columns.clone() };
        let table = if arguments.follow {
            EventTable::of_events_to_come(columns, width)
        } else {
            EventTable::new(columns, width)
        };
        Self { format: arguments.output, table }
    }

    fn write(&mut self, events: &[String]) -> Result<(), Failure> {
        match self.format {
            Format::Table if events.is_empty() => {}
            Format::Table => {
                let events: Vec<Value> = events.iter().map(|event| parsed(event)).collect::<Result<_, _>>()?;
                self.table.write_page(&events, &mut anstream::stdout().lock())?;
            }
            Format::Json => {
                let mut out = plain_stdout();
                events.iter().try_for_each(|event| writeln!(out, "{event}"))?;
            }
        }
        Ok(())
    }
}
