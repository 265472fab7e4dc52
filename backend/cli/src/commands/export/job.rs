//! The server's part of an export: starts the job that makes the file, and waits for it.

use std::{thread, time::Duration};

use super::{FLAGS, file_choice::FileChoice, resume::Resume};
use crate::{
    client::{Client, ExportRecord, NewExport},
    commands::question::Question,
    failure::Failure,
    output::{Console, Progress, Unit, counted, size},
};

/// A small export takes milliseconds; for a long one, one poll a second is enough.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Starts the export on the server and returns its id. `columns` is the flag's text.
pub(super) fn begin(
    client: &Client,
    question: &Question,
    choice: FileChoice,
    columns: Option<&str>,
) -> Result<String, Failure> {
    let new = NewExport {
        query: question.text().to_owned(),
        format: choice.format.as_str(),
        compression: choice.compression.as_str(),
        columns: columns.map(column_names).transpose()?,
    };
    match client.create_export(&new) {
        Ok(record) => Ok(record.id),
        Err(error) if error.code() == "too_many_exports" => Err(Failure::from(error).hint(
            "`auditlog export-job list` lists the existing exports, `auditlog export-job delete ID` removes one",
        )),
        Err(error) => Err(question.explained_by(error, &FLAGS)),
    }
}

/// Parses the flag like the API's parameter: one CSV record, in which a key with a comma is quoted.
fn column_names(text: &str) -> Result<Vec<String>, Failure> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let record = reader.records().next().transpose();
    let record =
        record.map_err(|error| Failure::usage("--columns is not a list of names").detail(error.to_string()))?;
    Ok(record.iter().flatten().map(str::to_owned).collect())
}

/// Waits until the file is ready.
pub(super) fn wait(client: &Client, console: &Console, resume: &Resume) -> Result<ExportRecord, Failure> {
    let progress = Progress::new(console, Unit::Places, 0);
    let waited = wait_watched(client, &progress, resume);
    progress.finish();
    waited
}

fn wait_watched(client: &Client, progress: &Progress, resume: &Resume) -> Result<ExportRecord, Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        let record = client.get_export(&resume.id).map_err(|error| resume.interrupted_by(error))?;
        match record.status.as_str() {
            "completed" => return Ok(record),
            "failed" => return Err(failed(&record)),
            "cancelled" => return Err(Failure::failed(format!("export {} was cancelled", record.id))),
            status => show(progress, status, &record),
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn show(progress: &Progress, status: &str, record: &ExportRecord) {
    let made = record.progress;
    let text = match status {
        "queued" => "waiting for its turn".to_owned(),
        _ => format!("{}  {}", counted(made.events, "event"), size(made.bytes)),
    };
    progress.describe(made.total, &text);
    progress.set(made.scanned, made.events);
}

fn failed(record: &ExportRecord) -> Failure {
    let problem = record.problem.clone().unwrap_or_default();
    Failure::failed(format!("export {} failed: {} ({})", record.id, problem.detail.trim_end_matches('.'), problem.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_a_record_of_comma_separated_values() {
        assert_eq!(column_names(r#"id,"metadata.a,b",actor.id"#).unwrap(), ["id", "metadata.a,b", "actor.id"]);
        assert_eq!(column_names("").unwrap(), Vec::<String>::new());
    }
}
