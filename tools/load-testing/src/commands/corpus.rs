//! Owns the command `hammer corpus`: its arguments, and the files of events and queries that it writes.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use auditlog_load_testing::{
    bench::{ExportPlan, export},
    corpus::Content,
};
use clap::Args;

use crate::commands::{Failure, newest, seed};

#[derive(Debug, Args)]
pub(crate) struct CorpusArguments {
    /// The number of events to write.
    #[arg(long, default_value = "2000000")]
    events: NonZeroU64,
    /// The number of tenants.
    #[arg(long, default_value = "4")]
    tenants: NonZeroUsize,
    /// How many different keys of each kind to name.
    #[arg(long, default_value = "1000")]
    needles: usize,
    /// The seed of the events.
    #[arg(long)]
    seed: Option<u64>,
    /// The newest time of an event, RFC 3339; by default now.
    #[arg(long)]
    newest: Option<String>,
    /// The kind of events: standard or extended.
    #[arg(long, default_value_t)]
    corpus: Content,
    /// The file for the events, one line each; by default standard output.
    #[arg(long)]
    output: Option<PathBuf>,
    /// The file for the keys to query and the expected answers, as JSON.
    #[arg(long)]
    questions: Option<PathBuf>,
}

pub(crate) fn corpus(arguments: &CorpusArguments) -> Result<(), Failure> {
    let plan = ExportPlan {
        events: arguments.events,
        tenants: arguments.tenants,
        seed: seed(arguments.seed),
        newest: newest(arguments.newest.as_deref())?,
        content: arguments.corpus,
        needles: arguments.needles,
    };
    let questions = match &arguments.output {
        Some(path) => {
            let mut file = BufWriter::new(File::create(path).map_err(Failure::cannot)?);
            let questions = export(&plan, &mut file).map_err(Failure::cannot)?;
            file.flush().map_err(Failure::cannot)?;
            questions
        }
        None => export(&plan, &mut BufWriter::new(io::stdout().lock())).map_err(Failure::cannot)?,
    };
    if let Some(path) = &arguments.questions {
        fs::write(path, serde_json::to_vec(&questions).map_err(Failure::cannot)?).map_err(Failure::cannot)?;
    }
    Ok(())
}
