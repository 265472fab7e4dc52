//! The contracts of storage. The suite in `backend/conformance` checks every implementation of these traits against
//! their documentation.

mod aggregate;
mod control;
mod error;
mod events;
mod export_files;
mod intake;
mod measurement;
mod reindexing;
mod statistics;
mod stopped_store;
mod verification;

use std::{future::Future, pin::Pin};

pub use aggregate::{
    Aggregate, AggregateRequest, Distinct, Extreme, Groups, MetricValue, TermGroup, TermGroups, TimeGroup,
};
pub use control::{
    ApiKey, ApiKeyChange, ApiKeyCounts, ApiKeyPosition, ApiKeyStore, Condition, ControlChange, ControlCommit,
    ControlStore, ControlWriter, EXPORTS_MAX, EXPORTS_OF_OWNER_MAX, Edit, Expected, Export, ExportChange, ExportId,
    ExportProgress, ExportRequest, ExportStatus, ExportStore, KeyDirectory, LeaseId, Revision, SAVED_SEARCHES_MAX,
    SAVED_SEARCHES_OF_OWNER_MAX, SavedSearch, SavedSearchChange, SavedSearchId, SavedSearchStore, SearchVisibility,
    SequenceSpan, Tenant, TenantChange, TenantStatus, TenantStore, Urgency,
};
pub use error::{AppendError, ControlError, QueryError, RecordKind, RecordName};
pub use events::{
    Computation, EventStore, Health, ListRequest, PAGE_BYTES_MAX, Page, ScanPage, ScanRequest, TreeHead, View,
};
pub use export_files::{ExportFileError, ExportFiles, ExportKey, ExportReader, ExportWriter};
pub use intake::{EventOutcome, Intake, Receipt, ReceiptStatus, id_conflict, not_stored};
pub use measurement::{Measurement, MeasurementKind, Observe};
pub use reindexing::{Reindex, Reindexed};
pub use statistics::{Overlap, StorageStatistics};
pub use stopped_store::{CheckProgress, CheckReport, ReindexProgress, StoppedStore, StoppedStoreError};
pub use verification::{Finding, Findings, LogVerification, Part, Sequences, Verification, Verify};

/// A future that the traits return; core knows no runtime, so it is boxed.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
