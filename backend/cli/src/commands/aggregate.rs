//! `auditlog aggregate`: counts events by value and by time.

use std::io::Write;

use auditlog_core::query::TERMS_LIMIT_MAX;
use clap::{Args, ValueEnum};

use super::{
    groups,
    question::{Question, note_withheld},
};
use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{AggregateRecord, Client},
    failure::{Exit, Failure, Outcome},
    output::{Console, grouped, indented, plain_stdout, printable, stdout_width, style},
};

const EXAMPLES: &str = "\
Terms are those of `auditlog search`, and fields too: action, actor, target.type, metadata.plan.
Times are grouped by interval, every other field by its values, the most frequent first.
Shares are fractions of all events that match.

Examples:
  auditlog aggregate --by action since:7d
  auditlog aggregate outcome:denied since:30d --by occurred_at --interval day --time-zone Europe/Berlin
  auditlog aggregate --by service --by outcome --limit 5
  auditlog aggregate action:user.login --by actor --distinct ip --max occurred_at
  auditlog aggregate --saved 'denied this week' --by actor -o json | jq '.groups.buckets[].value'";

/// Maps an API parameter to its flag, so that a refusal names the flag.
const FLAGS: [(&str, &str); 7] = [
    ("group_by", "--by"),
    ("interval", "--interval"),
    ("time_zone", "--time-zone"),
    ("limit", "--limit"),
    ("distinct", "--distinct"),
    ("min", "--min"),
    ("max", "--max"),
];

/// Count events by value and by time
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which events to count, in the language of `auditlog search`; all events by default
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Count what a saved search finds, given by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// A field to group by; given twice, each group of the first is divided by the second
    #[arg(long, value_name = "FIELD")]
    by: Vec<String>,
    /// The length of an interval where events are grouped by a time [default: day]
    #[arg(long, value_enum, requires = "by")]
    interval: Option<Interval>,
    /// The time zone that the intervals follow, as an IANA name [default: UTC]
    #[arg(long, value_name = "IANA", requires = "by")]
    time_zone: Option<String>,
    /// How many values of a field to list; the others are only counted
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=TERMS_LIMIT_MAX as u64))]
    limit: u64,
    /// Count the distinct values of a field
    #[arg(long, value_name = "FIELD")]
    distinct: Vec<String>,
    /// Find the smallest value of a field of times or numbers
    #[arg(long, value_name = "FIELD")]
    min: Vec<String>,
    /// Find the greatest value of a field of times or numbers
    #[arg(long, value_name = "FIELD")]
    max: Vec<String>,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Interval {
    Minute,
    Hour,
    Day,
    /// From Monday
    Week,
    Month,
}

impl Interval {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl Arguments {
    /// The grouping and the metrics that are requested.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("limit", self.limit.to_string())];
        let fields = [("group_by", &self.by), ("distinct", &self.distinct), ("min", &self.min), ("max", &self.max)];
        for (name, fields) in fields {
            parameters.extend(fields.iter().map(|field| (name, field.clone())));
        }
        parameters.extend(self.interval.map(|interval| ("interval", interval.as_str().to_owned())));
        parameters.extend(self.time_zone.clone().map(|zone| ("time_zone", zone)));
        parameters
    }
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let question = Question::new(&client, &arguments.query, arguments.saved.as_deref())?;
    let parameters = [question.parameters(), arguments.parameters()].concat();
    let answer = client.aggregate_events(&parameters).map_err(|error| question.explained_by(error, &FLAGS))?;
    note_withheld(console, &answer.record.withheld);
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", indented(&answer.text))?,
        OutputFormat::Text => show(&answer.record)?,
    }
    Ok(Exit::Done)
}

/// Prints the figures over all events as a card, and their groups below it.
fn show(found: &AggregateRecord) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let quiet = style::QUIET;
    let card = [vec![("events".to_owned(), grouped(found.count))], groups::metrics(found)].concat();
    let widest = card.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in card {
        writeln!(out, "{quiet}{:<widest$}{quiet:#}  {}", printable(&name), printable(&value))?;
    }
    if let Some(groups) = &found.groups {
        writeln!(out)?;
        groups::chart_of(groups, found.count).write(stdout_width(), &mut out)?;
    }
    Ok(())
}
