//! Owns what a term is: words, a phrase, or a field with its values.

use crate::{
    query::{
        Filter, SearchError, TERMS_MAX,
        combine::FieldValues,
        error::Span,
        field::METADATA_PREFIX,
        form::{Sign, Written, unexpected_quote},
        name::Name,
        search::scanner::Scanner,
        token::tokens,
    },
    timestamp::Timestamp,
};

/// Parentheses mean nothing yet and will group later, so they are kept free.
const PARENTHESES: [char; 2] = ['(', ')'];
const NAME_STOPS: [char; 4] = [':', '"', '(', ')'];
const VALUE_STOPS: [char; 4] = [',', '"', '(', ')'];

/// The terms of a text, one after the other.
pub(super) struct Terms<'a> {
    scanner: Scanner<'a>,
    now: Timestamp,
    count: usize,
}

impl<'a> Terms<'a> {
    /// The terms of what `scanner` has not read.
    pub(super) fn new(scanner: Scanner<'a>, now: Timestamp) -> Self {
        Self { scanner, now, count: 0 }
    }

    /// The next term, `None` at the end of the text.
    pub(super) fn next_term(&mut self) -> Result<Option<Filter>, SearchError> {
        self.scanner.skip_whitespace();
        if self.scanner.peek().is_none() {
            return Ok(None);
        }
        let start = self.scanner.at();
        let sign = if self.scanner.eat('-') { Sign::Negative } else { Sign::Positive };
        if sign == Sign::Negative {
            self.check_negated(start)?;
        }
        let filter = if self.scanner.peek() == Some('"') { self.phrase()? } else { self.named_or_word()? };
        Ok(Some(match sign {
            Sign::Positive => filter,
            Sign::Negative => Filter::Not(Box::new(filter)),
        }))
    }

    fn check_negated(&self, start: usize) -> Result<(), SearchError> {
        let span = Span::of_length(start, 1);
        if self.scanner.at_gap() {
            return Err(span.error("empty_word", "Write `-` right before the term that it rules out"));
        }
        if self.scanner.peek() == Some('-') {
            return Err(span.error("double_negation", "Write one `-`, or put the word in quotes to search for it"));
        }
        Ok(())
    }

    fn phrase(&mut self) -> Result<Filter, SearchError> {
        let start = self.scanner.at();
        let content = self.scanner.quoted()?;
        if !self.scanner.at_gap() {
            let span = Span::of_length(self.scanner.at(), self.scanner.peek().map_or(0, char::len_utf8));
            return Err(span.error("unexpected_text", "Put a space after the closing quote"));
        }
        self.words(&content, Span { start, end: self.scanner.at() })
    }

    /// A run that ends at a colon is a name, any other one is a word.
    fn named_or_word(&mut self) -> Result<Filter, SearchError> {
        let start = self.scanner.at();
        let run = self.scanner.run(&NAME_STOPS);
        let span = Span { start, end: self.scanner.at() };
        match self.scanner.peek() {
            Some(':') => self.field(run, span),
            Some('"') if run == METADATA_PREFIX => {
                let key = self.scanner.quoted()?;
                let span = Span { start, end: self.scanner.at() };
                if self.scanner.peek() == Some(':') {
                    return self.field(&format!("{METADATA_PREFIX}{key}"), span);
                }
                Err(span.error("missing_value", "Write a colon and a value after the key: `metadata.\"my key\":value`"))
            }
            Some('"') => Err(unexpected_quote(Span::of_length(span.end, 1))),
            Some(parenthesis) if PARENTHESES.contains(&parenthesis) => Err(self.parenthesis()),
            _ => self.word(run, span),
        }
    }

    fn word(&mut self, run: &str, span: Span) -> Result<Filter, SearchError> {
        let operator = match run {
            "OR" | "|" | "||" => Some((
                "unsupported_or",
                "Alternatives of one field are written `outcome:failure,denied`; others are not supported",
            )),
            "AND" | "&" | "&&" => Some(("unsupported_and", "Terms side by side must all hold; leave the word out")),
            "NOT" => Some(("unsupported_not", "Write `-` right before the term that you rule out")),
            _ if run.starts_with('!') => {
                Some(("unsupported_not", "Write `-` in front of what you rule out, or quotes around it"))
            }
            _ => None,
        };
        if let Some((code, message)) = operator {
            return Err(span.error(code, format!("{message}. To search for the text itself, put it in quotes")));
        }
        if run.contains('*') {
            return Err(span.error(
                "prefix_not_supported",
                "Words are found whole; a prefix needs a field, `action:user.*`. To search without the star, leave it out",
            ));
        }
        if let Some(name) =
            run.split(['=', '<', '>']).next().filter(|name| name.len() < run.len() && Name::parse(name).is_some())
        {
            return Err(span.error(
                "missing_colon",
                format!("Write a colon after the field: `{name}:value`, `{name}:>=value`. Or put the text in quotes"),
            ));
        }
        self.words(run, span)
    }

    fn words(&mut self, text: &str, span: Span) -> Result<Filter, SearchError> {
        self.count_term(span)?;
        let words = tokens(text);
        if words.is_empty() {
            return Err(span.error("empty_word", "There is no letter or digit to search for"));
        }
        Ok(Filter::Text(words))
    }

    /// The values behind a name; the colon comes next.
    fn field(&mut self, text: &str, span: Span) -> Result<Filter, SearchError> {
        if text.is_empty() {
            let span = Span::of_length(span.start, 1);
            return Err(span.error("missing_field", "Write the field's name right before the colon: `actor:alice`"));
        }
        let Some(name) = Name::parse(text) else {
            let message = format!("{}. To search for the text itself, put it in quotes", Name::unknown_message(text));
            return Err(span.error("unknown_field", message));
        };
        self.scanner.eat(':');
        let mut values = FieldValues::new(name.field());
        loop {
            let written = self.value()?;
            self.count_term(written.span)?;
            let meaning = name.meaning(&written, self.now)?;
            values.add(written.sign, meaning);
            if !self.scanner.eat(',') {
                return Ok(values.into_filter());
            }
        }
    }

    fn value(&mut self) -> Result<Written<'a>, SearchError> {
        let start = self.scanner.at();
        let head = self.scanner.run(&VALUE_STOPS);
        let written = if self.scanner.peek() == Some('"') {
            let quoted = self.scanner.quoted()?;
            let tail = self.scanner.run(&[',', '(', ')']);
            Written::of_quoted(head, quoted, tail, Span { start, end: self.scanner.at() })
        } else {
            Written::parse(head, start)
        };
        if self.scanner.peek().is_some_and(|next| PARENTHESES.contains(&next)) {
            return Err(self.parenthesis());
        }
        written
    }

    fn parenthesis(&self) -> SearchError {
        Span::of_length(self.scanner.at(), 1).error(
            "unsupported_parentheses",
            "Parentheses are not supported. Terms side by side must all hold; a text with parentheses goes in quotes",
        )
    }

    fn count_term(&mut self, span: Span) -> Result<(), SearchError> {
        self.count += 1;
        if self.count > TERMS_MAX {
            return Err(span.error("too_many_terms", format!("A query has at most {TERMS_MAX} words and values")));
        }
        Ok(())
    }
}
