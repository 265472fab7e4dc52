//! `auditlog facets`: counts the values of several fields at once.

use std::io::Write;

use auditlog_core::query::TERMS_LIMIT_MAX;
use clap::Args;

use super::{
    groups,
    question::{Question, note_withheld},
};
use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, FacetsRecord},
    failure::{Exit, Failure, Outcome},
    output::{Console, grouped, indented, plain_stdout, printable, stdout_width, style},
};

const EXAMPLES: &str = "\
Terms are those of `auditlog search`; each value shown can narrow such a search further.
Times are counted by `auditlog aggregate`.

Examples:
  auditlog facets since:7d
  auditlog facets outcome:denied --field actor --field ip --limit 5
  auditlog facets --saved 'denied this week' -o json | jq '.facets[].field'";

/// Maps an API parameter to its flag, so that a refusal names the flag.
const FLAGS: [(&str, &str); 2] = [("field", "--field"), ("limit", "--limit")];

/// Count the values of several fields
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which events to count, in the language of `auditlog search`; all events by default
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Count what a saved search finds, given by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// A field whose values are counted; repeatable [default: the ten most useful fields]
    #[arg(long = "field", value_name = "FIELD")]
    fields: Vec<String>,
    /// How many values of a field to list; the others are only counted
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=TERMS_LIMIT_MAX as u64))]
    limit: u64,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let question = Question::new(&client, &arguments.query, arguments.saved.as_deref())?;
    let mut parameters = question.parameters();
    parameters.push(("limit", arguments.limit.to_string()));
    parameters.extend(arguments.fields.iter().map(|field| ("field", field.clone())));
    let answer = client.list_facets(&parameters).map_err(|error| question.explained_by(error, &FLAGS))?;
    note_withheld(console, &answer.record.withheld);
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", indented(&answer.text))?,
        OutputFormat::Text => show(&answer.record)?,
    }
    Ok(Exit::Done)
}

/// Prints one block per field.
fn show(found: &FacetsRecord) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let quiet = style::QUIET;
    writeln!(out, "{quiet}events{quiet:#}  {}", grouped(found.count))?;
    for groups in &found.facets {
        writeln!(out)?;
        groups::chart_of(groups, found.count).write(stdout_width(), &mut out)?;
    }
    if !found.withheld_fields.is_empty() {
        let withheld = found.withheld_fields.join(", ");
        writeln!(out, "\n{quiet}not counted, because the key lacks the permission: {}{quiet:#}", printable(&withheld))?;
    }
    Ok(())
}
