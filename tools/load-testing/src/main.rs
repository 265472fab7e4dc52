//! `hammer`, the command line: parses arguments, runs one of the library's tests, prints the results.
//!
//! Exit codes: 0 every promise was kept; 1 a promise was broken; 2 the run failed; 3 this machine cannot cut power.

mod commands;

use std::process::ExitCode;

use clap::Parser as _;
use commands::{Arguments, Failure};

#[tokio::main]
async fn main() -> ExitCode {
    match commands::run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::PromiseBroken) => {
            eprintln!("hammer: the server broke its promises; see the violations above");
            ExitCode::from(1)
        }
        Err(Failure::CannotRun(reason)) => {
            eprintln!("hammer: {reason}");
            ExitCode::from(2)
        }
        Err(Failure::NoPowerToCut(reason)) => {
            eprintln!("hammer: power cuts cannot be tested here: {reason}");
            ExitCode::from(3)
        }
    }
}
