//! Owns the check that a key which was valid at the head of a request still is: before events from a slow body are
//! stored, and during long work such as a live tail or a file that is being sent or made.

use std::{net::IpAddr, time::Duration};

use auditlog_core::{id::ApiKeyId, store::ApiKey, timestamp::Timestamp};

use crate::{
    app::App,
    auth::{TenantGrant, authenticate},
    problem::{Code, Problem},
};

/// How often a key with an expiry is checked; its expiry may come earlier or later when the system's clock is set.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The key on whose behalf work is done.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    app: App,
    key_id: ApiKeyId,
    place: Place,
}

/// Where the holder of a key is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// At the other end of a connection, if its address is known.
    Connected(Option<IpAddr>),
    /// Not connected: the work runs in the background.
    Absent,
}

impl Standing {
    /// For a reader at the other end of a connection.
    pub(crate) fn of_reader(app: &App, reader: &TenantGrant, peer: Option<IpAddr>) -> Result<Self, Problem> {
        Self::of_caller(app, &reader.key_id, peer)
    }

    /// For the holder of a key, inside or outside of tenants, at the other end of a connection.
    pub(crate) fn of_caller(app: &App, key_id: &str, peer: Option<IpAddr>) -> Result<Self, Problem> {
        let key_id = ApiKeyId::parse(key_id);
        let key_id = key_id.ok_or_else(|| Problem::new(Code::InvalidCredentials, "there is no such API key"))?;
        Ok(Self { app: app.clone(), key_id, place: Place::Connected(peer) })
    }

    /// For the owner of background work, which has no connection.
    pub(crate) fn of_owner(app: &App, owner: &ApiKeyId) -> Self {
        Self { app: app.clone(), key_id: owner.clone(), place: Place::Absent }
    }

    /// Checks that the work may continue. Looks up the key and its tenant in memory.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.key().map(drop)
    }

    /// Resolves with the reason as soon as the work may no longer continue: immediately when a change of the key or its
    /// tenant causes it, and when the key expires.
    pub(crate) async fn lost(&self) -> Problem {
        let services = self.app.services();
        loop {
            // Read before the check, so that no change in between is missed.
            let seen = services.control.revision();
            let expires_at = match self.key() {
                Ok(key) => key.expires_at,
                Err(problem) => return problem,
            };
            let changed = services.control.wait_for_change(seen);
            let wait = match expires_at {
                None => changed.await,
                Some(expires_at) => {
                    let left = until(expires_at, services.clock.now()).min(LOOK_AGAIN);
                    tokio::time::timeout(left, changed).await.unwrap_or(Ok(seen))
                }
            };
            if let Err(error) = wait {
                return error.into();
            }
        }
    }

    fn key(&self) -> Result<ApiKey, Problem> {
        let key = authenticate::check_holder(&self.key_id, &self.app)?;
        if let Place::Connected(peer) = self.place {
            authenticate::check_address(&key, peer)?;
        }
        Ok(key)
    }
}

fn until(end: Timestamp, now: Timestamp) -> Duration {
    let left = end.as_micros().saturating_sub(now.as_micros());
    Duration::from_micros(u64::try_from(left).unwrap_or(0))
}
