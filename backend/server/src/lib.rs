//! The audit log's HTTP server: use cases, routes, authentication, configuration and telemetry.
//!
//! It knows the contracts of [`auditlog_core::store`] but no implementation of them: the composition root injects one
//! as [`app::Services`]. The crate creates no thread, and opens no file except the configuration file and files in
//! `/proc/self`; all other external resources are injected.

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
mod standing;
mod tail;
pub mod telemetry;
pub mod use_cases;
pub mod verification;
