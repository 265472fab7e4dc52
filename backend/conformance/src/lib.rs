//! What every implementation of the storage traits of `core` is held to.
//!
//! [`oracle`] is a slow and obvious store to compare with, [`suite`] the sentences of the traits' documentation as
//! tests, [`model`] random operations over a store and the oracle side by side. The crate knows the traits and no implementation: each implementation's own tests hand
//! theirs in.

pub mod fixtures;
pub mod model;
pub mod oracle;
pub mod suite;

use auditlog_core::store::{ControlStore, EventStore, ExportFiles, Intake, Reindex, Verify};

/// A whole store: everything that the suite asks of one.
pub trait Store: Intake + EventStore + ControlStore + ExportFiles + Verify + Reindex {}

impl<S: Intake + EventStore + ControlStore + ExportFiles + Verify + Reindex> Store for S {}
