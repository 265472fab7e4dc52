//! Storage of control data: one trait to read each kind of record, and one to change records. A change and the events
//! that record it commit together or not at all.
//!
//! Records carry a [`Revision`] (optimistic concurrency control): a caller decides on a change from the record that it
//! read, and the writer refuses the change if the record has changed since. So no lock is held between the read and the
//! change, in this process or another one.

mod api_key;
mod commit;
mod edit;
mod export;
mod key_directory;
mod revision;
mod saved_search;
mod tenant;

pub use api_key::{ApiKey, ApiKeyChange, ApiKeyCounts, ApiKeyPosition, ApiKeyStore};
pub use commit::{Condition, ControlChange, ControlCommit, ControlWriter, Urgency};
pub use edit::Edit;
pub use export::{
    EXPORTS_MAX, EXPORTS_OF_OWNER_MAX, Export, ExportChange, ExportId, ExportProgress, ExportRequest, ExportStatus,
    ExportStore, LeaseId, SequenceSpan,
};
pub use key_directory::KeyDirectory;
pub use revision::{Expected, Revision};
pub use saved_search::{
    SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_OWNER_MAX, SavedSearch, SavedSearchChange, SavedSearchId, SavedSearchStore,
    SearchVisibility,
};
pub use tenant::{Tenant, TenantChange, TenantStatus, TenantStore};

/// All control data of an installation.
pub trait ControlStore: TenantStore + ApiKeyStore + SavedSearchStore + ExportStore + ControlWriter {}

impl<S: TenantStore + ApiKeyStore + SavedSearchStore + ExportStore + ControlWriter> ControlStore for S {}
