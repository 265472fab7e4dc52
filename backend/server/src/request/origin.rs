//! Owns the origin of a change: the facts about a request that the audit log records.

use std::convert::Infallible;

use auditlog_core::policy::Origin;
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::request::{PeerAddress, RequestId};

/// The origin of a request.
#[derive(Debug)]
pub(crate) struct OriginOf(pub(crate) Origin);

impl<S: Send + Sync> FromRequestParts<S> for OriginOf {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let ip = parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip().to_canonical());
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        Ok(Self(Origin { ip, request_id }))
    }
}
