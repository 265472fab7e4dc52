//! Shared by commands that search: selects events by terms and by a saved search, and explains a query that the server
//! does not understand.

use super::saved_search;
use crate::{
    client::{Client, ClientError, ErrorPlace},
    failure::Failure,
    output::Console,
};

/// Says that words were not looked for in the texts of these groups, if there are any.
pub(super) fn note_withheld(console: &Console, groups: &[String]) {
    if !groups.is_empty() {
        let groups = groups.join(", ");
        console
            .note(format!("words are not looked for in {groups}: the key lacks the permission events.read_personal"));
    }
}

/// Problem codes that name a parameter, or a member of a body.
const INVALID: [&str; 2] = ["invalid_parameter", "invalid_request"];

/// Which events are selected.
pub(super) struct Question {
    typed: String,
    saved: Option<String>,
}

impl Question {
    /// Selects the events that the terms match, and a saved search if one is given by its name or id.
    pub(super) fn new(client: &Client, terms: &[String], saved: Option<&str>) -> Result<Self, Failure> {
        let saved = saved.map(|name| saved_search::find(client, name)).transpose()?;
        Ok(Self { typed: terms.join(" "), saved: saved.map(|saved| saved.query) })
    }

    /// Each query is a parameter of its own: an event must match both, whatever operators their terms use.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let queries = self.saved.iter().chain([&self.typed]);
        queries.filter(|query| !query.is_empty()).map(|query| ("q", query.clone())).collect()
    }

    /// Both as one text, for requests that store one text.
    pub(super) fn in_one_text(self) -> Result<Self, Failure> {
        match self.saved {
            None => Ok(self),
            Some(saved) if self.typed.trim().is_empty() => Ok(Self { typed: saved, saved: None }),
            Some(_) if closes_too_early(&self.typed) => {
                Err(Failure::usage("a closing parenthesis has no opening one").detail(self.typed))
            }
            Some(saved) => Ok(Self { typed: format!("({saved}) ({})", self.typed), saved: None }),
        }
    }

    /// The typed terms, or the combined text if there is one. Empty for every event.
    pub(super) fn text(&self) -> &str {
        &self.typed
    }

    /// A refusal, as [`explained`] shows it.
    pub(super) fn explained(&self, error: ClientError) -> Failure {
        explained(error, &self.typed)
    }

    /// Like `explained`, for commands with flags: a refused parameter is reported under its flag.
    pub(super) fn explained_by(&self, error: ClientError, flags: &[(&str, &str)]) -> Failure {
        let refused = error.places().iter().filter_map(|place| of_flag(place, flags)).collect::<Vec<_>>();
        match refused.split_first() {
            Some((first, rest)) if INVALID.contains(&error.code()) => {
                rest.iter().fold(Failure::usage(first), Failure::detail)
            }
            _ => self.explained(error),
        }
    }
}

/// What is wrong with the flag that set a parameter. The server's advice names parameters, which are flags here.
fn of_flag(place: &ErrorPlace, flags: &[(&str, &str)]) -> Option<String> {
    let (_, flag) = flags.iter().find(|(parameter, _)| place.pointer.strip_prefix('/') == Some(parameter))?;
    let as_flags = |detail: String, (parameter, flag): &(&str, &str)| {
        detail.replace(&format!("`{parameter}="), &format!("`{flag} "))
    };
    let detail = flags.iter().fold(place.detail.clone(), as_flags);
    Some(format!("{flag}: {detail} ({})", place.code))
}

/// Whether the text would close the parenthesis that encloses it, so that the rest would combine differently from what
/// the user meant.
fn closes_too_early(text: &str) -> bool {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_u32, false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth == 0 => return true,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
    }
    false
}

/// A refusal that has a position in the query is shown below the query.
pub(super) fn explained(error: ClientError, query: &str) -> Failure {
    let marked = error.places().iter().find_map(|place| {
        let span = place.position?;
        let (before, marked) = (query.get(..span.start)?, query.get(span.start..span.end)?);
        let carets = "^".repeat(marked.chars().count().max(1));
        Some((format!("{}{carets} {}", " ".repeat(before.chars().count()), place.detail), place.code.clone()))
    });
    let Some((line, code)) = marked else { return error.into() };
    Failure::usage(format!("the search is not understood ({code})"))
        .detail(query)
        .detail(line)
        .hint("`auditlog search --help` shows the language")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::refusal_of;

    const FLAGS: [(&str, &str); 2] = [("group_by", "--by"), ("time_zone", "--time-zone")];

    fn question() -> Question {
        Question { typed: "actor:alice".to_owned(), saved: None }
    }

    #[test]
    fn a_refused_parameter_is_told_of_its_flag_and_not_of_the_terms() {
        let error = refusal_of(
            r#"{"code": "invalid_parameter", "errors": [
                {"in": "query", "pointer": "/time_zone", "code": "invalid_value", "detail": "add `group_by=occurred_at`",
                 "position": {"start": 0, "end": 0}},
                {"in": "query", "pointer": "/group_by", "code": "unknown_field", "detail": "There is no field `x`"}]}"#,
        );
        let failure = question().explained_by(error, &FLAGS);
        assert_eq!(failure.message, "--time-zone: add `--by occurred_at` (invalid_value)");
        assert_eq!(failure.details, ["--by: There is no field `x` (unknown_field)"]);
        assert_eq!(failure.exit as i32, 2);
    }

    #[test]
    fn a_refusal_of_the_terms_points_into_them() {
        let error = refusal_of(
            r#"{"code": "invalid_parameter", "errors": [{"in": "query", "pointer": "/q", "code": "c", "detail": "no",
                "position": {"start": 6, "end": 11}}]}"#,
        );
        assert_eq!(question().explained_by(error, &FLAGS).details, ["actor:alice", "      ^^^^^ no"]);
    }

    #[test]
    fn in_one_text_both_must_match_whatever_their_terms_are_joined_by() {
        let both = |typed: &str| Question { typed: typed.to_owned(), saved: Some("a OR b".to_owned()) }.in_one_text();
        let text = |typed: &str| both(typed).unwrap().text().to_owned();
        assert_eq!(text(" "), "a OR b");
        assert_eq!(text("c OR d"), "(a OR b) (c OR d)");
        assert_eq!(text(r#"(c) "\")(""#), r#"(a OR b) ((c) "\")(")"#);
        assert_eq!(question().in_one_text().unwrap().text(), "actor:alice");
        for early in ["c) OR (d", ")", r#""(" )"#] {
            assert!(both(early).is_err(), "{early}");
        }
    }
}
