//! `auditlog check`: has every stored byte read back and compared with what was acknowledged.

use std::{
    fmt::Write as _,
    io::Write,
    path::{Path, PathBuf},
};

use auditlog_core::id::TenantId;
use auditlog_embedded::check;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::Client,
    failure::{Exit, Failure, Outcome},
    output::{Cell, Console, Progress, Unit, counted, grouped, json_of, printable, stdout_width, style, write_table},
    wiring::existing_data_dir,
};

const EXAMPLES: &str = "\
Examples:
  auditlog check --data-dir data       # everything; the server must be stopped
  auditlog check                       # a running server: the key's tenant, or every tenant with the system key

Exit codes: 0 everything is as it was acknowledged, 3 something is damaged, 1 it could not be found out.";

/// Read every stored byte back, recompute leaves and roots, and report
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Check this data directory, whose server is stopped, instead of a server
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    server: ServerArguments,
}

/// What was found. A server answers with the first two members; a check of a directory knows the others besides.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    intact: bool,
    logs: Vec<LogReport>,
    /// Damage that is in no log: in files.
    #[serde(default)]
    problems: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage: Option<Storage>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LogReport {
    tenant_id: String,
    /// A number, in a string as everything that counts without bound.
    size: String,
    /// `None` where damage leaves it unknown.
    root: Option<String>,
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Finding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<String>,
    detail: String,
}

/// What the events take on the disk, indexes and ledger included.
#[derive(Debug, Serialize, Deserialize)]
struct Storage {
    events: u64,
    segments: u64,
    bytes: u64,
    bytes_per_event: f64,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let report = match &arguments.data_dir {
        Some(data_dir) => check_directory(existing_data_dir(data_dir)?, console)?,
        None => check_server(&Client::new(&arguments.server, console)?)?,
    };
    match arguments.output.output {
        OutputFormat::Json => writeln!(std::io::stdout().lock(), "{}", json_of(&report)?)?,
        OutputFormat::Text => print(&report)?,
    }
    Ok(if report.intact { Exit::Done } else { Exit::FoundWrong })
}

fn check_server(client: &Client) -> Result<Report, Failure> {
    let text = client.verify_log()?;
    serde_json::from_str(&text).map_err(|error| Failure::caused_by("the server's answer is no report", &error))
}

fn check_directory(data_dir: &Path, console: &Console) -> Result<Report, Failure> {
    let mut bar: Option<Progress> = None;
    let mut on_progress = |progress: check::Progress| {
        let bar = bar.get_or_insert_with(|| Progress::new(console, Unit::PlainBytes, progress.bytes_total));
        bar.set(progress.bytes_done, 0);
    };
    let checked = check::run(data_dir, &mut on_progress);
    if let Some(bar) = bar {
        bar.finish();
    }
    checked.map(Report::from).map_err(|error| Failure::failed(error.to_string()))
}

impl From<check::CheckReport> for Report {
    fn from(report: check::CheckReport) -> Self {
        let events: u64 = report.logs.iter().map(|log| log.size).sum();
        let (in_logs, in_files): (Vec<_>, Vec<_>) =
            report.problems.iter().partition(|problem| problem.tenant_id.is_some());
        let findings_of = |tenant: &TenantId| {
            let concerns = in_logs.iter().filter(|problem| problem.tenant_id.as_ref() == Some(tenant));
            concerns.map(|problem| Finding { sequence: None, detail: described(problem) }).collect()
        };
        let logs = report.logs.iter().map(|log| LogReport {
            tenant_id: log.tenant_id.to_string(),
            size: log.size.to_string(),
            root: log.root.map(|root| hexadecimal(&root)),
            findings: findings_of(&log.tenant_id),
        });
        #[expect(clippy::cast_precision_loss, reason = "a quotient shown to a person")]
        let bytes_per_event = report.bytes as f64 / events.max(1) as f64;
        Self {
            intact: report.problems.is_empty(),
            logs: logs.collect(),
            problems: in_files.into_iter().map(described).collect(),
            storage: Some(Storage { events, segments: report.segments, bytes: report.bytes, bytes_per_event }),
        }
    }
}

/// Where the damage is, then what it is.
fn described(problem: &check::Problem) -> String {
    let mut text = problem.file.display().to_string();
    if let Some(offset) = problem.offset {
        text.extend([", offset ", &grouped(offset)]);
    }
    text + ": " + &problem.detail
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn print(report: &Report) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let rows: Vec<Vec<Cell>> = report.logs.iter().map(row).collect();
    if !rows.is_empty() {
        write_table(&["TENANT", "EVENTS", "LOG", "ROOT"], &rows, stdout_width(), &mut out)?;
        writeln!(out)?;
    }
    let bad = style::ERROR;
    for log in &report.logs {
        for finding in &log.findings {
            let place = finding.sequence.as_deref().map(|sequence| format!(", event {sequence}")).unwrap_or_default();
            writeln!(out, "{bad}damaged{bad:#}  tenant {}{place}: {}", log.tenant_id, printable(&finding.detail))?;
        }
    }
    for problem in &report.problems {
        writeln!(out, "{bad}damaged{bad:#}  {}", printable(problem))?;
    }
    if report.intact {
        let good = style::GOOD;
        writeln!(out, "{good}intact{good:#}: every stored byte is as it was acknowledged")?;
    }
    if let Some(storage) = &report.storage {
        let Storage { events, segments, bytes, bytes_per_event } = storage;
        let (events, segments, bytes) = (counted(*events, "event"), counted(*segments, "segment"), grouped(*bytes));
        writeln!(out, "{events}, {segments}, {bytes} bytes: {bytes_per_event:.1} bytes per event")?;
    }
    Ok(())
}

fn row(log: &LogReport) -> Vec<Cell> {
    let size = log.size.parse().map_or_else(|_| log.size.clone(), grouped);
    let state = if log.findings.is_empty() && log.root.is_some() {
        Cell::styled("intact", style::GOOD)
    } else {
        Cell::styled("damaged", style::ERROR)
    };
    vec![Cell::plain(&log.tenant_id), Cell::plain(size), state, Cell::plain(log.root.as_deref().unwrap_or("unknown"))]
}
