//! `hammer`: sends audit events to a server over its HTTP API, records every acknowledgement and proves afterwards that
//! the server kept its promises, whatever happened to it meanwhile.
//!
//! It knows the API, not the engine: the server is a separate process, and nothing here reads its files. The types of
//! ids and times come from `auditlog-core`.

pub mod api;
pub mod attack;
pub mod bench;
pub mod campaign;
pub mod corpus;
pub mod exports;
pub mod faults;
pub mod hostile;
pub mod load;
pub mod record;
pub mod server;
pub mod soak;
pub mod tail;
pub mod verify;
