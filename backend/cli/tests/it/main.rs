//! End to end: the real command line against a real server on a port of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics, and so do its helper functions")]

mod aggregate;
mod charts;
mod check;
mod cloudtrail;
mod configuration;
mod demo_data;
mod drawn;
mod export;
mod export_formats;
mod export_job;
mod export_transfer;
mod facets;
mod first_start;
mod guides;
mod harness;
mod import_cloudtrail;
mod import_ndjson;
mod jq;
mod keys;
mod metrics;
mod open_files;
mod proxy;
mod reported;
mod reserved_service;
mod reset_clock;
mod saved_search;
mod search;
mod send;
mod shutdown;
mod stats;
mod surface;
mod tail;
mod tenants;
mod terminal;
