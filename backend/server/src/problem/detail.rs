//! Owns the representation of a single error inside a problem: its location in the request, and its description.

use serde::Serialize;
use utoipa::ToSchema;

/// One error in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// The part of the request that contains the error.
    #[serde(rename = "in")]
    pub place: Place,
    /// A JSON Pointer into that part. Query parameters and headers count as members under their names.
    #[schema(example = "/actor/id")]
    pub pointer: String,
    /// A stable code.
    #[schema(example = "missing_field", value_type = String)]
    pub code: std::borrow::Cow<'static, str>,
    /// A human-readable description of the error.
    pub detail: String,
    /// The range of bytes with the error: in a query parameter's value, or in a string of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub position: Option<TextRange>,
}

/// A part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The body.
    Body,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// The path.
    Path,
}

/// A range of bytes in the text that has the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct TextRange {
    /// Offset of the first byte of the range in that text.
    pub start: usize,
    /// Offset at which the range ends in that text, exclusive.
    pub end: usize,
}

impl ProblemError {
    /// An error in the body at a JSON Pointer.
    #[must_use]
    pub fn body(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Body, pointer: pointer.into(), code: code.into(), detail: detail.into(), position: None }
    }

    /// An error in a query parameter.
    #[must_use]
    pub fn query(parameter: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Query,
            pointer: member_pointer(parameter),
            code: code.into(),
            detail: detail.into(),
            position: None,
        }
    }

    /// An error in a header.
    #[must_use]
    pub fn header(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Header, ..Self::query(name, code, detail) }
    }

    /// Sets the range of bytes with the error.
    #[must_use]
    pub fn at(mut self, position: TextRange) -> Self {
        self.position = Some(position);
        self
    }
}

/// The JSON Pointer of a member, escaped as RFC 6901 requires.
fn member_pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
