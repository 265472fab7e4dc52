//! `auditlog reindex`: builds the index files of a stopped data directory anew. Data files are only read.

use std::{io::Write, path::PathBuf};

use auditlog_embedded::reindex;
use clap::Args;

use crate::{
    failure::{Exit, Failure, Outcome},
    output::{Console, Progress, Unit, grouped, style},
    wiring::existing_data_dir,
};

const EXAMPLES: &str = "\
Examples:
  auditlog reindex --data-dir data

Index files hold nothing that the data files do not: missing and damaged ones are made anew from them. Where a data file
is damaged, nothing is changed; `auditlog check --data-dir DIR` shows all damage.";

/// Build the index files anew from the data files
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The data directory, whose server is stopped
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Outcome {
    let data_dir = existing_data_dir(&arguments.data_dir)?;
    let mut bar: Option<Progress> = None;
    let rebuilt = reindex::run(data_dir, &mut |progress: reindex::Progress| {
        let bar = bar.get_or_insert_with(|| Progress::new(console, Unit::Segments, progress.segments_total));
        bar.set(progress.segments_done, 0);
    });
    if let Some(bar) = bar {
        bar.finish();
    }
    let report = rebuilt.map_err(|error| Failure::failed(error.to_string()))?;
    let good = style::GOOD;
    let (rebuilt, unchanged) = (grouped(report.rebuilt), grouped(report.unchanged));
    writeln!(anstream::stdout().lock(), "{good}{rebuilt} rebuilt{good:#}, {unchanged} were right as they were")?;
    Ok(Exit::Done)
}
