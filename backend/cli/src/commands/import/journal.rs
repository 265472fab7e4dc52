//! Records the progress of an import, so that the same command continues where it was interrupted.
//!
//! The journal only covers records whose acknowledgement was received. It is removed when the import is complete,
//! because it could not show that the server was later restored from an older backup. A repeated import therefore sends
//! everything again, and the server recognises the duplicates.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::inputs::{Input, Inputs};
use crate::failure::Failure;

/// How often the journal is written. After an interruption, what was acknowledged since the last write is sent again,
/// and the server recognises it as duplicates.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// A place between two records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The file's index among the inputs.
    pub(super) file: usize,
    /// The number of the last record before this position.
    pub(super) records: u64,
}

/// The identity of an import.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) server: &'a str,
    pub(super) key_id: &'a str,
    pub(super) format: &'a str,
    pub(super) arguments: &'a [PathBuf],
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// The files up to the one at which the import was interrupted.
    files: Vec<Input>,
    position: Position,
}

/// The journal of one import.
#[derive(Debug)]
pub(super) struct Journal {
    /// `None` if there is no place for a journal: the import runs, but cannot be continued.
    path: Option<PathBuf>,
    position: Position,
    written_at: Option<Instant>,
}

impl Journal {
    /// The journal at `path`, or at the default place, which is derived from the import's identity.
    pub(super) fn open(path: Option<PathBuf>, identity: &Identity<'_>) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => {
                make_parent(&path).map_err(|error| {
                    Failure::caused_by(format!("the journal {} cannot be written", path.display()), &error)
                })?;
                Some(path)
            }
            // Without a home directory, as in a container, no journal is kept unless a place is given.
            None => state_directory()
                .map(|directory| directory.join(identity.file_name()))
                .filter(|path| make_parent(path).is_ok()),
        };
        Ok(Self { path, position: Position::default(), written_at: None })
    }

    /// Where to continue: after the acknowledged records, if every file up to there is unchanged.
    pub(super) fn resume(&mut self, inputs: &Inputs) -> Position {
        let read = self.path.as_ref().and_then(|path| fs::read_to_string(path).ok());
        let content: Option<Content> = read.and_then(|text| serde_json::from_str(&text).ok());
        let Some(content) = content else { return Position::default() };
        let unchanged = inputs.as_slice().starts_with(&content.files) && content.position.file < content.files.len();
        if unchanged {
            self.position = content.position;
        }
        self.position
    }

    /// Advances to `position`.
    pub(super) fn advance(&mut self, inputs: &Inputs, position: Position) -> Result<(), Failure> {
        self.position = position;
        if self.written_at.is_some_and(|at| at.elapsed() < WRITE_EVERY) {
            return Ok(());
        }
        self.write(inputs)
    }

    /// Writes the current position atomically.
    pub(super) fn write(&mut self, inputs: &Inputs) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let files = inputs.as_slice().iter().take(self.position.file + 1).cloned().collect();
        let content = Content { files, position: self.position };
        let beside = path.with_extension("new");
        serde_json::to_vec(&content)
            .map_err(io::Error::from)
            .and_then(|text| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| Failure::caused_by(format!("the journal {} cannot be written", path.display()), &error))?;
        self.written_at = Some(Instant::now());
        Ok(())
    }

    /// Removes the journal: the import is complete.
    pub(super) fn remove(&self) {
        if let Some(path) = &self.path {
            // A journal that cannot be removed is read once more by the next import; this import has succeeded.
            let _ = fs::remove_file(path);
        }
    }
}

impl Identity<'_> {
    fn file_name(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [self.server, self.key_id, self.format] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        for argument in self.arguments {
            let absolute = std::path::absolute(argument).unwrap_or_else(|_| argument.clone());
            hasher.update(absolute.as_os_str().as_encoded_bytes());
            hasher.update([0]);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let number = digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        format!("import-{number:016x}.json")
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// The user's directory for state that outlives a process but is not a document.
fn state_directory() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    Some(base.join("auditlog"))
}
