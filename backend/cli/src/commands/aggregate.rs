//! `auditlog aggregate`: counts events by value and by time.

use std::io::Write;

use auditlog_core::query::TERMS_LIMIT_MAX;
use clap::{Args, ValueEnum};

use super::{groups, question::Question};
use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{AggregateRecord, Client},
    failure::{Exit, Failure, Outcome},
    output::{Console, grouped, indented, plain_stdout, printable, stdout_width, style},
};

const EXAMPLES: &str = "\
Terms are those of `auditlog search`, and fields too: action, actor, target.type, metadata.plan.
Times are grouped by stretches of time, every other field by its values, the most frequent first.
Shares are parts of all events that match.

Examples:
  auditlog aggregate --by action since:7d
  auditlog aggregate outcome:denied since:30d --by occurred_at --interval day --time-zone Europe/Berlin
  auditlog aggregate --by service --by outcome --limit 5
  auditlog aggregate action:user.login --by actor --distinct ip --max occurred_at
  auditlog aggregate --saved 'denied this week' --by actor -o json | jq '.groups.buckets[].value'";

/// What is refused of a parameter is told of its flag.
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
    /// Which events to count, in the language of `auditlog search`; all of them where it is left out
    #[arg(value_name = "TERM")]
    query: Vec<String>,
    /// Count what a saved search finds, named by its name or id; terms narrow it further
    #[arg(long, value_name = "NAME")]
    saved: Option<String>,
    /// A field whose values tell events apart; given twice, the groups of the second lie in each group of the first
    #[arg(long, value_name = "FIELD")]
    by: Vec<String>,
    /// How long each stretch is where events are grouped by a time; a day where it is left out
    #[arg(long, value_enum, requires = "by")]
    interval: Option<Interval>,
    /// Whose clock and calendar these stretches follow: a name of the IANA database; UTC where it is left out
    #[arg(long, value_name = "IANA", requires = "by")]
    time_zone: Option<String>,
    /// How many values of a field to list; what is not listed is counted
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=TERMS_LIMIT_MAX as u64))]
    limit: u64,
    /// Count the different values of a field
    #[arg(long, value_name = "FIELD")]
    distinct: Vec<String>,
    /// Find the least value of a field of times or numbers
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
    /// What is asked of the events.
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
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", indented(&answer.text))?,
        OutputFormat::Text => show(&answer.record)?,
    }
    Ok(Exit::Done)
}

/// What is true of all events as a card, and below it their groups.
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
