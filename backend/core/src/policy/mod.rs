//! Authorisation as a pure function: a caller and a permission in, a verdict out.

mod caller;
mod credential;
mod permission;
mod role;

pub use caller::{Caller, Denial, Origin, Scope, Subject};
pub use credential::{ApiKeyToken, EnvironmentName, MalformedEnvironment, Pepper, TokenError};
pub use permission::{Permission, Permissions};
pub use role::Role;
