//! Owns how terms combine: AND (explicit or by adjacency), OR, exclusion by `-` or NOT, and parentheses.

use crate::{
    query::{
        Filter, PARENTHESES_MAX, SearchError,
        error::Span,
        limits::QuerySize,
        search::term::{Operator, Terms, Upcoming},
    },
    timestamp::Timestamp,
};

/// A text being parsed into a filter.
pub(super) struct Expression<'a> {
    terms: Terms<'a>,
    /// The positions of the open parentheses.
    open: Vec<usize>,
}

impl<'a> Expression<'a> {
    /// Starts at the beginning of the text.
    pub(super) fn new(text: &'a str, now: Timestamp, size: &'a mut QuerySize) -> Self {
        Self { terms: Terms::new(text, now, size), open: Vec::new() }
    }

    /// Parses the whole text. A text without any term is [`Filter::All`].
    pub(super) fn parse(mut self) -> Result<Filter, SearchError> {
        if self.terms.upcoming() == Upcoming::End {
            return Ok(Filter::All);
        }
        let filter = self.alternatives()?;
        match self.terms.upcoming() {
            Upcoming::End => Ok(filter),
            _ => Err(Span::of_length(self.terms.at(), 1).error(
                "unexpected_parenthesis",
                "This parenthesis closes none. To search for it, put the text in quotes",
            )),
        }
    }

    /// Operands joined by OR, which binds weakest.
    fn alternatives(&mut self) -> Result<Filter, SearchError> {
        let mut alternatives = vec![self.conjunction(None)?];
        while let Upcoming::Operator(Operator::Or, span) = self.terms.upcoming() {
            self.terms.skip_to(span.end);
            alternatives.push(self.conjunction(Some(span))?);
        }
        Ok(Filter::any_of(alternatives))
    }

    /// Operands joined by AND or by adjacency. `before` is the operator before them.
    fn conjunction(&mut self, before: Option<Span>) -> Result<Filter, SearchError> {
        let mut parts = vec![self.operand(before)?];
        loop {
            let before = match self.terms.upcoming() {
                Upcoming::End | Upcoming::Close | Upcoming::Operator(Operator::Or, _) => {
                    return Ok(Filter::all_of(parts));
                }
                Upcoming::Operator(Operator::And, span) => {
                    self.terms.skip_to(span.end);
                    Some(span)
                }
                Upcoming::Operator(Operator::Not, _) | Upcoming::Minus | Upcoming::Open | Upcoming::Term => None,
            };
            parts.push(self.operand(before)?);
        }
    }

    /// A term or a group, possibly negated.
    fn operand(&mut self, before: Option<Span>) -> Result<Filter, SearchError> {
        match self.terms.upcoming() {
            Upcoming::Operator(Operator::Not, span) => {
                self.terms.skip_to(span.end);
                self.negated(span)
            }
            Upcoming::Minus => {
                let span = Span::of_length(self.terms.at(), 1);
                self.terms.skip_to(span.end);
                if self.terms.at_gap() {
                    return Err(span.error("empty_word", "Write `-` right before the term that it rules out"));
                }
                self.negated(span)
            }
            _ => self.primary(before),
        }
    }

    fn negated(&mut self, negation: Span) -> Result<Filter, SearchError> {
        if matches!(self.terms.upcoming(), Upcoming::Minus | Upcoming::Operator(Operator::Not, _)) {
            return Err(negation.error(
                "double_negation",
                "Rule a term out once, with `-` or `NOT`, or put the word in quotes to search for it",
            ));
        }
        Ok(Filter::Not(Box::new(self.primary(Some(negation))?)))
    }

    fn primary(&mut self, before: Option<Span>) -> Result<Filter, SearchError> {
        match (self.terms.upcoming(), before) {
            (Upcoming::Operator(_, span), _) | (Upcoming::End | Upcoming::Close, Some(span)) => Err(dangling(span)),
            (Upcoming::Open, _) => self.group(),
            (Upcoming::Close, None) => Err(self.nothing_before_close()),
            (Upcoming::End, None) => Err(self.unclosed()),
            (Upcoming::Term | Upcoming::Minus, _) => self.terms.term(),
        }
    }

    fn group(&mut self) -> Result<Filter, SearchError> {
        let start = self.terms.at();
        if self.open.len() == PARENTHESES_MAX {
            let message = format!("At most {PARENTHESES_MAX} parentheses may be open at once");
            return Err(Span::of_length(start, 1).error("nesting_too_deep", message));
        }
        self.open.push(start);
        self.terms.skip_to(start + 1);
        let filter = self.alternatives()?;
        if self.terms.upcoming() != Upcoming::Close {
            return Err(self.unclosed());
        }
        self.open.pop();
        self.terms.skip_to(self.terms.at() + 1);
        self.terms.expect_gap("Put a space after the closing parenthesis")?;
        Ok(filter)
    }

    fn nothing_before_close(&self) -> SearchError {
        let close = self.terms.at();
        match self.open.last() {
            Some(open) => Span { start: *open, end: close + 1 }
                .error("empty_parentheses", "There is no term in these parentheses. To search for them, use quotes"),
            None => Span::of_length(close, 1).error(
                "unexpected_parenthesis",
                "This parenthesis closes none. To search for it, put the text in quotes",
            ),
        }
    }

    fn unclosed(&self) -> SearchError {
        let start = self.open.last().copied().unwrap_or_default();
        Span::of_length(start, 1)
            .error("unclosed_parenthesis", "This parenthesis is never closed; a text with parentheses goes in quotes")
    }
}

fn dangling(span: Span) -> SearchError {
    span.error(
        "dangling_operator",
        "A term is missing: `AND` and `OR` stand between two terms, `NOT` before one. To search for the word itself, put it \
         in quotes",
    )
}
