//! Owns the check, repeated during long work, that the subject is still valid.

use std::{net::IpAddr, time::Duration};

use auditlog_core::{
    id::{ApiKeyId, OwnerId},
    policy::Subject,
    store::ApiKey,
    timestamp::Timestamp,
};

use crate::standing::{NotValid, StandingChecks, checks::check_address};

/// How often a key with an expiry is checked; its expiry may come earlier or later when the system's clock is set.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The subject on whose behalf work is done.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    checks: StandingChecks,
    subject: Subject,
    place: Place,
}

/// Where the subject is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// At the other end of a connection, if its address is known.
    Connected(Option<IpAddr>),
    /// Not connected: the work runs in the background.
    Absent,
}

impl Standing {
    /// For a subject at the other end of a connection.
    pub(crate) fn of_caller(checks: &StandingChecks, subject: &Subject, peer: Option<IpAddr>) -> Self {
        Self { checks: checks.clone(), subject: subject.clone(), place: Place::Connected(peer) }
    }

    /// For the owner of background work, which has no connection.
    pub(crate) fn of_owner(checks: &StandingChecks, owner: &OwnerId) -> Self {
        let subject = match owner {
            OwnerId::ApiKey(id) => Subject::ApiKey(id.clone()),
            OwnerId::User(id) => Subject::User(*id),
        };
        Self { checks: checks.clone(), subject, place: Place::Absent }
    }

    /// Checks that the work may continue. Finds the key and its tenant in memory.
    pub(crate) fn check(&self) -> Result<(), NotValid> {
        self.valid_api_key().map(drop)
    }

    /// The subject's key, if it is one and may continue. `None` for the operator, who needs no key.
    pub(crate) fn valid_api_key(&self) -> Result<Option<ApiKey>, NotValid> {
        match &self.subject {
            Subject::ApiKey(id) => self.get(id).map(Some),
            // No directory of users exists yet, so a user cannot be valid.
            Subject::User(_) => Err(NotValid::Unknown),
            Subject::Operator => Ok(None),
        }
    }

    /// Resolves with the reason as soon as the work may no longer continue: immediately when a change of the key or its
    /// tenant causes it, and when the key expires.
    pub(crate) async fn lost(&self) -> NotValid {
        let StandingChecks { directory, clock } = &self.checks;
        loop {
            // Read before the check, so that no change in between is missed.
            let seen = directory.version();
            let expires_at = match self.valid_api_key() {
                Ok(key) => key.and_then(|key| key.expires_at),
                Err(reason) => return reason,
            };
            let changed = directory.wait_for_change(seen);
            let wait = match expires_at {
                None => changed.await,
                Some(expires_at) => {
                    let left = until(expires_at, clock.now()).min(LOOK_AGAIN);
                    tokio::time::timeout(left, changed).await.unwrap_or(Ok(seen))
                }
            };
            if let Err(error) = wait {
                return error.into();
            }
        }
    }

    fn get(&self, id: &ApiKeyId) -> Result<ApiKey, NotValid> {
        let key = self.checks.get_valid_api_key(id)?;
        if let Place::Connected(peer) = self.place {
            check_address(&key, peer)?;
        }
        Ok(key)
    }
}

fn until(end: Timestamp, now: Timestamp) -> Duration {
    let left = end.as_micros().saturating_sub(now.as_micros());
    Duration::from_micros(u64::try_from(left).unwrap_or(0))
}
