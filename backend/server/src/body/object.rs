//! Owns the JSON objects of control requests: each member is read by name, each invalid one is reported with its
//! pointer, and unknown members are refused.

use std::ops::Range;

use auditlog_core::store::Edit;
use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use serde_json::{Map, Value};

use crate::{
    body::{BodyLimits, BodyTimeout, MediaType, read_body},
    problem::{Code, Problem, ProblemError, TextRange},
};

/// The largest body of a control request. Bodies of this size need no reservation of memory.
const OBJECT_BYTES_MAX: usize = 64 * 1_024;

/// The JSON object in the body of a control request.
#[derive(Debug)]
pub(crate) struct JsonObject(Map<String, Value>);

impl<S: AsRef<BodyTimeout> + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body): (_, Body) = request.into_parts();
        MediaType::of(&parts.headers, &[MediaType::Json])?;
        let limits = BodyLimits { bytes_max: OBJECT_BYTES_MAX, timeout: state.as_ref().0 };
        let bytes = read_body(&parts.headers, body, limits).await?;
        Self::parse(&bytes)
    }
}

impl JsonObject {
    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => {
                let detail = "the body must be a JSON object";
                let error = ProblemError::body("", "wrong_type", detail);
                Err(Problem::new(Code::InvalidRequest, detail).with_error(error))
            }
            Err(error) => {
                let detail = error.to_string();
                let error = ProblemError::body("", Code::MalformedJson.as_str(), detail.clone());
                Err(Problem::new(Code::MalformedJson, detail).with_error(error))
            }
        }
    }

    /// Begins to read the members of the object.
    pub(crate) fn members(self) -> Members {
        Members { members: self.0, errors: Vec::new() }
    }
}

/// The members that have not been read yet, and the errors in those that have.
#[derive(Debug)]
pub(crate) struct Members {
    members: Map<String, Value>,
    errors: Vec<ProblemError>,
}

impl Members {
    /// Whether a member is present and not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Reads an optional member. JSON `null` is the same as absence.
    pub(crate) fn optional<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        let value = self.members.remove(name).filter(|value| !value.is_null())?;
        match read(&value) {
            Ok(read) => Some(read),
            Err(detail) => {
                self.refuse(name, "invalid_value", detail);
                None
            }
        }
    }

    /// Reads a member of an update that can be cleared by `null`.
    pub(crate) fn clearable<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Edit<T> {
        if self.members.get(name).is_some_and(Value::is_null) {
            self.members.remove(name);
            return Edit::Clear;
        }
        self.optional(name, read).map_or(Edit::Keep, Edit::Set)
    }

    /// Reads a required member.
    pub(crate) fn required<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        if !self.has(name) {
            self.members.remove(name);
            self.refuse(name, "missing_field", format!("{name} is required"));
            return None;
        }
        self.optional(name, read)
    }

    /// Records an error in a member.
    pub(crate) fn refuse(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.errors.push(ProblemError::body(pointer_to(name), code, detail));
    }

    /// Records an error at a byte range of a string member.
    pub(crate) fn refuse_part(&mut self, name: &str, part: Range<usize>, code: &'static str, detail: String) {
        let position = TextRange { start: part.start, end: part.end };
        self.errors.push(ProblemError::body(pointer_to(name), code, detail).at(position));
    }

    /// Ends the reading: returns `built` if there are no errors and no unknown members.
    pub(crate) fn finish<T>(mut self, built: Option<T>) -> Result<T, Problem> {
        let left: Vec<String> = self.members.keys().cloned().collect();
        for name in left {
            self.refuse(&name, "unknown_field", "the field does not exist");
        }
        match built {
            Some(built) if self.errors.is_empty() => Ok(built),
            _ => {
                let detail = self.errors.first().map_or("the request is not valid", |error| &error.detail).to_owned();
                Err(Problem::new(Code::InvalidRequest, detail).with_errors(self.errors))
            }
        }
    }
}

fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
