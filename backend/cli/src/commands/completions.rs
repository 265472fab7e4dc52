//! `auditlog completions`: prints the completion script of a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::{Exit, Outcome};

const EXAMPLES: &str = "\
Examples:
  auditlog completions bash > ~/.local/share/bash-completion/completions/auditlog
  auditlog completions zsh > ~/.zfunc/_auditlog
  auditlog completions fish > ~/.config/fish/completions/auditlog.fish";

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut command = super::Arguments::command();
    // The generator does not report a closed pipe, so it writes into memory first.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "auditlog", &mut script);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
    Ok(Exit::Done)
}
