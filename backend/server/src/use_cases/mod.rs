//! Owns the operations of the server, independent of HTTP. Every change of control data is recorded as an event in the
//! log of the tenant it concerns, in the same commit.

mod aggregate_events;
mod api_keys;
mod asker;
mod audit;
mod author;
mod bootstrap;
mod export_events;
mod exports;
mod ingest;
mod key_rules;
mod list_events;
mod reset_clock;
mod saved_searches;
mod statistics;
mod tail_events;
mod tenants;

pub(crate) use aggregate_events::{AggregateAnswer, FacetsQuery, aggregate_events, list_facets};
pub(crate) use api_keys::find as find_api_key;
pub use api_keys::{
    ApiKeyUpdate, Edit, KeyPolicy, NewApiKey, create_api_key, create_first_api_key, revoke_api_key, update_api_key,
};
pub(crate) use asker::Asker;
pub use author::{Author, Origin};
pub use bootstrap::{BootstrapError, DEFAULT_TENANT, FirstKeys, bootstrap};
pub(crate) use export_events::{ExportQuery, export_events};
pub(crate) use exports::{
    ExportFile, NewExport, cancel_export, create_export, delete_export, find_export, list_exports, open_export_file,
};
pub(crate) use ingest::{BatchAnswer, EventAnswer, Place, Sender, ingest_batch, ingest_one};
pub(crate) use list_events::{Highlighting, ListAnswer, ListQuery, Total, get_event, list_events};
pub use reset_clock::{ClockReset, record_clock_reset};
pub(crate) use saved_searches::{
    NewSavedSearch, SavedSearchUpdate, create_saved_search, delete_saved_search, find_saved_search,
    list_saved_searches, update_saved_search,
};
pub(crate) use statistics::{Span, Statistics, WINDOWS_SECONDS, statistics};
pub(crate) use tail_events::{GivenBy, Resume, TailQuery, tail_events};
pub use tenants::{NewTenant, TenantUpdate, create_tenant, update_tenant};
pub(crate) use tenants::{find as find_tenant, status_text};
