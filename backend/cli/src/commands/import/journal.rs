//! Remembers how far an import has come, so that the same command continues where it was interrupted.
//!
//! The journal only ever names records whose acknowledgement was received, and it is removed when the import ends. So a
//! finished import that is repeated goes through everything again, and it is the server that says that nothing is new:
//! a journal could not know that the server was restored from an older backup.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::inputs::{Input, Inputs};
use crate::failure::Failure;

/// How often the journal is written. What is acknowledged in between is sent again after an interruption, and the server
/// takes it for what it is.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// A place between two records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The file's index among the inputs.
    pub(super) file: usize,
    /// The number of the last record before this place.
    pub(super) records: u64,
}

/// What tells one import from another.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) server: &'a str,
    pub(super) key_id: &'a str,
    pub(super) format: &'a str,
    pub(super) arguments: &'a [PathBuf],
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// The files up to the one in which the import stood.
    files: Vec<Input>,
    position: Position,
}

/// The journal of one import.
#[derive(Debug)]
pub(super) struct Journal {
    /// `None` where there is no place for one: the import runs, it just cannot be continued.
    path: Option<PathBuf>,
    position: Position,
    written_at: Option<Instant>,
}

impl Journal {
    /// The journal at `path`, or at the place that follows from the import's identity.
    pub(super) fn open(path: Option<PathBuf>, identity: &Identity<'_>) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => {
                make_parent(&path).map_err(|error| {
                    Failure::caused_by(format!("the journal {} cannot be written", path.display()), &error)
                })?;
                Some(path)
            }
            // Without a home, as in a container, nothing is remembered unless a place is named.
            None => state_directory()
                .map(|directory| directory.join(identity.file_name()))
                .filter(|path| make_parent(path).is_ok()),
        };
        Ok(Self { path, position: Position::default(), written_at: None })
    }

    /// Where to continue: behind what was acknowledged, as long as every file up to there is still the same.
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

    /// Moves on to `position`.
    pub(super) fn advance(&mut self, inputs: &Inputs, position: Position) -> Result<(), Failure> {
        self.position = position;
        if self.written_at.is_some_and(|at| at.elapsed() < WRITE_EVERY) {
            return Ok(());
        }
        self.write(inputs)
    }

    /// Writes the position that was reached, whole or not at all.
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

    /// Removes the journal: there is nothing to continue.
    pub(super) fn remove(&self) {
        if let Some(path) = &self.path {
            // A journal that stays behind costs one look at it; the import has succeeded all the same.
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

/// The user's directory for things that should outlive a process but are no documents.
fn state_directory() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    Some(base.join("auditlog"))
}
