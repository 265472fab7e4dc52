//! Owns the query parameters of the requests that send events. Each is `true` or `false`, and false if it is absent.

use auditlog_core::intake::Atomicity;

use crate::{
    api::refusals::refused_query,
    problem::{Code, Problem, ProblemError},
    use_cases::Strictness,
};

/// How the sender wants its events stored.
#[derive(Debug, Default)]
pub(super) struct IngestParameters {
    pub(super) strictness: Strictness,
    pub(super) atomicity: Atomicity,
}

impl IngestParameters {
    /// Parses the query string of a request that has the parameters `known`.
    pub(super) fn read(pairs: Vec<(String, String)>, known: &[&str]) -> Result<Self, Problem> {
        let mut parameters = Self::default();
        let (mut seen, mut errors) = (Vec::new(), Vec::new());
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let detail = format!("there is no such parameter; known are: {}", known.join(", "));
                errors.push(ProblemError::query(&name, Code::UnknownParameter.as_str(), detail));
            } else if seen.contains(&name) {
                errors.push(ProblemError::query(&name, "repeated_parameter", "this parameter may be given only once"));
            } else {
                match value.as_str() {
                    "true" => parameters.switch_on(&name),
                    "false" => {}
                    _ => errors.push(ProblemError::query(&name, "invalid_value", "expected true or false")),
                }
                seen.push(name);
            }
        }
        if errors.is_empty() { Ok(parameters) } else { Err(refused_query(errors)) }
    }

    fn switch_on(&mut self, name: &str) {
        match name {
            "strict" => self.strictness = Strictness::Reject,
            _ => self.atomicity = Atomicity::AllOrNothing,
        }
    }
}
