//! Reads simple values and checks their rules: strings, enum words, times, numbers, addresses, and objects whose
//! members are scalars.

use std::{borrow::Cow, net::IpAddr};

use super::parser::{Malformed, Parsed, Parser};
use crate::{
    event::{
        Attributes, Scalar,
        limits::{ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, SHORT_NAME_BYTES_MAX},
        violation::code,
    },
    id::EventId,
    json::{Kind, Path},
    timestamp::Timestamp,
};

impl<'a> Parser<'a> {
    /// Reads a string of any length.
    pub(super) fn string(&mut self, at: &Path<'_>) -> Parsed<Option<Cow<'a, str>>> {
        if !self.expect_kind(at, Kind::String)? {
            return Ok(None);
        }
        let read = self.reader.read_string();
        self.settle(at, read)
    }

    /// Reads a string of at most `bytes_max` bytes.
    pub(super) fn text(&mut self, at: &Path<'_>, bytes_max: usize) -> Parsed<Option<String>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        Ok(self.check_length(at, text.len(), bytes_max).then(|| text.into_owned()))
    }

    /// Reads a string of at most `bytes_max` bytes that may not be empty, because it is a name.
    pub(super) fn name(&mut self, at: &Path<'_>, bytes_max: usize) -> Parsed<Option<String>> {
        let name = self.text(at, bytes_max)?;
        if name.as_deref() == Some("") {
            self.note(at, code::INVALID_VALUE, "it must not be empty");
            return Ok(None);
        }
        Ok(name)
    }

    pub(super) fn check_length(&mut self, at: &Path<'_>, bytes: usize, bytes_max: usize) -> bool {
        if bytes > bytes_max {
            self.note(at, code::TOO_LONG, format!("{bytes} bytes, where at most {bytes_max} are allowed"));
        }
        bytes <= bytes_max
    }

    /// Reads a word of a fixed set.
    pub(super) fn word<T>(
        &mut self,
        at: &Path<'_>,
        names: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Parsed<Option<T>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let word = parse(&text);
        if word.is_none() {
            self.note(at, code::INVALID_VALUE, format!("it must be one of {}", names.join(", ")));
        }
        Ok(word)
    }

    pub(super) fn action(&mut self, at: &Path<'_>) -> Parsed<Option<String>> {
        let Some(action) = self.name(at, SHORT_NAME_BYTES_MAX)? else { return Ok(None) };
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        if !action.bytes().all(allowed) {
            self.note(at, code::INVALID_VALUE, "only a to z, 0 to 9, '_', '.' and '-' are allowed");
            return Ok(None);
        }
        Ok(Some(action))
    }

    pub(super) fn event_id(&mut self, at: &Path<'_>) -> Parsed<Option<EventId>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let id = EventId::parse(&text);
        if id.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be a UUID of version 7 in lower case");
        }
        Ok(id)
    }

    pub(super) fn timestamp(&mut self, at: &Path<'_>) -> Parsed<Option<Timestamp>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let Some(time) = Timestamp::parse_rfc3339(&text) else {
            self.note(at, code::INVALID_TIMESTAMP, "it must be an RFC 3339 time with an offset or Z");
            return Ok(None);
        };
        if time < Timestamp::EPOCH {
            self.note(at, code::TIMESTAMP_OUT_OF_RANGE, "before 1970");
            return Ok(None);
        }
        Ok(Some(time))
    }

    /// Reads an address. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) becomes the IPv4 address: a search for an
    /// address means the machine, not the kind of socket it was seen on.
    pub(super) fn address(&mut self, at: &Path<'_>) -> Parsed<Option<IpAddr>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let address = text.parse::<IpAddr>().ok();
        if address.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be an IPv4 or IPv6 address, without a port or zone");
        }
        Ok(address.map(|address| address.to_canonical()))
    }

    /// Reads a whole number from 0 to 2^53.
    pub(super) fn whole_number(&mut self, at: &Path<'_>) -> Parsed<Option<u64>> {
        if !self.expect_kind(at, Kind::Number)? {
            return Ok(None);
        }
        let read = self.reader.read_number();
        let Some(number) = self.settle(at, read)? else { return Ok(None) };
        if number < 0.0 || number.fract() != 0.0 {
            self.note(at, code::INVALID_VALUE, "it must be a whole number that is not negative");
            return Ok(None);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, from 0 to 2^53")]
        let number = number as u64;
        Ok(Some(number))
    }

    /// Reads an object of scalars. `null` is a value in it; lists and objects are refused rather than dropped.
    pub(super) fn attributes(&mut self, at: &Path<'_>, count_max: usize) -> Parsed<Attributes> {
        let mut pairs: Vec<(String, Scalar)> = Vec::new();
        if !self.expect_kind(at, Kind::Object)? {
            return Ok(Attributes::default());
        }
        let begun = self.reader.begin_object();
        if self.settle(at, begun)?.is_none() {
            return Ok(Attributes::default());
        }
        let mut count = 0;
        loop {
            let key = self.reader.next_key();
            if matches!(key, Ok(None)) {
                break;
            }
            count += 1;
            let Some(Some(name)) = self.settle(at, key)? else {
                self.skim(at)?;
                continue;
            };
            let at = at.member(&name);
            if count > count_max {
                self.skim(&at)?;
            } else if let Some(value) = self.attribute(&at, &name)? {
                pairs.push((name.into_owned(), value));
            }
        }
        if count > count_max {
            self.note(at, code::TOO_MANY, format!("{count} names, where at most {count_max} are allowed"));
        }
        Ok(Attributes::sorted(pairs).unwrap_or_else(|name| {
            self.note(&at.member(&name), code::DUPLICATE_KEY, "the name occurs twice");
            Attributes::default()
        }))
    }

    fn attribute(&mut self, at: &Path<'_>, name: &str) -> Parsed<Option<Scalar>> {
        self.check_length(at, name.len(), ATTRIBUTE_NAME_BYTES_MAX);
        let read = match self.reader.peek_kind().map_err(|error| Malformed::new(at, error))? {
            Kind::Null => self.reader.read_null().map(|()| Scalar::Null),
            Kind::Boolean => self.reader.read_boolean().map(Scalar::Boolean),
            Kind::Number => self.reader.read_number().map(Scalar::Number),
            Kind::String => return Ok(self.text(at, ATTRIBUTE_VALUE_BYTES_MAX)?.map(Scalar::String)),
            found @ (Kind::Array | Kind::Object) => {
                let detail = format!("a string, number, boolean or null is expected, this is {}", found.as_str());
                self.note(at, code::WRONG_TYPE, detail);
                return self.skim(at).map(|()| None);
            }
        };
        self.settle(at, read)
    }
}
