//! The server as a process: started, awaited, killed, stopped, checked. Knows the binary's command line, and nothing of
//! the contents of its data directory.

mod check;
mod metrics;
mod process;
mod resources;
mod setup;

pub use check::{CheckReport, DisposableCopy, check};
pub use metrics::Metrics;
pub use process::{
    Memory, ServerPlan, ServerProcess, StartError, machine_seconds, memory_of, processor_seconds, written_bytes,
};
pub use resources::Resources;
pub use setup::{Keys, SetupError, create_tenants, read_tenants};
