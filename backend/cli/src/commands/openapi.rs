//! `auditlog openapi`: prints the API's description, generated from the routes.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::failure::{Exit, Failure, Outcome};

const EXAMPLES: &str = "\
Examples:
  auditlog openapi > openapi.yaml
  auditlog openapi --format json | jq '.paths | keys'";

/// Print the API's OpenAPI document
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The notation
    #[arg(long, value_enum, default_value_t = Notation::Yaml)]
    format: Notation,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Notation {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let printed = match arguments.format {
        Notation::Yaml => auditlog_server::api::openapi_yaml(),
        Notation::Json => auditlog_server::api::openapi_json(),
    };
    let document = printed.map_err(|error| Failure::failed(error.to_string()))?;
    writeln!(std::io::stdout().lock(), "{}", document.trim_end())?;
    Ok(Exit::Done)
}
