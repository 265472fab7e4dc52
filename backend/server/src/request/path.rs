//! Owns the one variable segment of our paths.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

/// The variable segment of the path, percent-decoded. Empty where it is no UTF-8, which names nothing and so ends in
/// the same "not found" as any other name that is not there.
#[derive(Debug)]
pub(crate) struct PathSegment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathSegment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(segment.map(|Path(text)| text).unwrap_or_default()))
    }
}
