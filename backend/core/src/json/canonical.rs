//! Turns any JSON value into its RFC 8785 text while reading it.

use std::{borrow::Cow, ops::Range};

use super::{JsonError, JsonErrorKind, Kind, Path, Reader, compare_names, write_number, write_string};

/// An error in a JSON text, and the value it is in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error} in {pointer:?}")]
pub struct LocatedError {
    /// What is wrong.
    pub error: JsonError,
    /// The JSON Pointer of the value.
    pub pointer: String,
}

/// Reads the next value and appends its canonical text to `out`. `at` is the value's position in the whole text.
///
/// # Errors
/// The first error. After a refusal the reader is positioned after the value, and the bytes appended to `out` are
/// undefined.
pub fn read_canonical(reader: &mut Reader<'_>, at: &Path<'_>, out: &mut String) -> Result<(), LocatedError> {
    let mut rewriter = Rewriter { reader, out, refusal: None };
    rewriter.value(at)?;
    rewriter.refusal.map_or(Ok(()), Err)
}

struct Rewriter<'r, 'a, 'o> {
    reader: &'r mut Reader<'a>,
    out: &'o mut String,
    refusal: Option<LocatedError>,
}

impl<'a> Rewriter<'_, 'a, '_> {
    fn value(&mut self, at: &Path<'_>) -> Result<(), LocatedError> {
        let read = match self.reader.peek_kind() {
            Ok(Kind::Null) => self.reader.read_null().map(|()| self.out.push_str("null")),
            Ok(Kind::Boolean) => {
                self.reader.read_boolean().map(|truth| self.out.push_str(if truth { "true" } else { "false" }))
            }
            Ok(Kind::Number) => self.reader.read_number().map(|number| write_number(number, self.out)),
            Ok(Kind::String) => self.reader.read_string().map(|string| write_string(&string, self.out)),
            Ok(Kind::Array) => return self.array(at),
            Ok(Kind::Object) => return self.object(at),
            Err(error) => Err(error),
        };
        read.or_else(|error| self.refuse(at, error))
    }

    fn array(&mut self, at: &Path<'_>) -> Result<(), LocatedError> {
        if let Err(error) = self.reader.begin_array() {
            return self.refuse(at, error);
        }
        self.out.push('[');
        let mut index = 0;
        while self.reader.next_item().map_err(|error| locate(at, error))? {
            if index > 0 {
                self.out.push(',');
            }
            self.value(&at.item(index))?;
            index += 1;
        }
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, at: &Path<'_>) -> Result<(), LocatedError> {
        if let Err(error) = self.reader.begin_object() {
            return self.refuse(at, error);
        }
        self.out.push('{');
        let start = self.out.len();
        let mut members: Vec<(Cow<'a, str>, Range<usize>)> = Vec::new();
        loop {
            let name = match self.reader.next_key() {
                Ok(Some(name)) => name,
                Ok(None) => break,
                Err(error) => {
                    self.refuse(at, error)?;
                    Cow::Borrowed("")
                }
            };
            if !members.is_empty() {
                self.out.push(',');
            }
            let member_at = self.out.len();
            write_string(&name, self.out);
            self.out.push(':');
            self.value(&at.member(&name))?;
            members.push((name, member_at..self.out.len()));
        }
        self.sort_members(at, start, members)?;
        self.out.push('}');
        Ok(())
    }

    /// Sorts the members written since `start`. Most texts are in order already and stay unchanged.
    fn sort_members(
        &mut self,
        at: &Path<'_>,
        start: usize,
        mut members: Vec<(Cow<'a, str>, Range<usize>)>,
    ) -> Result<(), LocatedError> {
        if members.is_sorted_by(|(left, _), (right, _)| compare_names(left, right).is_lt()) {
            return Ok(());
        }
        members.sort_by(|(left, _), (right, _)| compare_names(left, right));
        if let Some(pair) = members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let error = JsonError { kind: JsonErrorKind::DuplicateKey, offset: self.reader.offset() };
            self.refuse(&at.member(&pair[0].0), error)?;
        }
        let unsorted = self.out.split_off(start);
        for (index, (_, range)) in members.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.out.push_str(&unsorted[range.start - start..range.end - start]);
        }
        Ok(())
    }

    /// Records the first refusal and continues; aborts on a malformed text.
    fn refuse(&mut self, at: &Path<'_>, error: JsonError) -> Result<(), LocatedError> {
        if error.kind.is_malformed() {
            return Err(locate(at, error));
        }
        if self.refusal.is_none() {
            self.refusal = Some(locate(at, error));
        }
        Ok(())
    }
}

fn locate(at: &Path<'_>, error: JsonError) -> LocatedError {
    LocatedError { error, pointer: at.to_shown_pointer() }
}
