//! Owns the operations of the server, independent of HTTP. Every change of control data is recorded as an event in the
//! log of the tenant it concerns, in the same commit. A use case takes the services that it needs and returns its own
//! errors; `api` knows which problem each one is.

mod aggregate_events;
mod api_keys;
mod audit;
mod bootstrap;
mod change;
mod change_error;
mod cursor_secret;
mod export_events;
mod export_file;
mod exports;
mod ingest;
mod key_rules;
mod list_events;
mod read;
mod read_error;
mod reset_clock;
mod saved_searches;
mod statistics;
mod suggest_queries;
mod tail_events;
mod tenants;
mod withheld;

pub(crate) use aggregate_events::{AggregateAnswer, FacetsQuery, aggregate_events, list_facets};
pub(crate) use api_keys::find_api_key;
pub use api_keys::{
    ApiKeyUpdate, CreatedApiKey, KeyPolicy, NewApiKey, create_api_key, create_first_api_key, revoke_api_key,
    update_api_key,
};
pub use audit::Unrecordable;
pub use bootstrap::{BootstrapError, FirstKeys, bootstrap};
pub use change::{ChangeServices, Editor};
pub use change_error::ChangeError;
pub use cursor_secret::CursorSecret;
pub(crate) use export_events::{ExportQuery, export_events};
pub(crate) use export_file::{ExportFile, ExportFileRefusal, ExportFileServices, open_export_file};
pub(crate) use exports::{NewExport, cancel_export, create_export, delete_export, find_export, list_exports};
pub(crate) use ingest::{
    Accepted, BatchAnswer, BatchCounts, BatchVerdict, EventAnswer, IngestError, IngestServices, Sender, SentBatch,
    Strictness, ingest_batch, ingest_one,
};
#[cfg(test)]
pub(crate) use ingest::{Fate, answer_bytes_max, limit_violations};
pub(crate) use list_events::{Highlighting, ListAnswer, ListQuery, Suggesting, Total, get_event, list_events};
pub(crate) use read::ReadServices;
pub(crate) use read_error::ReadError;
pub use reset_clock::{ClockReset, record_clock_reset};
pub(crate) use saved_searches::{
    NewSavedSearch, SavedSearchUpdate, create_saved_search, delete_saved_search, find_saved_search,
    list_saved_searches, update_saved_search,
};
pub(crate) use statistics::{Span, Statistics, WINDOWS_SECONDS, statistics};
pub(crate) use suggest_queries::Suggestion;
pub(crate) use tail_events::{BeyondHead, GivenBy, Resume, TailAnswer, TailQuery, tail_events};
pub(crate) use tenants::find_tenant;
pub use tenants::{NewTenant, TenantUpdate, create_tenant, update_tenant};
pub use withheld::Withheld;
