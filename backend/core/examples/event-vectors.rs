//! Prints a document of the vectors of event v1, as the tests' tables and the specification have it:
//! `cargo run --release -p auditlog-core --example event-vectors refused > docs/spec/vectors/event-v1-refused.json` and
//! `cargo run --release -p auditlog-core --example event-vectors stored > docs/spec/vectors/event-v1-stored.json`

#[path = "../tests/leaf_v1/naive/jcs.rs"]
mod jcs;
#[path = "../tests/event_v1/vectors/mod.rs"]
mod vectors;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("refused") => print!("{}", vectors::refused_text()),
        Some("stored") => print!("{}", vectors::stored_text()),
        _ => {
            eprintln!("say which document is to be printed: refused or stored");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
