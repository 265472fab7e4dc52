//! The server over real HTTP, with the in-memory oracle behind it: what clients may rely on.

mod authorization;
mod bootstrap;
mod control;
mod documents;
mod harness;
mod ingest;
mod isolation;
mod list;
mod malformed;
mod operations;
mod overload;
mod properties;
mod shutdown;
mod withheld;
