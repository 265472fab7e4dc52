//! Owns the term: words, a phrase, or a field with its values.

use std::net::IpAddr;

use crate::{
    query::{
        Filter, Phrase, PhraseEnd, SearchError,
        combine::{Added, FieldValues},
        error::Span,
        field::KEY_PREFIXES,
        form::{Written, unexpected_quote},
        identifier::{identifier_tests, pasted_identifier_tests},
        limits::QuerySize,
        name::Name,
        search::scanner::Scanner,
        token::{ends_with_token, tokens},
    },
    timestamp::Timestamp,
};

const NAME_STOPS: [char; 4] = [':', '"', '(', ')'];
const VALUE_STOPS: [char; 4] = [',', '"', '(', ')'];
const TEXT_STOPS: [char; 3] = ['"', '(', ')'];

/// The operators between terms, as words in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// Both sides hold, as without an operator.
    And,
    /// At least one side holds.
    Or,
    /// What follows does not hold.
    Not,
}

/// The kind of the next token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upcoming {
    /// Nothing.
    End,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `-` before a term or group.
    Minus,
    /// An operator, and its position.
    Operator(Operator, Span),
    /// A word, a phrase or a field.
    Term,
}

/// The terms of a text, one after the other.
pub(super) struct Terms<'a> {
    scanner: Scanner<'a>,
    now: Timestamp,
    size: &'a mut QuerySize,
}

impl<'a> Terms<'a> {
    /// The terms of a text.
    pub(super) fn new(text: &'a str, now: Timestamp, size: &'a mut QuerySize) -> Self {
        Self { scanner: Scanner::new(text), now, size }
    }

    /// The number of bytes read.
    pub(super) fn at(&self) -> usize {
        self.scanner.at()
    }

    /// Whether a term ends here.
    pub(super) fn at_gap(&self) -> bool {
        self.scanner.at_gap()
    }

    /// Skips to a position ahead.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.scanner.skip_to(at);
    }

    /// The next token, after whitespace.
    pub(super) fn upcoming(&mut self) -> Upcoming {
        self.scanner.skip_whitespace();
        match self.scanner.peek() {
            None => Upcoming::End,
            Some('(') => Upcoming::Open,
            Some(')') => Upcoming::Close,
            Some('-') => Upcoming::Minus,
            Some(_) => self.operator().map_or(Upcoming::Term, |(operator, span)| Upcoming::Operator(operator, span)),
        }
    }

    /// The operator that comes next. A word followed by a colon or a quote is a name instead.
    fn operator(&self) -> Option<(Operator, Span)> {
        let mut ahead = self.scanner;
        let operator = match ahead.run(&NAME_STOPS) {
            "AND" => Operator::And,
            "OR" => Operator::Or,
            "NOT" => Operator::Not,
            _ => return None,
        };
        let span = Span { start: self.scanner.at(), end: ahead.at() };
        (ahead.at_gap() || ahead.peek() == Some('(')).then_some((operator, span))
    }

    /// Parses the next term.
    pub(super) fn term(&mut self) -> Result<Filter, SearchError> {
        if self.scanner.peek() == Some('"') { self.phrase() } else { self.named_or_word() }
    }

    /// Fails with `message` unless a term ends here.
    pub(super) fn expect_gap(&self, message: &'static str) -> Result<(), SearchError> {
        if self.scanner.at_gap() {
            return Ok(());
        }
        let span = Span::of_length(self.scanner.at(), self.scanner.peek().map_or(0, char::len_utf8));
        Err(span.error("unexpected_text", message))
    }

    fn phrase(&mut self) -> Result<Filter, SearchError> {
        let start = self.scanner.at();
        let content = self.scanner.quoted()?;
        let end = if self.scanner.eat('*') { PhraseEnd::Prefix } else { PhraseEnd::Whole };
        self.expect_gap("After the closing quote only a space may follow, or `*` for the beginning of a word")?;
        let span = Span { start, end: self.scanner.at() };
        match end {
            PhraseEnd::Whole if !content.is_empty() && tokens(&content).is_empty() => {
                self.size.add_test(span)?;
                Ok(Filter::any_of(identifier_tests(&content)))
            }
            PhraseEnd::Whole => {
                let words = self.words(&content, end, span)?;
                Ok(Filter::any_of([vec![words], identifier_tests(&content)].concat()))
            }
            PhraseEnd::Prefix => self.words(&content, end, span),
        }
    }

    /// The words of a pasted text, or a whole identifier that is this text.
    fn words_or_identifier(&mut self, text: &str, span: Span) -> Result<Filter, SearchError> {
        // The only word of `::1` is a 1, which most events have.
        if text.parse::<IpAddr>().is_ok() && tokens(text).len() < 2 {
            self.size.add_test(span)?;
            return Ok(Filter::any_of(identifier_tests(text)));
        }
        let words = self.words(text, PhraseEnd::Whole, span)?;
        Ok(Filter::any_of([vec![words], pasted_identifier_tests(text)].concat()))
    }

    /// A run that ends at a colon is a name, any other one is a word.
    fn named_or_word(&mut self) -> Result<Filter, SearchError> {
        let start = self.scanner.at();
        if self.is_address_next() {
            return self.text_with_colons(start);
        }
        let run = self.scanner.run(&NAME_STOPS);
        let span = Span { start, end: self.scanner.at() };
        match self.scanner.peek() {
            Some(':') if run.is_empty() || Name::is_meant_by(run) => self.field(run, span),
            Some(':') => self.text_with_colons(start),
            Some('"') if run.ends_with('.') && KEY_PREFIXES.iter().any(|prefix| run.starts_with(prefix)) => {
                let name = self.quoted_name(run)?;
                let span = Span { start, end: self.scanner.at() };
                if self.scanner.peek() == Some(':') {
                    return self.field(&name, span);
                }
                Err(span.error(
                    "missing_value",
                    format!("Write a colon and a value after the key: `{run}\"my key\":value`"),
                ))
            }
            Some('"') => Err(unexpected_quote(Span::of_length(span.end, 1))),
            Some('(') => Err(self.parenthesis()),
            _ => self.word(run, span),
        }
    }

    /// Whether an address comes next: the colons of `::1` and `1d::5` follow no name.
    fn is_address_next(&self) -> bool {
        let mut ahead = self.scanner;
        ahead.run(&TEXT_STOPS).parse::<IpAddr>().is_ok() && ahead.at_gap()
    }

    /// A text in which a colon belongs to the text: `https://example.com`, `arn:aws:iam::12:role/x`.
    fn text_with_colons(&mut self, start: usize) -> Result<Filter, SearchError> {
        self.scanner.run(&TEXT_STOPS);
        match self.scanner.peek() {
            Some('"') => Err(unexpected_quote(Span::of_length(self.scanner.at(), 1))),
            Some('(') => Err(self.parenthesis()),
            _ => {
                let text = self.scanner.read_since(start);
                self.word(text, Span { start, end: self.scanner.at() })
            }
        }
    }

    /// Reads the rest of a name with quoted parts.
    fn quoted_name(&mut self, run: &str) -> Result<String, SearchError> {
        let mut name = run.to_owned();
        while name.ends_with('.') && self.scanner.peek() == Some('"') {
            let start = self.scanner.at();
            self.scanner.quoted()?;
            name.push_str(self.scanner.read_since(start));
            name.push_str(self.scanner.run(&NAME_STOPS));
        }
        Ok(name)
    }

    fn word(&mut self, run: &str, span: Span) -> Result<Filter, SearchError> {
        let instead = match run {
            "|" | "||" => Some("Write `OR` between alternatives"),
            "&" | "&&" => Some("Write `AND` or nothing between terms that must all hold"),
            _ if run.starts_with('!') => Some("Write `-` or `NOT ` in front of what you rule out"),
            _ => None,
        };
        if let Some(instead) = instead {
            let message = format!("{instead}. To search for the text itself, put it in quotes");
            return Err(span.error("unknown_operator", message));
        }
        let (text, end) = match run.strip_suffix('*') {
            Some(text) => (text, PhraseEnd::Prefix),
            None => (run, PhraseEnd::Whole),
        };
        if let Some(at) = text.find('*') {
            let place = Span::of_length(span.start + at, 1);
            return Err(place.error(
                "wildcard_not_supported",
                "In a word `*` may stand only at the end. To search without the star, put the text in quotes",
            ));
        }
        if let Some(name) =
            run.split(['=', '<', '>', '!']).next().filter(|name| name.len() < run.len() && Name::parse(name).is_some())
        {
            return Err(span.error(
                "missing_colon",
                format!("Write a colon after the field: `{name}:value`, `{name}:>=value`. Or put the text in quotes"),
            ));
        }
        match end {
            PhraseEnd::Whole => self.words_or_identifier(text, span),
            PhraseEnd::Prefix => self.words(text, end, span),
        }
    }

    fn words(&mut self, text: &str, end: PhraseEnd, span: Span) -> Result<Filter, SearchError> {
        // After anything else the star would look like "any word", and mean something else.
        if end == PhraseEnd::Prefix && !ends_with_token(text) {
            return Err(span.error(
                "empty_prefix",
                "Write `*` right behind the letters or digits that a word begins with: `payr*`. For any value of a field \
                 write `field:*`. To search for the star itself, put the text in quotes",
            ));
        }
        let words = tokens(text);
        self.size.add_words(words.len(), span)?;
        let phrase = Phrase::of_tokens(words, end);
        phrase.map(Filter::Text).ok_or_else(|| {
            let message = "There is no letter or digit to search for. An identifier without any goes in quotes";
            span.error("empty_word", message)
        })
    }

    /// Parses the values after a name; the colon comes next.
    fn field(&mut self, text: &str, span: Span) -> Result<Filter, SearchError> {
        if text.is_empty() {
            let span = Span::of_length(span.start, 1);
            return Err(span.error("missing_field", "Write the field's name right before the colon: `actor:alice`"));
        }
        let Some(name) = Name::parse(text) else {
            let message = Name::unknown_message(text);
            let end = if message.ends_with('?') { "" } else { "." };
            let message = format!("{message}{end} To search for the text itself, put it in quotes");
            return Err(span.error("unknown_field", message));
        };
        self.scanner.eat(':');
        let mut values = FieldValues::new(name.field());
        loop {
            let written = self.value()?;
            self.size.add_value(written.span)?;
            let meaning = name.meaning(&written, self.now)?;
            if values.add(written.sign, meaning) == Added::Test {
                self.size.add_test(written.span)?;
            }
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
        if self.scanner.peek() == Some('(') {
            return Err(self.parenthesis());
        }
        written
    }

    fn parenthesis(&self) -> SearchError {
        Span::of_length(self.scanner.at(), 1).error(
            "unexpected_parenthesis",
            "Put a space before a parenthesis that groups terms; a text with parentheses goes in quotes",
        )
    }
}
