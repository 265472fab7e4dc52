//! Owns the notations of a value, the same in the search box and in parameters: `v`, `v*w`, `*`, `!v`, `=v`, `>=v`.
//! Knows nothing of fields; `value.rs` decides what a notation means for a field.

use std::borrow::Cow;

use crate::{
    query::{SearchError, error::Span},
    text::{Pattern, PatternError, STARS_MAX},
};

/// Whether a value is included or excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// One of these.
    Positive,
    /// None of these.
    Negative,
}

/// The side of a value that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written<'a> {
    pub(super) sign: Sign,
    pub(super) form: Form<'a>,
    /// The position of the whole value, marks included.
    pub(super) span: Span,
}

/// The notations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// `v`: exact, or a range where the field supports ranges and the text contains `..`.
    Plain(&'a str),
    /// `"v"`: this text, without special characters. May be empty.
    Quoted(Cow<'a, str>),
    /// `=v`: exactly this text, in this spelling and without special characters. May be empty.
    Exact(Cow<'a, str>),
    /// `*`: any value.
    Present,
    /// `v*w`: a text with stars in it.
    Pattern(Pattern),
    /// `>=v` and the like.
    Compare(Comparison, Cow<'a, str>),
}

/// The marks before a value.
struct Marks {
    sign: Sign,
    operator: Option<Operator>,
    length: usize,
}

enum Operator {
    Exact,
    Compare(Comparison),
}

impl<'a> Written<'a> {
    /// Parses a value without quotes. `start` is its position.
    pub(super) fn parse(text: &'a str, start: usize) -> Result<Self, SearchError> {
        let span = Span::of_length(start, text.len());
        let marks = read_marks(text);
        let rest = &text[marks.length..];
        if rest.is_empty() && !matches!(marks.operator, Some(Operator::Exact)) {
            return Err(missing_value(span));
        }
        let form = match marks.operator {
            Some(Operator::Exact) => Form::Exact(Cow::Borrowed(rest)),
            Some(Operator::Compare(comparison)) => Form::Compare(comparison, Cow::Borrowed(rest)),
            None if rest == "*" => Form::Present,
            None if rest.contains('*') => Form::Pattern(pattern(Pattern::parse(rest), span)?),
            None => Form::Plain(rest),
        };
        Ok(Self { sign: marks.sign, form, span })
    }

    /// Joins a quoted text with the marks around it: `head"quoted"tail`.
    pub(super) fn of_quoted(head: &str, quoted: String, tail: &str, span: Span) -> Result<Self, SearchError> {
        let marks = read_marks(head);
        if marks.length != head.len() {
            return Err(unexpected_quote(Span::of_length(span.start + head.len(), 1)));
        }
        let text = Cow::Owned(quoted);
        let form = match (marks.operator, tail) {
            (None, "") => Form::Quoted(text),
            (Some(Operator::Exact), "") => Form::Exact(text),
            (None, "*") => Form::Pattern(pattern(Pattern::prefix(&text), span)?),
            (Some(Operator::Compare(comparison)), "") => Form::Compare(comparison, text),
            _ => {
                return Err(span.error(
                    "unexpected_text",
                    "After the closing quote only a space, a comma, or `*` for a prefix may follow",
                ));
            }
        };
        Ok(Self { sign: marks.sign, form, span })
    }
}

fn read_marks(text: &str) -> Marks {
    let (sign, rest) = text.strip_prefix('!').map_or((Sign::Positive, text), |rest| (Sign::Negative, rest));
    let operators = [
        (">=", Operator::Compare(Comparison::AtLeast)),
        ("<=", Operator::Compare(Comparison::AtMost)),
        (">", Operator::Compare(Comparison::Above)),
        ("<", Operator::Compare(Comparison::Below)),
        ("=", Operator::Exact),
    ];
    let found = operators.into_iter().find(|(mark, _)| rest.starts_with(mark));
    let mark_length = found.as_ref().map_or(0, |(mark, _)| mark.len());
    Marks { sign, operator: found.map(|(_, operator)| operator), length: text.len() - rest.len() + mark_length }
}

/// The pattern, or what is wrong with it.
pub(super) fn pattern(parsed: Result<Pattern, PatternError>, span: Span) -> Result<Pattern, SearchError> {
    parsed.map_err(|error| match error {
        PatternError::TooManyStars => span.error(
            "too_many_stars",
            format!("A value has at most {STARS_MAX} stars. Where they are part of the value, put it in quotes"),
        ),
        PatternError::OnlyStars | PatternError::NoStar => empty_pattern(span),
    })
}

/// The error for a missing value.
pub(super) fn missing_value(span: Span) -> SearchError {
    span.error(
        "missing_value",
        "A value is missing here. Write it without a space in front; `=` alone is the empty text",
    )
}

/// The error for a quote that neither opens nor closes a value.
pub(super) fn unexpected_quote(span: Span) -> SearchError {
    span.error("unexpected_quote", "Put the whole value in quotes, and write a quote inside of it as `\\\"`")
}

fn empty_pattern(span: Span) -> SearchError {
    span.error(
        "empty_prefix",
        "Write at least one character beside the stars, or one `*` without quotes for any value at all",
    )
}
