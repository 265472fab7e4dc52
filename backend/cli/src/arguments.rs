//! Owns the arguments that several commands share: how a server is named, and how an answer is printed.

use clap::{Args, ValueEnum};

/// The server, and the key to use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArguments {
    /// The server's address
    #[arg(long, env = "AUDITLOG_URL", default_value = "http://127.0.0.1:8080", hide_env_values = true)]
    pub(crate) url: String,
    /// The API key; prefer the environment variable, because other users can see a command line
    #[arg(long, env = "AUDITLOG_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
    /// How long to keep trying while the server is busy or restarting
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) retry_for: u64,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct OutputArguments {
    /// How to print the answer
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,
}

/// The audience of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Text,
    /// For scripts
    Json,
}
