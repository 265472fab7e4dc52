//! The contracts of storage. The suite in `backend/conformance` checks every implementation of these traits against
//! their documentation.

mod aggregate;
mod control;
mod error;
mod events;
mod export;
mod export_files;
mod intake;
mod measurement;
mod reindexing;
mod saved_search;
mod statistics;
mod verification;

use std::{future::Future, pin::Pin};

pub use aggregate::{
    Aggregate, AggregateRequest, Distinct, Extreme, Groups, MetricValue, TermGroup, TermGroups, TimeGroup,
};
pub use control::{ApiKey, ApiKeyCounts, ApiKeyPosition, ControlChange, ControlStore, Tenant, TenantStatus, Urgency};
pub use error::{AppendError, ControlError, QueryError};
pub use events::{
    Computation, EventStore, Health, ListRequest, PAGE_BYTES_MAX, Page, ScanPage, ScanRequest, TreeHead, View,
};
pub use export::{
    EXPORTS_MAX, EXPORTS_OF_KEY_MAX, Export, ExportId, ExportProgress, ExportRequest, ExportStatus, SequenceSpan,
};
pub use export_files::{ExportFileError, ExportFiles, ExportKey, ExportReader, ExportWriter};
pub use intake::{Intake, Receipt};
pub use measurement::{Measurement, MeasurementKind, Observe};
pub use reindexing::{Reindex, Reindexed};
pub use saved_search::{SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_KEY_MAX, SavedSearch, SavedSearchId, SearchVisibility};
pub use statistics::{Overlap, StorageStatistics};
pub use verification::{Finding, Findings, LogVerification, Part, Sequences, Verification, Verify};

/// A future that the traits return; core knows no runtime, so it is boxed.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
