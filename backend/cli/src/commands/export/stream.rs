//! An export to standard output: written as the server sends it, without a temporary file.

use std::io::{self, IsTerminal, Read, Write};

use super::{FLAGS, file_choice::FileChoice};
use crate::{
    client::Client,
    commands::question::{Question, note_withheld},
    failure::{Exit, Failure, Outcome},
    output::{Console, Progress, Unit, counted, plain_stdout},
};

const BUFFER_BYTES: usize = 64 << 10;

/// Streams the file to standard output. `columns` is the flag's text.
pub(super) fn to_stdout(
    client: &Client,
    console: &Console,
    question: &Question,
    choice: FileChoice,
    columns: Option<&str>,
) -> Outcome {
    let mut query = question.parameters();
    query.push(("format", choice.format.as_str().to_owned()));
    query.push(("compression", choice.compression.as_str().to_owned()));
    query.extend(columns.map(|columns| ("columns", columns.to_owned())));
    let file = client.stream_export(&query).map_err(|error| question.explained_by(error, &FLAGS))?;
    note_withheld(console, &file.withheld);
    // On a terminal the events and the progress bar would overwrite each other.
    let progress = (!io::stdout().is_terminal()).then(|| Progress::new(console, Unit::BytesWithoutEnd, 0));
    let copied = copy(file.body, progress.as_ref());
    if let Some(progress) = progress {
        progress.finish();
    }
    copied
}

fn copy(mut body: impl Read, progress: Option<&Progress>) -> Outcome {
    let mut out = plain_stdout();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut written = 0;
    loop {
        match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                out.write_all(&buffer[..count])?;
                written += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                out.flush()?;
                return Err(broken_off(&error, written));
            }
        }
        if let Some(progress) = progress {
            progress.set(written, 0);
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn broken_off(error: &io::Error, written: u64) -> Failure {
    Failure::failed(format!("the export broke off: {error}"))
        .detail(format!("what was written is INCOMPLETE: it ends after {}", counted(written, "byte")))
        .hint("with --file FILE the server makes the file first, and a transfer that breaks off is resumed")
}
