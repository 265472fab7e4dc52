//! Skips unwanted values. Only their syntax is checked, because the caller has already refused a value that it skips.

use super::{JsonError, JsonErrorKind, Reader};

impl Reader<'_> {
    /// Skips the next value, however deep it is. Uses no stack for the depth.
    ///
    /// # Errors
    /// Malformed.
    pub fn skim_value(&mut self) -> Result<(), JsonError> {
        let mut closers = Vec::new();
        loop {
            self.skim_to_first_scalar(&mut closers)?;
            if !self.skim_to_next_value(&mut closers)? {
                return Ok(());
            }
        }
    }

    /// Skips opening brackets and the scalar after them, or up to the first empty list or object.
    fn skim_to_first_scalar(&mut self, closers: &mut Vec<u8>) -> Result<(), JsonError> {
        loop {
            let close = match self.next_byte()? {
                b'{' => b'}',
                b'[' => b']',
                _ => return self.skim_scalar(),
            };
            self.position += 1;
            closers.push(close);
            if self.next_byte()? == close {
                return Ok(());
            }
            self.skim_key(close)?;
        }
    }

    /// Closes the containers that end after a value. Returns whether another value follows.
    fn skim_to_next_value(&mut self, closers: &mut Vec<u8>) -> Result<bool, JsonError> {
        while let Some(&close) = closers.last() {
            let byte = self.next_byte()?;
            if byte == close {
                self.position += 1;
                closers.pop();
                continue;
            }
            self.expect(b',')?;
            self.skim_key(close)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Skips the member name, where `close` closes an object.
    fn skim_key(&mut self, close: u8) -> Result<(), JsonError> {
        if close != b'}' {
            return Ok(());
        }
        forgive(&self.read_string())?;
        self.expect(b':')
    }

    fn skim_scalar(&mut self) -> Result<(), JsonError> {
        match self.next_byte()? {
            b'"' => forgive(&self.read_string()),
            b't' | b'f' => forgive(&self.read_boolean()),
            b'n' => self.read_null(),
            b'-' | b'0'..=b'9' => forgive(&self.read_number()),
            _ => Err(self.error(JsonErrorKind::UnexpectedByte)),
        }
    }
}

/// Passes on only that a text is malformed.
fn forgive<T>(read: &Result<T, JsonError>) -> Result<(), JsonError> {
    match read {
        Err(error) if error.kind.is_malformed() => Err(*error),
        _ => Ok(()),
    }
}
