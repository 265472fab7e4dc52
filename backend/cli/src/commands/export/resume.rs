//! How an export resumes after an interruption here: the server finishes its file and keeps it even if no client waits.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use super::super::interrupt::{INTERRUPTED, at_interrupt};
use crate::{client::ClientError, failure::Failure, output::Console};

/// The command line that resumes an export.
#[derive(Debug, Clone)]
pub(super) struct Resume {
    pub(super) id: String,
    /// The target file; `None` for the name that the server chooses.
    pub(super) file: Option<PathBuf>,
    pub(super) keep: bool,
    pub(super) overwrite: bool,
}

impl Resume {
    pub(super) fn hint(&self) -> String {
        format!("the server finishes the export and keeps the file; to fetch it:\n  {self}")
    }

    /// The failure to report when the server did not answer in time, or refused.
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

/// A path, quoted for a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+:@%=,".contains(character);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What Ctrl-C has to do at the moment.
#[derive(Debug)]
enum Stage {
    /// The request is sent; the server may or may not have started an export.
    Asking,
    /// The server has started this export.
    Making(Resume),
    /// The file is being moved to its final name, a short step that must not be interrupted.
    Finishing,
}

/// Makes Ctrl-C print how to resume.
pub(super) struct Interruption(Arc<Mutex<Stage>>);

impl Interruption {
    pub(super) fn listen(console: &Console) -> Result<Self, Failure> {
        let stage = Arc::new(Mutex::new(Stage::Asking));
        let (seen, console) = (Arc::clone(&stage), console.clone());
        at_interrupt(move || {
            // Held to the end of the process, so that no move to the final name starts meanwhile.
            let stage = seen.lock();
            let failure = Failure::failed("interrupted");
            let failure = match &*stage {
                Stage::Asking => failure.hint("`auditlog export-job list` shows whether the server has started one"),
                Stage::Making(resume) => failure.hint(resume.hint()),
                Stage::Finishing => return,
            };
            console.failure(&failure);
            std::process::exit(INTERRUPTED);
        })?;
        Ok(Self(stage))
    }

    pub(super) fn making(&self, resume: &Resume) {
        *self.0.lock() = Stage::Making(resume.clone());
    }

    pub(super) fn finishing(&self) {
        *self.0.lock() = Stage::Finishing;
    }
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
