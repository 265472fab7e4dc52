//! Owns the entity tag of a record in responses: its revision, which a change can name in `If-Match`.

use auditlog_core::store::Revision;
use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The JSON form of a record, with the header `ETag`.
#[derive(Debug)]
pub(crate) struct Tagged<T> {
    revision: Revision,
    body: T,
}

impl<T> Tagged<T> {
    pub(crate) const fn new(revision: Revision, body: T) -> Self {
        Self { revision, body }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        // Digits in quotes are always a valid value.
        let tag = HeaderValue::try_from(format!("\"{}\"", self.revision)).ok();
        response.headers_mut().extend(tag.map(|tag| (header::ETAG, tag)));
        response
    }
}
