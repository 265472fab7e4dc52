//! How an export goes on that was interrupted here: the server makes its file and keeps it, whether anybody waits or not.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::super::interrupt::{INTERRUPTED, at_interrupt};
use crate::{client::ClientError, failure::Failure, output::Console};

/// The command that goes on with an export.
#[derive(Debug, Clone)]
pub(super) struct Resume {
    pub(super) id: String,
    /// Where the file is to be; the server's name for it where there is none.
    pub(super) file: Option<PathBuf>,
    pub(super) keep: bool,
    pub(super) overwrite: bool,
}

impl Resume {
    pub(super) fn hint(&self) -> String {
        format!("the server goes on with it and keeps the file; to fetch it:\n  {self}")
    }

    /// What is told where the server did not answer in time, or refused.
    pub(super) fn interrupted_by(&self, error: ClientError) -> Failure {
        let is_gone = error.code() == "export_not_found";
        let failure = Failure::from(error);
        if is_gone { failure } else { failure.hint(self.hint()) }
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "auditlog export --resume {}", self.id)?;
        if let Some(file) = &self.file {
            write!(formatter, " --file {}", quoted(file))?;
        }
        for (is_set, flag) in [(self.keep, " --keep"), (self.overwrite, " --overwrite")] {
            if is_set {
                formatter.write_str(flag)?;
            }
        }
        Ok(())
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+:@%=,".contains(character);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What Ctrl-C means at the moment.
#[derive(Debug)]
enum Stage {
    /// The server may have begun an export or not.
    Asking,
    /// It has.
    Making(Resume),
    /// The file is being put in its place, which takes a moment and is not to be left half done.
    Finishing,
}

/// Lets Ctrl-C say how to go on.
pub(super) struct Interruption(Arc<Mutex<Stage>>);

impl Interruption {
    pub(super) fn listen(console: &Console) -> Result<Self, Failure> {
        let stage = Arc::new(Mutex::new(Stage::Asking));
        let (seen, console) = (Arc::clone(&stage), console.clone());
        at_interrupt(move || {
            // Held to the end of the process: nothing begins to be put in its place meanwhile.
            let stage = locked(&seen);
            let failure = Failure::failed("interrupted");
            let failure = match &*stage {
                Stage::Asking => failure.hint("`auditlog export-job list` shows whether the server has begun one"),
                Stage::Making(resume) => failure.hint(resume.hint()),
                Stage::Finishing => return,
            };
            console.failure(&failure);
            std::process::exit(INTERRUPTED);
        })?;
        Ok(Self(stage))
    }

    pub(super) fn making(&self, resume: &Resume) {
        *locked(&self.0) = Stage::Making(resume.clone());
    }

    pub(super) fn finishing(&self) {
        *locked(&self.0) = Stage::Finishing;
    }
}

fn locked(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let resume = |file: Option<&str>| {
            let file = file.map(PathBuf::from);
            Resume { id: "i".to_owned(), file, keep: false, overwrite: true }.to_string()
        };
        assert_eq!(resume(None), "auditlog export --resume i --overwrite");
        assert_eq!(resume(Some("a/b-1.csv.gz")), "auditlog export --resume i --file a/b-1.csv.gz --overwrite");
        assert_eq!(resume(Some("it's $1")), r"auditlog export --resume i --file 'it'\''s $1' --overwrite");
    }
}
