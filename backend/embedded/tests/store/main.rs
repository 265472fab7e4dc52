//! The guarantees of the embedded store, tested from outside. One binary: linking it costs more than running it.

#![expect(clippy::unwrap_used, reason = "what cannot be set up is a failed test")]

mod adjusting;
mod checking;
mod clock;
mod control;
mod counting;
mod directory;
mod durability;
mod fixture_vectors;
mod format;
mod leftovers;
mod limits;
mod overlap;
mod reindexing;
mod sealing;
mod support;
mod tampering;
