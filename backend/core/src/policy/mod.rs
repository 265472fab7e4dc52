//! Authorisation as a pure function: a principal and a permission in, a verdict out.

mod credential;
mod decide;
mod permission;
mod role;

pub use credential::{ApiKeyToken, EnvironmentName, MalformedEnvironment, Pepper, TokenError};
pub use decide::{Denial, Principal, Scope, decide};
pub use permission::{Permission, Permissions};
pub use role::Role;
