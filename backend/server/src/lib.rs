//! The audit log's HTTP server: use cases, routes, authentication, configuration and telemetry.
//!
//! It knows the contracts of [`auditlog_core::store`] and no implementation of them: whoever composes the program
//! hands one in as [`app::Services`]. It owns no thread and no file; everything it needs of the outside comes in.

mod answer;
pub mod api;
pub mod app;
pub mod auth;
mod body;
pub mod config;
mod export;
mod jobs;
mod limits;
pub mod problem;
mod request;
mod router;
pub mod serve;
mod tail;
pub mod telemetry;
pub mod use_cases;
pub mod verification;
