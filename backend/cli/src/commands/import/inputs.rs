//! Selects the files to import and their order.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::Format;
use crate::failure::Failure;

/// An input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// The time of the last change, in microseconds since 1970. With the length it identifies an unchanged file.
    pub(super) modified_micros: u64,
}

/// All files, in reading order.
pub(super) struct Inputs(Vec<Input>);

impl Inputs {
    /// Expands the arguments: a file is accepted whatever its name, a directory is filtered by file name endings.
    pub(super) fn find(arguments: &[PathBuf], format: Format) -> Result<Self, Failure> {
        let mut inputs = Vec::new();
        for argument in arguments {
            let unreadable = |error: io::Error| Failure {
                exit: crate::failure::Exit::Usage,
                ..Failure::caused_by(format!("{} cannot be read", argument.display()), &error)
            };
            if !fs::metadata(argument).map_err(unreadable)?.is_dir() {
                inputs.push(input(argument).map_err(unreadable)?);
                continue;
            }
            let before = inputs.len();
            walk(argument, format, &mut inputs).map_err(unreadable)?;
            if inputs.len() == before {
                let endings = format.endings().join(", ");
                return Err(Failure::usage(format!("{} holds no file to import", argument.display()))
                    .detail(format!(
                        "in a directory, only files with these endings are imported: {endings}, each also with .gz"
                    ))
                    .hint("name other files one by one"));
            }
        }
        Ok(Self(inputs))
    }

    /// The files in order.
    pub(super) fn as_slice(&self) -> &[Input] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The total size of all files on disk, in bytes.
    pub(super) fn total_bytes(&self) -> u64 {
        self.0.iter().map(|input| input.bytes).sum()
    }

    /// The name of a file in messages.
    pub(super) fn name_of(&self, file: usize) -> String {
        self.0.get(file).map(|input| input.path.display().to_string()).unwrap_or_default()
    }
}

fn walk(directory: &Path, format: Format, inputs: &mut Vec<Input>) -> io::Result<()> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    // The names of log files begin with their time, so this order is chronological.
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, format, inputs)?;
        } else if has_ending(&path, format) {
            inputs.push(input(&path)?);
        }
    }
    Ok(())
}

fn has_ending(path: &Path, format: Format) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    format.endings().iter().any(|ending| name.ends_with(ending))
}

fn input(path: &Path) -> io::Result<Input> {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified_micros = u64::try_from(modified.as_micros()).unwrap_or(u64::MAX);
    Ok(Input { path: path.to_owned(), bytes: metadata.len(), modified_micros })
}
