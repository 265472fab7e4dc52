//! The commands, one file each, and what several of them share: [`question`] selects the events, [`groups`] shows
//! groups of them. A command owns its arguments, its help and its output. It reaches the server only as a client, and a
//! stopped data directory only through [`crate::offline`] or the store's own check and reindex.

mod aggregate;
mod check;
mod command_line;
mod completions;
mod config;
mod demo_data;
mod export;
mod export_job;
mod facets;
mod get;
mod groups;
mod import;
mod interrupt;
mod key;
mod openapi;
mod question;
mod reindex;
mod saved_search;
mod search;
mod send;
mod serve;
mod stats;
mod tail;
mod tenant;

use clap::Subcommand;

pub(crate) use command_line::Arguments;

use crate::{failure::Outcome, output::Console};

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Arguments),
    Send(Box<send::Arguments>),
    Import(import::Arguments),
    Search(search::Arguments),
    SavedSearch(saved_search::Arguments),
    Tail(tail::Arguments),
    Aggregate(aggregate::Arguments),
    Facets(facets::Arguments),
    Export(export::Arguments),
    ExportJob(export_job::Arguments),
    Stats(stats::Arguments),
    Get(get::Arguments),
    DemoData(demo_data::Arguments),
    Key(key::Arguments),
    Tenant(tenant::Arguments),
    Check(check::Arguments),
    Reindex(reindex::Arguments),
    Config(config::Arguments),
    Openapi(openapi::Arguments),
    Completions(completions::Arguments),
}

/// Runs a command to completion.
pub(crate) fn run(command: Command, console: &Console) -> Outcome {
    match command {
        Command::Serve(arguments) => serve::run(arguments, console),
        Command::Send(arguments) => send::run(*arguments, console),
        Command::Import(arguments) => import::run(arguments, console),
        Command::Search(arguments) => search::run(&arguments, console),
        Command::SavedSearch(arguments) => saved_search::run(&arguments, console),
        Command::Tail(arguments) => tail::run(&arguments, console),
        Command::Aggregate(arguments) => aggregate::run(&arguments, console),
        Command::Facets(arguments) => facets::run(&arguments, console),
        Command::Export(arguments) => export::run(&arguments, console),
        Command::ExportJob(arguments) => export_job::run(&arguments, console),
        Command::Stats(arguments) => stats::run(&arguments, console),
        Command::Get(arguments) => get::run(&arguments, console),
        Command::DemoData(arguments) => demo_data::run(&arguments, console),
        Command::Key(arguments) => key::run(arguments, console),
        Command::Tenant(arguments) => tenant::run(arguments, console),
        Command::Check(arguments) => check::run(&arguments, console),
        Command::Reindex(arguments) => reindex::run(&arguments, console),
        Command::Config(arguments) => config::run(arguments, console),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
