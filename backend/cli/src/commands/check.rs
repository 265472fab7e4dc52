//! `auditlog check`: reads every stored byte back and compares it with what was acknowledged.

use std::{io::Write, path::PathBuf};

use auditlog_core::{
    clock::{Clock as _, SystemClock},
    store::{CheckProgress, CheckReport, StoppedStore},
};
use auditlog_server::verification::{FindingBody, LogReport, RangeBody, SequencesBody, VerificationReport};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::{OutputArguments, OutputFormat, ServerArguments},
    client::Client,
    failure::{Exit, Failure, Outcome},
    output::{
        Cell, Console, Progress, Unit, counted, grouped, json_of, plain_stdout, printable, stdout_width, style,
        write_table,
    },
    wiring::stopped_store,
};

const EXAMPLES: &str = "\
Examples:
  auditlog check --data-dir data       # everything; the server must be stopped
  auditlog check                       # a running server: the key's tenant, or everything with the system key

Each event is intact, damaged (readable, but not the one that was acknowledged) or unreadable. Damage that belongs to no
tenant is listed apart: files, the ledger, control data and indexes. A damaged index loses no event.

Exit codes: 0 everything is as it was acknowledged, 3 something is damaged, 1 the check could not be completed.";

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

/// The report as a server returns it. A check of a directory adds its size.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    #[serde(flatten)]
    verification: VerificationReport,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storage: Option<Storage>,
}

/// The bytes that the events take on disk, indexes and ledger included.
#[derive(Debug, Serialize, Deserialize)]
struct Storage {
    events: u64,
    files: u64,
    bytes: u64,
    bytes_per_event: f64,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let report = match &arguments.data_dir {
        Some(data_dir) => check_stopped(stopped_store(data_dir)?.as_ref(), console)?,
        None => check_server(&Client::new(&arguments.server, console)?)?,
    };
    match arguments.output.output {
        OutputFormat::Json => writeln!(plain_stdout(), "{}", json_of(&report)?)?,
        OutputFormat::Text => print(&report)?,
    }
    Ok(if report.verification.intact { Exit::Done } else { Exit::FoundWrong })
}

fn check_server(client: &Client) -> Result<Report, Failure> {
    let text = client.verify_log()?;
    serde_json::from_str(&text).map_err(|error| Failure::caused_by("the server's answer is not a report", &error))
}

fn check_stopped(store: &dyn StoppedStore, console: &Console) -> Result<Report, Failure> {
    let mut bar: Option<Progress> = None;
    let mut on_progress = |progress: CheckProgress| {
        let bar = bar.get_or_insert_with(|| Progress::new(console, Unit::PlainBytes, progress.bytes_total));
        bar.set(progress.bytes_done, 0);
    };
    let checked = store.check(&mut on_progress);
    if let Some(bar) = bar {
        bar.finish();
    }
    checked.map(Report::of_directory).map_err(|error| Failure::failed(error.to_string()))
}

impl Report {
    fn of_directory(report: CheckReport) -> Self {
        let CheckReport { verification, files, bytes } = report;
        let events: u64 = verification.logs.iter().map(|log| log.size).sum();
        #[expect(clippy::cast_precision_loss, reason = "a quotient shown to a person")]
        let bytes_per_event = bytes as f64 / events.max(1) as f64;
        Self {
            verification: VerificationReport::of(verification, SystemClock.now()),
            storage: Some(Storage { events, files, bytes, bytes_per_event }),
        }
    }
}

fn print(report: &Report) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let VerificationReport { intact, logs, findings, findings_omitted, .. } = &report.verification;
    let rows: Vec<Vec<Cell>> = logs.iter().map(row).collect();
    if !rows.is_empty() {
        write_table(&["TENANT", "EVENTS", "LOG", "ROOT"], &rows, stdout_width(), &mut out)?;
        writeln!(out)?;
    }
    for log in logs {
        write_classes(log, &mut out)?;
        let of_tenant = format!("tenant {}", log.tenant_id);
        write_findings(Some(&of_tenant), &log.findings, log.findings_omitted, &mut out)?;
    }
    write_findings(None, findings, *findings_omitted, &mut out)?;
    if *intact {
        let good = style::GOOD;
        writeln!(out, "{good}intact{good:#}: every stored byte is as it was acknowledged")?;
    }
    if let Some(storage) = &report.storage {
        let Storage { events, files, bytes, bytes_per_event } = storage;
        let (events, files, bytes) = (counted(*events, "event"), counted(*files, "data file"), grouped(*bytes));
        writeln!(out, "{events}, {files}, {bytes} bytes: {bytes_per_event:.1} bytes per event")?;
    }
    Ok(())
}

fn row(log: &LogReport) -> Vec<Cell> {
    let state = match (log.unreadable.count.as_str(), log.damaged.count.as_str(), log.findings.is_empty()) {
        ("0", "0", true) => Cell::styled("intact", style::GOOD),
        ("0", _, _) => Cell::styled("damaged", style::ERROR),
        _ => Cell::styled("unreadable", style::ERROR),
    };
    let root = log.root_hash.as_deref().unwrap_or("unknown");
    vec![Cell::plain(&log.tenant_id), Cell::plain(grouped_number(&log.size)), state, Cell::plain(root)]
}

/// Which events are damaged and unreadable, if any.
fn write_classes(log: &LogReport, out: &mut impl Write) -> Result<(), Failure> {
    for (class, sequences) in [("damaged", &log.damaged), ("unreadable", &log.unreadable)] {
        if sequences.count == "0" {
            continue;
        }
        let (bad, tenant, intact) = (style::ERROR, &log.tenant_id, grouped_number(&log.intact.count));
        let (count, size, ranges) = (grouped_number(&sequences.count), grouped_number(&log.size), ranges(sequences));
        writeln!(out, "{bad}{class}{bad:#}  tenant {tenant}: {count} of {size} events: {ranges}; {intact} are intact")?;
    }
    Ok(())
}

/// At most this many ranges are shown to a person.
const RANGES_SHOWN: usize = 10;

fn ranges(sequences: &SequencesBody) -> String {
    let shown: Vec<String> = sequences.ranges.iter().take(RANGES_SHOWN).map(range).collect();
    let more = (sequences.ranges.len() - shown.len()) as u64 + sequences.ranges_omitted;
    let more = if more == 0 { String::new() } else { format!(" and {} ranges more", grouped(more)) };
    shown.join(", ") + &more
}

fn range(RangeBody { first, last }: &RangeBody) -> String {
    if first == last { first.clone() } else { format!("{first} to {last}") }
}

fn write_findings(
    whose: Option<&str>,
    findings: &[FindingBody],
    omitted: u64,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let bad = style::ERROR;
    for finding in findings {
        let sequences = finding.sequences.as_ref().map(|sequences| format!("events {}", range(sequences)));
        let offset = finding.offset.as_deref().map(|offset| format!("offset {}", grouped_number(offset)));
        let place = [whose.map(str::to_owned), sequences, finding.file.clone(), offset];
        let place: Vec<String> = place.into_iter().flatten().collect();
        let text = format!("{}: {}", place.join(", "), finding.detail);
        writeln!(out, "{bad}damaged{bad:#}  {}", printable(&text))?;
    }
    if omitted > 0 {
        writeln!(out, "{bad}damaged{bad:#}  {} more", counted(omitted, "finding"))?;
    }
    Ok(())
}

/// A number of a report, which is a JSON string.
fn grouped_number(number: &str) -> String {
    number.parse().map_or_else(|_| number.to_owned(), grouped)
}
