//! Owns the reasons why a record of control data is not found or not changed.

use auditlog_core::{
    policy::Permission,
    store::{ControlError, QueryError, RecordKind, Revision},
    timestamp::Timestamp,
};

use crate::{
    export::HiddenColumn,
    limits::Refused,
    standing::NotValid,
    use_cases::{audit::Unrecordable, withheld::Withheld},
};

/// Why a record was not found, or a change was not made. Nothing of the change was made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such record that the caller may see.
    #[error("there is no {} with this id", .0.as_str())]
    NotFound(RecordKind),
    /// The record to be created, or one with its name, exists.
    #[error("this {} already exists", .0.as_str())]
    AlreadyExists(RecordKind),
    /// The maximum number of these records exists.
    #[error("the maximum number of records of the kind {} exists", .0.as_str())]
    LimitReached(RecordKind),
    /// The record belongs to another owner.
    #[error("the {} belongs to another owner", .0.as_str())]
    NotOwner(RecordKind),
    /// Only the owner makes a saved search private, because nobody else can see it afterwards.
    #[error("only its owner can make a saved search private")]
    PrivateOfAnotherOwner,
    /// The operator owns no records.
    #[error("the operator owns no {}", .0.as_str())]
    NoOwner(RecordKind),
    /// The caller named a revision of the record that is not the current one.
    #[error("the record has the revision {current}")]
    WrongRevision {
        /// The current revision.
        current: Revision,
    },
    /// Other changes of the same records were always faster.
    #[error("other changes of the same records were faster")]
    Conflict,
    /// The maximum number of keys is neither revoked nor expired.
    #[error("there are {live} keys that are neither revoked nor expired")]
    TooManyLiveKeys {
        /// The number of such keys.
        live: usize,
    },
    /// The tenant has a live key, so only its own keys create keys.
    #[error("the tenant manages its own keys")]
    TenantHasKeys,
    /// A permission has no effect in the scope of a new key.
    #[error("the permission {} has no effect {place}", .permission.as_str())]
    PermissionOutOfScope {
        /// The permission.
        permission: Permission,
        /// Where it has none.
        place: &'static str,
    },
    /// A new key would have permissions that its creator's key lacks.
    #[error("the new key would have permissions that the caller's key lacks")]
    PermissionNotHeld,
    /// A key to change holds a permission that the caller's key lacks.
    #[error("the key holds {}, which the caller's key does not hold", .0.as_str())]
    StrongerKey(Permission),
    /// A key would expire after the caller's key.
    #[error("the caller's key expires at {0}; this key must not expire later")]
    ExpiresTooLate(Timestamp),
    /// A key would be bound to fewer networks than the caller's key.
    #[error("the caller's key is bound to networks; this key must be bound to networks within them")]
    NetworksTooWide,
    /// An export has ended.
    #[error("the export has already ended")]
    ExportFinished,
    /// A query uses fields that the caller may not see.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// A table has columns that the caller may not see.
    #[error(transparent)]
    HiddenColumn(#[from] HiddenColumn),
    /// The caller may no longer act.
    #[error(transparent)]
    NotValid(#[from] NotValid),
    /// A limit refused the change.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] QueryError),
    /// The event that records the change breaks a rule of events.
    #[error(transparent)]
    Unrecordable(#[from] Unrecordable),
    /// The store could not make the change.
    #[error(transparent)]
    Store(#[from] ControlError),
}
