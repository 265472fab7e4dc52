//! `auditlog`: the one binary. It parses the command line, runs a command and prints the outcome.
//!
//! This crate is the only composition root: [`wiring`] picks the implementation of every contract. Most commands are
//! clients of the HTTP API; some of them open the data directory of a stopped server instead if `--data-dir` is given.

mod arguments;
mod client;
mod commands;
mod configuration;
mod demo;
mod failure;
mod import;
mod json_text;
mod offline;
mod output;
mod wiring;

use std::process::ExitCode;

use crate::{
    commands::Arguments,
    output::{Console, Verbosity},
};

/// Events are many small strings that one thread allocates and another frees; this allocator is made for that pattern.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::read(std::env::args_os());
    let verbosity = if arguments.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let console = Console::new(verbosity);
    match commands::run(arguments.command, &console) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            console.failure(&failure);
            failure.exit.into()
        }
    }
}
