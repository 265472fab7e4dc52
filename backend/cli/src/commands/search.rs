//! `auditlog search`: finds events in the language of the API's search box.

use std::io::{BufWriter, Write};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::question::{Question, note_withheld};
use crate::{
    arguments::ServerArguments,
    client::{Client, SuggestedQuery},
    failure::{Exit, Failure, Outcome},
    output::{Console, EventColumn, EventTable, counted, plain_stdout, stdout_width},
};

/// The maximum number of events on one page of the server.
const PAGE_EVENTS_MAX: usize = 1_000;

const EXAMPLES: &str = "\
Terms side by side must all match; a term that begins with - must not match; a comma means any of these:
  actor:alice                    the actor or the one it acts for
  action:user.*                  a prefix
  outcome:failure,denied         one of several
  -outcome:success               not this
  ip:10.0.0.0/8                  a network
  since:7d until:2026-01-31      a time span
  metadata.plan:team             a metadata key
  reason.ticket:*                any value at all
  a OR (b -c)                    alternatives and groups; NOT means the same as -
  \"payroll run\" invoice          a phrase, a word

Examples:
  auditlog search actor:alice since:7d
  auditlog search 'action:user.* -outcome:success ip:10.0.0.0/8'
  auditlog search outcome:denied --count
  auditlog search since:30d --all -o ndjson > events.ndjson
  auditlog search invoice --columns time,actor,message
  auditlog search --saved 'denied this week' actor:alice";

/// Find events
///
/// On a terminal matches are marked; a match in a field without a column is shown below the row.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which events to find; all events by default
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Find what a saved search finds, given by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// How to print events
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// How many events to print at most
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Print every event that matches
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print the number of matching events instead of the events
    #[arg(long, conflicts_with_all = ["limit", "all", "order"])]
    count: bool,
    /// The order of the events
    #[arg(long, value_enum, default_value_t = Order::Newest)]
    order: Order,
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
    /// One array
    Json,
    /// One event a line
    Ndjson,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// The newest first
    Newest,
    /// The oldest first
    Oldest,
}

impl Order {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let question = Question::new(&client, &arguments.query, arguments.saved.as_deref())?;
    if arguments.count {
        return count(arguments, &client, console, &question);
    }
    let wanted = if arguments.all { usize::MAX } else { usize::try_from(arguments.limit).unwrap_or(usize::MAX) };
    let mut printer = Printer::new(arguments);
    let mut cursor = None;
    let mut suggestions = Vec::new();
    let mut found = 0;
    let more = loop {
        let mut parameters = question.parameters();
        parameters.push(("limit", PAGE_EVENTS_MAX.min(wanted - found).to_string()));
        parameters.push(("order", arguments.order.as_str().to_owned()));
        if arguments.output == Format::Table && cursor.is_none() {
            parameters.push(("suggest", "true".to_owned()));
        }
        if arguments.output == Format::Table && stdout_width().is_some() {
            // In a pipe the rows are input for other programs, so matches are not highlighted.
            parameters.push(("highlight", "true".to_owned()));
        }
        parameters.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let page = client.list_events(&parameters).map_err(|error| question.explained(error))?;
        found += page.events.len();
        printer.write_page(&page.events)?;
        suggestions.extend(page.suggestions);
        cursor = page.next_cursor;
        if cursor.is_none() || found >= wanted {
            note_withheld(console, &page.withheld);
            break cursor.is_some();
        }
    };
    printer.finish()?;
    note_found(console, arguments.output, found, more);
    for suggestion in suggestions {
        console.note(suggested(&suggestion));
    }
    Ok(Exit::Done)
}

fn count(arguments: &Arguments, client: &Client, console: &Console, question: &Question) -> Outcome {
    let mut parameters = question.parameters();
    parameters.extend([("limit", "1".to_owned()), ("count", "true".to_owned())]);
    let page = client.list_events(&parameters).map_err(|error| question.explained(error))?;
    note_withheld(console, &page.withheld);
    let total = page.total.ok_or_else(|| Failure::failed("the server's answer holds no total"))?;
    match arguments.output {
        Format::Table | Format::Ndjson => writeln!(plain_stdout(), "{total}")?,
        Format::Json => writeln!(plain_stdout(), r#"{{"total":{total}}}"#)?,
    }
    Ok(Exit::Done)
}

/// Prints the summary that the table cannot hold. Scripts that read JSON get nothing that they did not request.
fn note_found(console: &Console, format: Format, found: usize, more: bool) {
    if format != Format::Table {
        return;
    }
    match (found, more) {
        (0, _) => console.note("no event matches"),
        (found, true) => {
            console.note(format!("{}; more match: --limit N, --all or --count", counted(found as u64, "event")));
        }
        (found, false) => console.note(counted(found as u64, "event")),
    }
}

/// A query that finds something where the one that was typed finds nothing.
fn suggested(suggestion: &SuggestedQuery) -> String {
    let what = match suggestion.kind.as_str() {
        "any_time" => "at other times there are events",
        "any_case" => "in another spelling there are events",
        "any_field" => "in any field there are events",
        "operator" => "with the operator in capitals there are events",
        "part_of_value" => "as a part of a value there are events",
        _ => "there are events",
    };
    let queries: Vec<&str> = suggestion.parameters.iter().map(|parameter| parameter.value.as_str()).collect();
    let query = match queries[..] {
        [query] => query.to_owned(),
        _ => queries.iter().map(|query| format!("({query})")).collect::<Vec<_>>().join(" "),
    };
    let day = suggestion.newest_at.split('T').next().unwrap_or_default();
    // Without the dashes a query that begins with `-` would be a flag.
    let end_of_flags = if query.starts_with('-') { "-- " } else { "" };
    let query = shell_quoted(&query);
    format!("{what}, the newest of {day}: auditlog search {end_of_flags}{query}").trim_end().to_owned()
}

/// One argument as a shell takes it; nothing where it is empty.
fn shell_quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@,=+".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Writes events in the requested format, page by page.
struct Printer {
    format: Format,
    table: EventTable,
    written: usize,
}

impl Printer {
    fn new(arguments: &Arguments) -> Self {
        let width = stdout_width();
        let columns =
            if arguments.columns.is_empty() { EventColumn::fitting(width) } else { arguments.columns.clone() };
        Self { format: arguments.output, table: EventTable::new(columns, width), written: 0 }
    }

    fn write_page(&mut self, events: &[String]) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.write_rows(events)?,
            Format::Json | Format::Ndjson => self.write_texts(events)?,
        }
        self.written += events.len();
        Ok(())
    }

    fn write_rows(&mut self, events: &[String]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let events: Vec<Value> = events
            .iter()
            .map(|event| serde_json::from_str(event))
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::caused_by("the server's answer is not JSON", &error))?;
        self.table.write_page(&events, &mut anstream::stdout().lock())?;
        Ok(())
    }

    fn write_texts(&self, events: &[String]) -> Result<(), Failure> {
        let mut out = BufWriter::new(plain_stdout());
        for (index, event) in events.iter().enumerate() {
            match (self.format, self.written + index) {
                (Format::Json, 0) => write!(out, "[\n  {event}")?,
                (Format::Json, _) => write!(out, ",\n  {event}")?,
                _ => writeln!(out, "{event}")?,
            }
        }
        out.flush()?;
        Ok(())
    }

    fn finish(&self) -> Result<(), Failure> {
        let end = match (self.format, self.written) {
            (Format::Json, 0) => "[]\n",
            (Format::Json, _) => "\n]\n",
            _ => return Ok(()),
        };
        plain_stdout().write_all(end.as_bytes())?;
        Ok(())
    }
}
