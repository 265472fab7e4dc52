//! An export into a file: the steps from the request to the summary, and the clean-up.

use std::{
    io::Write,
    path::{Component, Path, PathBuf},
};

use super::{
    super::{export_job::export_id, question::Question},
    Arguments, FileChoice,
    fetch::Fetch,
    job,
    part_file::{PartFile, directory_of},
    resume::{Interruption, Resume},
};
use crate::{
    client::{Client, ExportRecord, FileFacts},
    failure::{Exit, Failure, Outcome},
    output::{Console, counted, json_of, printable, size, style},
};

/// Exports to a file at this path, or under the server's name for it.
pub(super) fn run(arguments: &Arguments, client: &Client, console: &Console, path: Option<PathBuf>) -> Outcome {
    if let Some(path) = &path {
        check_place(path, arguments)?;
    }
    let interruption = Interruption::listen(console)?;
    let id = begin(arguments, client, console, path.as_deref())?;
    let resume = Resume { id, file: path, keep: arguments.keep, overwrite: arguments.overwrite };
    interruption.making(&resume);
    let record = job::wait(client, console, &resume)?;
    let facts = record.file_facts()?;
    let path = place(arguments, &resume, &facts)?;
    let resume = Resume { file: Some(path.clone()), ..resume };
    interruption.making(&resume);
    bring(arguments, &Fetch { client, console, resume: &resume, facts: &facts }, &interruption, &record)?;
    clear_away(arguments, client, console, &record);
    note_left_out(console, &facts.withheld);
    summarise(&facts, &path)
}

/// The id of the export: of a new one, or the one given by `--resume`.
fn begin(arguments: &Arguments, client: &Client, console: &Console, path: Option<&Path>) -> Result<String, Failure> {
    if let Some(id) = &arguments.resume {
        return export_id(id);
    }
    let choice = FileChoice::of(arguments.format, arguments.compression, path)?;
    let question = Question::new(client, &arguments.query, arguments.saved.as_deref())?.in_one_text()?;
    let id = job::begin(client, &question, choice, arguments.columns.as_deref())?;
    console.note(format!("the server is making export {id}"));
    Ok(id)
}

/// Downloads the file and moves it to its final name, with its manifest.
fn bring(
    arguments: &Arguments,
    fetch: &Fetch<'_>,
    interruption: &Interruption,
    record: &ExportRecord,
) -> Result<(), Failure> {
    let path = fetch.resume.file.as_deref().unwrap_or(Path::new(""));
    let part = if arguments.resume.is_some() { PartFile::resume(path) } else { PartFile::begin(path) };
    let resumable = |failure: Failure| failure.hint(fetch.resume.hint());
    let mut part = part.map_err(resumable)?;
    fetch.run(&mut part)?;
    interruption.finishing();
    let manifest = format!("{}\n", json_of(&record.manifest)?);
    part.put_in_place(&manifest).map_err(resumable)
}

/// The path of the target file.
fn place(arguments: &Arguments, resume: &Resume, facts: &FileFacts) -> Result<PathBuf, Failure> {
    if let Some(path) = &resume.file {
        return Ok(path.clone());
    }
    let path = named_by_server(&facts.file_name)?;
    check_place(&path, arguments).map_err(|failure| failure.hint(resume.hint()))?;
    Ok(path)
}

/// Accepts a file name that the server chose, but no path.
fn named_by_server(name: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(name);
    let mut components = path.components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name && !name.starts_with('.') => Ok(path.to_owned()),
        _ => Err(Failure::failed(format!("the server's name for the file, {name:?}, is not a file name"))
            .hint("name it yourself by --file")),
    }
}

/// Refuses early what would otherwise fail only when the file is ready.
fn check_place(path: &Path, arguments: &Arguments) -> Result<(), Failure> {
    let directory = directory_of(path);
    if !directory.is_dir() {
        return Err(Failure::usage(format!("{} is not a directory", directory.display())));
    }
    if path.is_dir() {
        return Err(Failure::usage(format!("{} is a directory", path.display())).hint("name a file in it"));
    }
    if path.exists() && !arguments.overwrite {
        return Err(Failure::usage(format!("{} already exists", path.display()))
            .hint("give another name, or replace it by --overwrite"));
    }
    Ok(())
}

/// The file is complete at this point, so nothing that goes wrong from now on is a failure.
fn clear_away(arguments: &Arguments, client: &Client, console: &Console, record: &ExportRecord) {
    let id = &record.id;
    if arguments.keep {
        let until = record.expires_at.as_ref().map(|time| format!(" until {time}")).unwrap_or_default();
        console.note(format!("the server keeps export {id}{until}"));
        return;
    }
    match client.delete_export(id) {
        Err(error) if error.code() != "export_not_found" => {
            console.warn(format!(
                "the server still has the export ({error}); `auditlog export-job delete {id}` removes it"
            ));
        }
        Ok(()) | Err(_) => {}
    }
}

fn note_left_out(console: &Console, groups: &[String]) {
    if !groups.is_empty() {
        let groups = groups.join(", ");
        console.note(format!(
            "the file holds nothing of {groups}, and words were not looked for there: the key lacks the permission \
             events.read_personal"
        ));
    }
}

fn summarise(facts: &FileFacts, path: &Path) -> Outcome {
    let (good, quiet) = (style::GOOD, style::QUIET);
    let (events, bytes) = (counted(facts.events, "event"), size(facts.bytes));
    let path = path.display().to_string();
    let mut out = anstream::stdout().lock();
    writeln!(out, "{good}exported{good:#} {events} ({bytes}) to {}", printable(&path))?;
    writeln!(out, "{quiet}SHA-256{quiet:#}  {}", printable(&facts.sha256))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_names_a_file_and_no_place() {
        assert_eq!(named_by_server("auditlog-acme-1.csv.gz").unwrap(), Path::new("auditlog-acme-1.csv.gz"));
        for bad in ["", ".", "..", "/etc/passwd", "../x", "a/b", "a/", ".bashrc"] {
            assert!(named_by_server(bad).is_err(), "{bad}");
        }
    }
}
