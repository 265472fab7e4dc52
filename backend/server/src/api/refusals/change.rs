//! Owns the problems of changes of control data.

use std::time::Duration;

use auditlog_core::store::{
    EXPORTS_MAX, EXPORTS_OF_OWNER_MAX, RecordKind, SAVED_SEARCHES_MAX, SAVED_SEARCHES_OF_OWNER_MAX,
};

use crate::{
    problem::{Code, Problem, ProblemError},
    use_cases::ChangeError,
};

/// The retry delay for a change that conflicted with others.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound(kind) => not_found(kind),
            ChangeError::AlreadyExists(kind) => already_exists(kind),
            ChangeError::LimitReached(kind) => limit_reached(kind),
            ChangeError::NotOwner(kind) => {
                let detail = format!(
                    "the {} belongs to another owner; changing or deleting it requires the permission api_keys.manage",
                    kind.as_str()
                );
                Self::new(Code::PermissionDenied, detail)
            }
            ChangeError::PrivateOfAnotherOwner => {
                let detail = "only the owner can make a saved search private, because nobody else could see it then";
                at_member(Code::PermissionDenied, "/visibility", Code::PermissionDenied.as_str(), detail.to_owned())
            }
            ChangeError::NoOwner(kind) => {
                Self::new(Code::PermissionDenied, format!("these credentials cannot own a record: {}", kind.as_str()))
            }
            ChangeError::WrongRevision { current } => {
                let detail =
                    format!("If-Match does not list the record's entity tag, \"{current}\"; get it and decide again");
                let error = ProblemError::header("If-Match", Code::RevisionMismatch.as_str(), detail.clone());
                Self::new(Code::RevisionMismatch, detail).with_error(error)
            }
            ChangeError::Conflict => {
                Self::new(Code::RevisionConflict, "nothing was changed, because other changes were faster; retry it")
                    .retry_after(RETRY_AFTER)
            }
            ChangeError::TooManyLiveKeys { live } => {
                let detail = format!(
                    "there are {live} keys that are neither revoked nor expired; revoke one that is no longer needed"
                );
                Self::new(Code::TooManyApiKeys, detail)
            }
            ChangeError::TenantHasKeys => Self::new(
                Code::TenantHasKeys,
                "the tenant manages its own keys; ask a holder of its api_keys.manage permission",
            ),
            error @ ChangeError::PermissionOutOfScope { .. } => {
                at_member(Code::InvalidRequest, "/permissions", "permission_out_of_scope", error.to_string())
            }
            error @ ChangeError::PermissionNotHeld => Self::new(Code::PermissionNotHeld, error.to_string()),
            error @ ChangeError::StrongerKey(_) => Self::new(Code::StrongerKey, error.to_string()),
            error @ ChangeError::ExpiresTooLate(_) => beyond_bounds("/expires_at", error.to_string()),
            error @ ChangeError::NetworksTooWide => beyond_bounds("/allowed_networks", error.to_string()),
            ChangeError::ExportFinished => {
                Self::new(Code::ExportFinished, "the export has already ended; delete it if it is no longer needed")
            }
            ChangeError::Withheld(withheld) => not_permitted("/query", withheld.to_string()),
            ChangeError::HiddenColumn(column) => not_permitted("/columns", column.to_string()),
            ChangeError::NotValid(reason) => reason.into(),
            ChangeError::Refused(refused) => refused.into(),
            ChangeError::Log(error) => error.into(),
            ChangeError::Unrecordable(_) => {
                Self::new(Code::InternalError, "the change could not be recorded and was not made")
            }
            ChangeError::Store(error) => error.into(),
        }
    }
}

fn not_found(kind: RecordKind) -> Problem {
    match kind {
        RecordKind::Tenant => Problem::new(Code::TenantNotFound, "there is no tenant with this id"),
        RecordKind::ApiKey => Problem::new(Code::ApiKeyNotFound, "there is no API key with this id"),
        RecordKind::SavedSearch => Problem::new(Code::SavedSearchNotFound, "there is no saved search with this id"),
        RecordKind::Export => Problem::new(
            Code::ExportNotFound,
            "there is no export with this id; ended exports are deleted after a while",
        ),
    }
}

fn already_exists(kind: RecordKind) -> Problem {
    match kind {
        RecordKind::Tenant => Problem::new(Code::TenantExists, "ids are never reused; choose another one"),
        RecordKind::SavedSearch => {
            let detail = "the owner has a saved search with this name; change that one, or choose another name";
            at_member(Code::SavedSearchExists, "/name", Code::SavedSearchExists.as_str(), detail.to_owned())
        }
        // The server chooses these ids at random.
        RecordKind::ApiKey | RecordKind::Export => {
            Problem::new(Code::RevisionConflict, "a random id was taken; retry it").retry_after(RETRY_AFTER)
        }
    }
}

fn limit_reached(kind: RecordKind) -> Problem {
    let saved_searches = format!(
        "a tenant keeps at most {SAVED_SEARCHES_MAX} saved searches and an owner {SAVED_SEARCHES_OF_OWNER_MAX}; \
         delete one that is no longer needed"
    );
    let exports = format!(
        "a tenant keeps at most {EXPORTS_MAX} exports and an owner {EXPORTS_OF_OWNER_MAX}; delete one that is no \
         longer needed"
    );
    match kind {
        RecordKind::SavedSearch => Problem::new(Code::TooManySavedSearches, saved_searches),
        RecordKind::Export => Problem::new(Code::TooManyExports, exports),
        RecordKind::ApiKey => Problem::new(Code::TooManyApiKeys, "revoke a key that is no longer needed"),
        RecordKind::Tenant => Problem::new(Code::StoreUnavailable, "the store can keep no more tenants"),
    }
}

fn beyond_bounds(pointer: &str, detail: String) -> Problem {
    at_member(Code::KeyBoundsExceeded, pointer, Code::KeyBoundsExceeded.as_str(), detail)
}

fn not_permitted(pointer: &str, detail: String) -> Problem {
    at_member(Code::FieldNotPermitted, pointer, Code::FieldNotPermitted.as_str(), detail)
}

/// A problem of one member of the body.
fn at_member(code: Code, pointer: &str, error_code: &'static str, detail: String) -> Problem {
    Problem::new(code, detail.clone()).with_error(ProblemError::body(pointer, error_code, detail))
}
