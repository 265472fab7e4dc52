//! Owns where a new key goes: to the terminal of whoever asked for it, else to a file that its owner alone can read. What
//! is written into a pipe often ends in a log.

use std::{io::IsTerminal, path::PathBuf};

use clap::Args;

use crate::{failure::Failure, output::SecretFile};

/// Where a new key goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyOutputArguments {
    /// Write the key to this new file, which you alone can read, and print the file's name [default where the output is no
    /// terminal: auditlog-key-TIME.key in the current directory]
    #[arg(long, value_name = "FILE", conflicts_with = "print_key")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print the key even where the output is no terminal, for scripts that take it
    #[arg(long)]
    pub(crate) print_key: bool,
}

impl KeyOutputArguments {
    /// Makes the file, before there is a key to be kept in it. `None` where keys are printed; `now` names a file that
    /// nobody named.
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
