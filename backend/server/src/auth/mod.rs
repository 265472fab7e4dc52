//! Owns authorization over HTTP: reading credentials, checking them, and the extractors in which a handler's signature
//! declares the permission it requires. A handler without an extractor is open to every caller; a test checks those
//! handlers against a list.

mod authenticate;
mod authorized;
mod bearer;

pub(crate) use authenticate::Authenticator;
pub(crate) use authorized::Authorized;
pub use authorized::{ApiKeysManage, EventsRead, EventsWrite, LogReindex, LogVerify, Requirement, TenantsManage};
