//! Owns who may do what over HTTP: reading credentials, checking them, and the extractors by which a handler's
//! signature says what it needs. A handler without one of them is open to everybody, which a test holds to a list.

mod authenticate;
mod authorized;
mod bearer;
mod change;
mod standing;

pub use authorized::{ApiKeysManage, EventsRead, EventsWrite, LogReindex, LogVerify, Requirement, TenantsManage};
pub(crate) use authorized::{Authorized, KeyManager, TenantGrant, VerifyGrant};
pub(crate) use change::take_turn;
pub(crate) use standing::Standing;
