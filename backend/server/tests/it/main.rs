//! The server over real HTTP, backed by the in-memory reference store: the behaviour that clients may rely on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod adjusted;
mod aggregate;
mod authorization;
mod batches;
mod bootstrap;
mod control;
mod documents;
mod export;
mod export_tables;
mod exports;
mod harness;
mod highlight;
mod ingest;
mod isolation;
mod keys;
mod list;
mod lists;
mod logs;
mod malformed;
mod matching;
mod operations;
mod overload;
mod properties;
mod revisions;
mod saved_searches;
mod shares;
mod shutdown;
mod standing;
mod stats;
mod submitters;
mod suggestions;
mod tail;
mod unread;
mod withheld;
