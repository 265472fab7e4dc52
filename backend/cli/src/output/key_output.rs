//! Owns the destination of a new key: the terminal, or else a file that only its owner can read. A key is written to a
//! pipe only on request, because piped output often ends in a log.

use std::{io::IsTerminal, path::PathBuf};

use clap::Args;

use crate::{failure::Failure, output::SecretFile};

/// The destination of a new key.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyOutputArguments {
    /// Write the key to this new file, which only you can read, and print the file's name [default if the output is not
    /// a terminal: auditlog-key-TIME.key in the current directory]
    #[arg(long, value_name = "FILE", conflicts_with = "print_key")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print the key even if the output is not a terminal, for scripts that capture it
    #[arg(long)]
    pub(crate) print_key: bool,
}

impl KeyOutputArguments {
    /// Creates the file before the key exists. `None` if keys are printed. `now` is part of the default file name.
    pub(crate) fn prepare(&self, now: &str) -> Result<Option<SecretFile>, Failure> {
        match &self.key_file {
            Some(path) => SecretFile::create(path).map(Some),
            None if self.print_key || std::io::stdout().is_terminal() => Ok(None),
            None => SecretFile::create_numbered(&format!("auditlog-key-{}", compact(now)), "key").map(Some),
        }
    }
}

/// `2026-11-29T16:35:00.123456Z` as `20261129T163500Z`.
fn compact(time: &str) -> String {
    let seconds = time.get(..19).unwrap_or(time);
    seconds.chars().filter(char::is_ascii_alphanumeric).chain(['Z']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_fits_into_the_name_of_a_file() {
        assert_eq!(compact("2026-11-29T16:35:00.123456Z"), "20261129T163500Z");
    }
}
