//! Owns the facts that the server itself records about the events of one request: the tenant, the time of receipt and
//! the credential. Producers cannot set any of them.

use super::{SubmitterType, Violation, violation::code};
use crate::{
    id::{CredentialId, TenantId},
    timestamp::Timestamp,
};

/// The `source.service` of the events that the server writes about its own control data. No client may use it.
pub const RESERVED_SERVICE: &str = "auditlog";

/// The facts that the server knows about every event of one request. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The tenant, from the credential.
    pub tenant_id: TenantId,
    /// The credential.
    pub submitted_by: Submitter,
    /// When the request was received.
    pub received_at: Timestamp,
}

/// The credential that submitted an event. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Submitter {
    /// An API key.
    ApiKey(CredentialId),
    /// An access token.
    Token(CredentialId),
    /// A person who is signed in. The id is the server's own for that person, never a subject or an email address.
    User(CredentialId),
    /// The server itself, which records changes of its control data.
    Server,
}

impl Submitter {
    /// Combines the parts. `None` where the type needs an id and has none, or the other way round.
    #[must_use]
    pub fn from_parts(kind: SubmitterType, id: Option<CredentialId>) -> Option<Self> {
        match (kind, id) {
            (SubmitterType::ApiKey, Some(id)) => Some(Self::ApiKey(id)),
            (SubmitterType::Token, Some(id)) => Some(Self::Token(id)),
            (SubmitterType::User, Some(id)) => Some(Self::User(id)),
            (SubmitterType::Server, None) => Some(Self::Server),
            (SubmitterType::ApiKey | SubmitterType::Token | SubmitterType::User, None)
            | (SubmitterType::Server, Some(_)) => None,
        }
    }

    /// The kind of credential.
    #[must_use]
    pub const fn kind(&self) -> SubmitterType {
        match self {
            Self::ApiKey(_) => SubmitterType::ApiKey,
            Self::Token(_) => SubmitterType::Token,
            Self::User(_) => SubmitterType::User,
            Self::Server => SubmitterType::Server,
        }
    }

    /// The credential's public name; the server has none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::ApiKey(id) | Self::Token(id) | Self::User(id) => Some(id.as_str()),
            Self::Server => None,
        }
    }

    /// Checks that only the server reports events from [`RESERVED_SERVICE`].
    ///
    /// # Errors
    /// The violation, where another submitter uses it.
    pub(super) fn check_service(&self, service: &str) -> Result<(), Violation> {
        // Names compare after Unicode case folding. No character outside ASCII folds to one of these eight letters, so
        // folding ASCII alone has the same result.
        if *self == Self::Server || !service.eq_ignore_ascii_case(RESERVED_SERVICE) {
            return Ok(());
        }
        Err(Violation {
            pointer: "/source/service".to_owned(),
            code: code::RESERVED_SERVICE,
            detail: format!("`{RESERVED_SERVICE}` names the audit log itself; use the name of the reporting service"),
        })
    }
}
