//! `auditlog config`: shows and checks the configuration of a server.

use std::io::Write;

use clap::{Args, Subcommand};

use crate::{
    configuration::ConfigArguments,
    failure::{Exit, Failure, Outcome},
    output::Console,
};

const EXAMPLES: &str = "\
Sources; each overrides the one before:
  the defaults
  a TOML file                     --config FILE, or AUDITLOG_CONFIG
  the environment                 AUDITLOG__SERVER__LISTEN sets server.listen
  flags                           --listen

Examples:
  auditlog config show
  auditlog config show > auditlog.toml        # a file with every key, to be edited
  auditlog config validate --config auditlog.toml";

/// Show or check the configuration
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the effective configuration; secrets are left out
    Show(ConfigArguments),
    /// Check the configuration and name each mistake
    Validate(ConfigArguments),
}

pub(super) fn run(arguments: Arguments, console: &Console) -> Outcome {
    match arguments.command {
        ConfigCommand::Show(sources) => {
            let text = toml::to_string(&sources.load()?)
                .map_err(|error| Failure::caused_by("the configuration cannot be printed", &error))?;
            std::io::stdout().lock().write_all(text.as_bytes())?;
        }
        ConfigCommand::Validate(sources) => {
            sources.load()?;
            console.note("the configuration is valid");
        }
    }
    Ok(Exit::Done)
}
