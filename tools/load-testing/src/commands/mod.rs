//! The subcommands. Each turns arguments into a plan of the library, runs it, and prints a summary: words for people go
//! to standard error, one JSON object goes to standard output.

mod attack;
mod bench;
mod campaign;
mod corpus;
mod export;
mod faults;
mod hostile;
mod load;
mod soak;
mod tail;

use std::{fmt, path::PathBuf, process};

use auditlog_core::{
    clock::{Clock as _, SystemClock},
    timestamp::Timestamp,
};
use auditlog_load_testing::campaign::Fault;
use clap::{Parser, Subcommand};
use serde::Serialize;

/// Load generator and correctness oracle for an audit log server.
#[derive(Debug, Parser)]
#[command(name = "hammer", version, about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send events to a running server, remember every acknowledgement, then prove each one.
    Load(load::LoadArguments),
    /// Prove the acknowledgements that an earlier `load --record` wrote.
    Verify(load::VerifyArguments),
    /// Kill a server under load repeatedly; no acknowledged event may be lost or duplicated.
    Crash(campaign::CrashArguments),
    /// Cut the power of the server's file system under load repeatedly (needs root and loop devices).
    PowerCut(campaign::PowerCutArguments),
    /// Make each file operation of a small workload fail, one per run; nothing may be lost or served wrong.
    Faults(faults::FaultArguments),
    /// Run hostile clients, a slow disk and a wrong clock against a server and measure the effect on other clients.
    Hostile(hostile::HostileArguments),
    /// Attack a server with phrases, unread answers, a full disk, shares and keys; check the effect on other tenants.
    Attack(attack::AttackArguments),
    /// Measure a server of its own on a fresh directory.
    Bench(bench::BenchArguments),
    /// Run a server for a long time under a steady load and show whether its resource use stays flat.
    Soak(soak::SoakArguments),
    /// Follow a log with many readers while events are sent: each gets each event once, and the rate is held.
    Tail(tail::TailArguments),
    /// Export a log in every format: each file holds the events of the list, and memory does not grow with it.
    Export(export::ExportArguments),
    /// Write the events that `bench` sends with the same seed, and its queries.
    Corpus(corpus::CorpusArguments),
}

/// Why the exit code is not 0.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server lost, duplicated, mixed up or changed something.
    PromiseBroken,
    /// The server could not be tested.
    CannotRun(String),
    /// Power cuts cannot be tested here.
    NoPowerToCut(String),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::CannotRun(fault.to_string())
    }
}

impl Failure {
    fn cannot(error: impl fmt::Display) -> Self {
        Self::CannotRun(error.to_string())
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Load(arguments) => load::load(arguments).await,
        Command::Verify(arguments) => load::verify(arguments).await,
        Command::Crash(arguments) => campaign::crash(arguments).await,
        Command::Faults(arguments) => faults::faults(arguments).await,
        Command::Hostile(arguments) => hostile::hostile(arguments).await,
        Command::Attack(arguments) => attack::attack(arguments).await,
        Command::Bench(arguments) => bench::bench(arguments).await,
        Command::Corpus(arguments) => corpus::corpus(&arguments),
        Command::Export(arguments) => export::export(arguments).await,
        Command::Soak(arguments) => soak::soak(arguments).await,
        Command::Tail(arguments) => tail::tail(arguments).await,
        Command::PowerCut(arguments) => campaign::power_cut(arguments).await,
    }
}

/// A random seed, which is printed so that the run can be repeated.
fn seed(given: Option<u64>) -> u64 {
    let seed = given.unwrap_or_else(|| SystemClock.now().as_micros().unsigned_abs() ^ u64::from(process::id()) << 40);
    eprintln!("seed {seed}");
    seed
}

/// The newest time of a corpus.
fn newest(given: Option<&str>) -> Result<Timestamp, Failure> {
    let Some(text) = given else { return Ok(SystemClock.now()) };
    Timestamp::parse_rfc3339(text).ok_or_else(|| Failure::cannot(format!("{text} is not an RFC 3339 time")))
}

fn print_summary(summary: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(summary).map_err(Failure::cannot)?);
    Ok(())
}

/// A new directory for this run, unless one was given.
fn work_dir(given: Option<PathBuf>) -> PathBuf {
    given.unwrap_or_else(|| std::env::temp_dir().join(format!("hammer-{}", process::id())))
}
