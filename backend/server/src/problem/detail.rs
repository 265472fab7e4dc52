//! Owns the shape of a single error inside a problem: where in the request it is and what is wrong there.

use serde::Serialize;
use utoipa::ToSchema;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// Which part of the request.
    #[serde(rename = "in")]
    pub place: Place,
    /// A JSON Pointer into that part. Query parameters and headers are members named as they are.
    #[schema(example = "/actor/id")]
    pub pointer: String,
    /// A stable code.
    #[schema(example = "missing_field", value_type = String)]
    pub code: std::borrow::Cow<'static, str>,
    /// What is wrong, for people.
    pub detail: String,
    /// The bytes that are meant: of a query parameter's value, or of a text in the body.
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

/// A range of bytes in a text: `start` belongs to it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct TextRange {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl ProblemError {
    /// Something wrong in the body at a JSON Pointer.
    #[must_use]
    pub fn body(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Body, pointer: pointer.into(), code: code.into(), detail: detail.into(), position: None }
    }

    /// Something wrong with a query parameter.
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

    /// Something wrong with a header.
    #[must_use]
    pub fn header(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { place: Place::Header, ..Self::query(name, code, detail) }
    }

    /// Names the bytes that are meant.
    #[must_use]
    pub fn at(mut self, position: TextRange) -> Self {
        self.position = Some(position);
        self
    }
}

/// The JSON Pointer of a member, escaped as RFC 6901 asks.
fn member_pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
