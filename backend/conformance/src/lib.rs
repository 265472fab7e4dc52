//! The conformance suite that every implementation of the storage traits of `core` must pass.
//!
//! [`oracle`] is a slow and obvious reference store, [`suite`] tests each sentence of the traits' documentation, and
//! [`model`] runs random operations on a store and the oracle side by side. The crate knows the traits and no
//! implementation: each implementation's own tests pass their store in.

pub mod fixtures;
pub mod model;
pub mod oracle;
pub mod suite;

use auditlog_core::store::{ControlStore, EventStore, ExportFiles, Intake, KeyDirectory, Reindex, Verify};

/// A whole store: all traits that the suite tests.
pub trait Store: Intake + EventStore + ControlStore + KeyDirectory + ExportFiles + Verify + Reindex {}

impl<S: Intake + EventStore + ControlStore + KeyDirectory + ExportFiles + Verify + Reindex> Store for S {}
