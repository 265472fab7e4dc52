//! Generates the input of a run: events as JSON, filters and aggregations.

mod adjusted;
mod aggregation;
mod event;
mod filter;
mod vocabulary;

pub(super) use aggregation::aggregations;
pub(super) use event::{client_event, fresh_id, submitter};
pub(super) use filter::filter;
