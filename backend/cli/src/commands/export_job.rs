//! `auditlog export-job`: manages the exports that the server makes and keeps.

use std::io::Write;

use auditlog_core::store::ExportId;
use clap::{Args, Subcommand};

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::{Client, ExportRecord},
    failure::{Exit, Failure, Outcome},
    output::{
        Cell, Console, counted, grouped, json_of, plain_stdout, printable, size, stdout_width, style, write_table,
    },
};

/// Below this width a terminal has no room for the other columns beside the id.
const WIDE_TERMINAL: usize = 120;

/// Above this number of columns only their number is shown.
const COLUMNS_NAMED_MAX: usize = 12;

const EXAMPLES: &str = "\
`auditlog export --file FILE` makes an export and fetches it. The export continues here if that command is interrupted.

Examples:
  auditlog export-job list
  auditlog export-job get 01932b5e-7c00-7abc-8def-0123456789ab -o json | jq .manifest
  auditlog export --resume 01932b5e-7c00-7abc-8def-0123456789ab --file events.ndjson
  auditlog export-job delete 01932b5e-7c00-7abc-8def-0123456789ab";

/// Manage exports that the server makes
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: ExportJobCommand,
}

#[derive(Debug, Subcommand)]
enum ExportJobCommand {
    /// List exports, the newest first
    List(ListArguments),
    /// Show an export
    Get(OneArguments),
    /// Cancel an export that is not finished
    Cancel(OneArguments),
    /// Remove an export and its file, finished or not
    Delete(OneArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Args)]
struct OneArguments {
    /// The export's id
    id: String,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    match &arguments.command {
        ExportJobCommand::List(arguments) => list(arguments, console),
        ExportJobCommand::Get(arguments) => get(arguments, console),
        ExportJobCommand::Cancel(arguments) => cancel(arguments, console),
        ExportJobCommand::Delete(arguments) => delete(arguments, console),
    }
}

fn list(arguments: &ListArguments, console: &Console) -> Outcome {
    let exports = Client::new(&arguments.server, console)?.list_exports()?;
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&exports)?)?;
        return Ok(Exit::Done);
    }
    let width = stdout_width();
    let has_room = width.is_none_or(|width| width >= WIDE_TERMINAL);
    let mut titles = vec!["STATUS", "PROGRESS", "EVENTS"];
    if has_room {
        titles.extend(["SIZE", "CREATED"]);
    }
    titles.extend(["QUERY", "ID"]);
    let row = |export: &ExportRecord| {
        let mut cells =
            vec![status_of(export), Cell::plain(percent(export)), Cell::plain(grouped(export.progress.events))];
        if has_room {
            cells.extend([Cell::plain(size(export.progress.bytes)), Cell::plain(second(&export.created_at))]);
        }
        cells.extend([Cell::plain(export.query.as_deref().unwrap_or_default()), Cell::whole(&export.id)]);
        cells
    };
    let rows: Vec<Vec<Cell>> = exports.iter().map(row).collect();
    write_table(&titles, &rows, width, &mut anstream::stdout().lock())?;
    Ok(Exit::Done)
}

fn get(arguments: &OneArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let export = client.get_export(&export_id(&arguments.id)?)?;
    let mut out = anstream::stdout().lock();
    if arguments.output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(&export)?)?;
        return Ok(Exit::Done);
    }
    let quiet = style::QUIET;
    for (title, value) in card(&export, client.key_id()) {
        if !value.is_empty() {
            writeln!(out, "{quiet}{title:<11}{quiet:#}  {}", printable(&value))?;
        }
    }
    Ok(Exit::Done)
}

/// Names and values, in the order in which they are shown. Empty values are left out.
fn card(export: &ExportRecord, own_key: &str) -> Vec<(&'static str, String)> {
    let made = export.progress;
    let manifest = |member: &str| {
        let value = export.manifest.as_ref().and_then(|manifest| manifest.get(member)?.as_str());
        value.unwrap_or_default().to_owned()
    };
    let time = |time: &Option<String>| time.clone().unwrap_or_default();
    let problem = export.problem.as_ref().map(|problem| format!("{} ({})", problem.detail, problem.code));
    vec![
        ("status", export.status.clone()),
        ("progress", format!("{} of {}", percent(export), counted(made.total, "place"))),
        ("events", grouped(made.events)),
        ("size", size(made.bytes)),
        ("problem", problem.unwrap_or_default()),
        ("query", export.query.clone().unwrap_or_default()),
        ("format", export.format.clone()),
        ("compression", export.compression.clone()),
        ("columns", export.columns.as_deref().map(columns_text).unwrap_or_default()),
        ("owner", if export.owner.id == own_key { "you".to_owned() } else { export.owner.id.clone() }),
        ("created", export.created_at.clone()),
        ("finished", time(&export.finished_at)),
        ("expires", time(&export.expires_at)),
        ("file", manifest("file_name")),
        ("SHA-256", manifest("sha256")),
        ("id", export.id.clone()),
    ]
}

fn cancel(arguments: &OneArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let export = client.cancel_export(&export_id(&arguments.id)?)?;
    tell("cancelled", &export, arguments.output)
}

fn delete(arguments: &OneArguments, console: &Console) -> Outcome {
    let client = Client::new(&arguments.server, console)?;
    let export = client.get_export(&export_id(&arguments.id)?)?;
    client.delete_export(&export.id)?;
    tell("deleted", &export, arguments.output)
}

fn tell(verb: &str, export: &ExportRecord, output: OutputArguments) -> Outcome {
    let mut out = anstream::stdout().lock();
    if output.output == OutputFormat::Json {
        writeln!(plain_stdout(), "{}", json_of(export)?)?;
    } else {
        let good = style::GOOD;
        writeln!(out, "{good}{verb}{good:#} {}", printable(&export.id))?;
    }
    Ok(Exit::Done)
}

/// The names of the selected columns. A list of all columns would fill the screen without informing anyone.
fn columns_text(columns: &[String]) -> String {
    if columns.len() <= COLUMNS_NAMED_MAX { columns.join(", ") } else { counted(columns.len() as u64, "column") }
}

/// Checks an id that becomes part of a URL path.
pub(super) fn export_id(text: &str) -> Result<String, Failure> {
    let id = text.to_ascii_lowercase();
    if ExportId::parse(&id).is_some() {
        return Ok(id);
    }
    Err(Failure::usage(format!("{text:?} is not an export id"))
        .hint("`auditlog export-job list` shows the ids of all exports"))
}

fn status_of(export: &ExportRecord) -> Cell {
    let style = match export.status.as_str() {
        "completed" => style::GOOD,
        "failed" => style::ERROR,
        "cancelled" => style::QUIET,
        _ => style::PLAIN,
    };
    Cell::styled(&export.status, style)
}

/// An export of an empty log counts as complete, too.
fn percent(export: &ExportRecord) -> String {
    let percent = if export.status == "completed" { 100 } else { export.progress.percent() };
    format!("{percent}%")
}

/// `2026-01-31T12:34:56.789Z` as `2026-01-31 12:34:56`.
fn second(time: &str) -> String {
    time.get(..19).unwrap_or(time).replacen('T', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        assert!(export_id("01932B5E-7c00-7abc-8def-0123456789ab").is_ok());
        for bad in ["", "../events", "01932b5e"] {
            assert_eq!(export_id(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }
}
