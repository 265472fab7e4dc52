//! Owns the outline of a search text: its terms where all of them must match, so that one of them can be replaced.

use crate::{
    query::{
        Field, FieldTest, Filter, Test,
        error::Span,
        identifier::is_term,
        limits::QuerySize,
        search::term::{Operator, Terms, Upcoming},
    },
    timestamp::Timestamp,
};

/// A term that events must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct OutlineTerm<'a> {
    /// Its position in the text.
    pub(in crate::query) span: Span,
    pub(in crate::query) kind: OutlineKind<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum OutlineKind<'a> {
    /// A bound of `occurred_at`.
    TimeBound,
    /// Words or an identifier, without quotes and star.
    Text(&'a str),
    /// One value of a text field, as it is written behind the colon.
    Value {
        /// The field as it is written.
        name: &'a str,
        value: &'a str,
    },
    /// Anything else.
    Other,
}

/// The terms of a text. `None` where it has groups or alternatives, or is no query.
pub(in crate::query) fn outline(text: &str, now: Timestamp) -> Option<Vec<OutlineTerm<'_>>> {
    let mut size = QuerySize::default();
    let mut terms = Terms::new(text, now, &mut size);
    let mut outline = Vec::new();
    loop {
        match terms.upcoming() {
            Upcoming::End => return Some(outline),
            Upcoming::Open | Upcoming::Close | Upcoming::Operator(Operator::Or, _) => return None,
            Upcoming::Operator(Operator::And, span) => terms.skip_to(span.end),
            Upcoming::Operator(Operator::Not, span) => {
                terms.skip_to(span.end);
                skip_negated(&mut terms)?;
            }
            Upcoming::Minus => {
                terms.skip_to(terms.at() + 1);
                skip_negated(&mut terms)?;
            }
            Upcoming::Term => {
                let start = terms.at();
                let filter = terms.term().ok()?;
                let span = Span { start, end: terms.at() };
                outline.push(OutlineTerm { span, kind: kind_of(&filter, &text[start..terms.at()]) });
            }
        }
    }
}

fn skip_negated(terms: &mut Terms<'_>) -> Option<()> {
    (terms.upcoming() == Upcoming::Term).then(|| terms.term().ok()).flatten().map(|_| ())
}

fn kind_of<'a>(filter: &Filter, written: &'a str) -> OutlineKind<'a> {
    match filter {
        _ if bounds_time(filter) => OutlineKind::TimeBound,
        Filter::Field(FieldTest { field, test: Test::OneOf(values) | Test::Exactly(values) })
            if values.len() == 1 && field.has_texts() =>
        {
            match written.split_once(':') {
                Some((name, value)) => OutlineKind::Value { name, value },
                None => OutlineKind::Other,
            }
        }
        Filter::Text(_) => OutlineKind::Text(written.trim_end_matches('*').trim_matches('"')),
        Filter::Or(parts) if is_term(parts) => OutlineKind::Text(written.trim_matches('"')),
        Filter::All | Filter::And(_) | Filter::Or(_) | Filter::Not(_) | Filter::Field(_) => OutlineKind::Other,
    }
}

/// Whether these are bounds of `occurred_at` and nothing else.
fn bounds_time(filter: &Filter) -> bool {
    match filter {
        Filter::Field(FieldTest { field, test }) => *field == Field::OccurredAt && matches!(test, Test::Time(_)),
        Filter::And(parts) | Filter::Or(parts) => !parts.is_empty() && parts.iter().all(bounds_time),
        Filter::All | Filter::Not(_) | Filter::Text(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::notation::now;

    fn kinds(text: &str) -> Option<Vec<OutlineKind<'_>>> {
        outline(text, now()).map(|terms| terms.into_iter().map(|term| term.kind).collect())
    }

    #[test]
    fn a_conjunction_has_an_outline() {
        use OutlineKind::{Other, Text, TimeBound, Value};
        let value = |name, value| Value { name, value };
        for (text, expected) in [
            ("", vec![]),
            ("payroll \"the run\" invo*", vec![Text("payroll"), Text("the run"), Text("invo")]),
            ("actor:alice since:7d occurred_at:<1d", vec![value("actor", "alice"), TimeBound, TimeBound]),
            ("actor:=Alice AND target.id:\"a b\"", vec![value("actor", "=Alice"), value("target.id", "\"a b\"")]),
            ("-since:1d NOT payroll arn:aws:x", vec![Text("arn:aws:x")]),
            ("outcome:failure,denied actor:a* ip:10.0.0.0/8 actor:*", vec![Other, Other, Other, Other]),
        ] {
            assert_eq!(kinds(text), Some(expected), "{text}");
        }
        for text in ["a OR b", "(a b)", "-(a)", "actr:b", "\"open"] {
            assert_eq!(kinds(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_those_of_the_terms() {
        let text = "payroll  AND since:7d -x \"a b\"";
        let found: Vec<&str> =
            outline(text, now()).unwrap().iter().map(|term| &text[term.span.start..term.span.end]).collect();
        assert_eq!(found, ["payroll", "since:7d", "\"a b\""]);
    }
}
