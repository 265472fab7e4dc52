//! Splits JSON text into its values without interpreting them, so that numbers, the order of members and repeated names
//! reach the server exactly as written. Streams: a file of any length needs only the memory of its longest value.

use std::io::{self, BufRead};

/// The maximum length of a value: far above what the server accepts, far below what would fill the memory.
const VALUE_BYTES_MAX: usize = 32 << 20;

/// Some programs write it before a text.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why the text could not be split further.
#[derive(Debug)]
pub(crate) enum CutError {
    /// The bytes could not be read.
    Unreadable(io::Error),
    /// They are not JSON that this reader accepts.
    Malformed(String),
    /// A value is longer than any that could be sent; the next one can be read.
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl From<io::Error> for CutError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl std::fmt::Display for CutError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(formatter),
            Self::Malformed(text) => formatter.write_str(text),
            Self::TooLong { bytes } => {
                write!(formatter, "a value of {bytes} bytes is longer than {VALUE_BYTES_MAX} bytes")
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between values of the text.
    Top,
    /// Between the members of an object of which one member is wanted.
    Object,
    /// Between the elements of the requested array, with the state to return to at its end.
    Array(Outside),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    Top,
    Object,
}

/// Returns objects one after the other, each as the text that was written.
pub(crate) struct ObjectReader<R> {
    reader: R,
    place: Place,
    member: Option<&'static str>,
}

impl<R: BufRead> ObjectReader<R> {
    /// Reads objects that lie side by side, or in one array.
    pub(crate) fn of_values(reader: R) -> Self {
        Self { reader, place: Place::Top, member: None }
    }

    /// Reads the objects in the array that is the outer object's `member`: `{"Records":[…]}`.
    pub(crate) fn of_member(reader: R, member: &'static str) -> Self {
        Self { reader, place: Place::Top, member: Some(member) }
    }

    /// Returns the next object, or `None` at the end of the text.
    pub(crate) fn next_object(&mut self) -> Result<Option<String>, CutError> {
        loop {
            let Some(byte) = self.skip_separators()? else {
                if self.place == Place::Top {
                    return Ok(None);
                }
                return Err(malformed("the text ends inside an object or array"));
            };
            match (self.place, byte) {
                (Place::Top, first) if first == BYTE_ORDER_MARK[0] => self.pass_byte_order_mark()?,
                (Place::Top, b'[') if self.member.is_none() => self.enter(Place::Array(Outside::Top)),
                (Place::Top, b'{') if self.member.is_some() => self.enter(Place::Object),
                (Place::Top | Place::Array(_), b'{') => return self.take_value().map(Some),
                (Place::Array(Outside::Top), b']') | (Place::Object, b'}') => self.enter(Place::Top),
                (Place::Array(Outside::Object), b']') => self.enter(Place::Object),
                (Place::Object, b'"') => self.pass_member()?,
                (_, byte) => return Err(malformed(format!("an object was expected, not {:?}", char::from(byte)))),
            }
        }
    }

    fn enter(&mut self, place: Place) {
        self.reader.consume(1);
        self.place = place;
    }

    fn pass_byte_order_mark(&mut self) -> Result<(), CutError> {
        let mut mark = [0; BYTE_ORDER_MARK.len()];
        self.reader.read_exact(&mut mark)?;
        if mark == BYTE_ORDER_MARK { Ok(()) } else { Err(malformed("an object was expected")) }
    }

    /// Reads a member's name; enters its array if it is the wanted one, and skips its value otherwise.
    fn pass_member(&mut self) -> Result<(), CutError> {
        let name = self.take_value()?;
        if self.skip_separators()? != Some(b':') {
            return Err(malformed("a colon was expected after a name"));
        }
        self.reader.consume(1);
        let Some(first) = self.skip_separators()? else { return Err(malformed("a value was expected after a name")) };
        let wanted = self.member.is_some_and(|member| name.trim_matches('"') == member);
        if wanted && first == b'[' {
            self.enter(Place::Array(Outside::Object));
            return Ok(());
        }
        match self.take_value() {
            // Nobody wants this one.
            Ok(_) | Err(CutError::TooLong { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Skips white space and commas. Returns the next byte without consuming it.
    fn skip_separators(&mut self) -> Result<Option<u8>, CutError> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let separators = buffer.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            let next = buffer.get(separators).copied();
            self.reader.consume(separators);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Reads one value of any kind, from its first byte to its last. Of one that is too long only the end is searched.
    fn take_value(&mut self) -> Result<String, CutError> {
        let (mut value, mut bytes) = (Vec::new(), 0);
        let mut scanner = Scanner::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(malformed("the text ends inside a value"));
            }
            let end = buffer.iter().position(|byte| scanner.ends_with(*byte));
            let taken = match end {
                Some(last) => last + usize::from(scanner.owns_last_byte),
                None => buffer.len(),
            };
            bytes += taken;
            if bytes <= VALUE_BYTES_MAX {
                value.extend_from_slice(&buffer[..taken]);
            }
            self.reader.consume(taken);
            match end {
                Some(_) if bytes > VALUE_BYTES_MAX => return Err(CutError::TooLong { bytes }),
                Some(_) => return String::from_utf8(value).map_err(|_| malformed("the text is not UTF-8")),
                None => {}
            }
        }
    }
}

/// Finds where a value ends.
#[derive(Default)]
struct Scanner {
    depth: usize,
    string: StringState,
    started: bool,
    /// Whether the byte that ended the value belongs to it; the comma after a number does not.
    owns_last_byte: bool,
}

#[derive(Default, PartialEq, Eq)]
enum StringState {
    #[default]
    Outside,
    Inside,
    Escaped,
}

impl Scanner {
    fn ends_with(&mut self, byte: u8) -> bool {
        if self.string != StringState::Outside {
            self.string = match (&self.string, byte) {
                (StringState::Inside, b'\\') => StringState::Escaped,
                (StringState::Inside, b'"') => StringState::Outside,
                _ => StringState::Inside,
            };
            self.owns_last_byte = true;
            return self.string == StringState::Outside && self.depth == 0;
        }
        match byte {
            b'"' => self.string = StringState::Inside,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                self.owns_last_byte = true;
                return self.depth == 0;
            }
            b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 && self.started => {
                self.owns_last_byte = false;
                return true;
            }
            _ => {}
        }
        self.started = true;
        false
    }
}

fn malformed(text: impl Into<String>) -> CutError {
    CutError::Malformed(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut reader: ObjectReader<impl BufRead>) -> Result<Vec<String>, String> {
        let mut objects = Vec::new();
        while let Some(object) = reader.next_object().map_err(|error| error.to_string())? {
            objects.push(object);
        }
        Ok(objects)
    }

    #[test]
    fn objects_are_cut_as_they_were_written_however_they_are_arranged() {
        let objects = [r#"{"a":1e400, "a":"}]\"\\"}"#, "{}", r#"{"b":[{"c":[]}]}"#];
        let marked = format!("\u{feff}{}", objects.join("\n"));
        for text in [objects.join("\n"), objects.join(""), format!("[{}]", objects.join(" , ")), marked] {
            assert_eq!(all(ObjectReader::of_values(text.as_bytes())).unwrap(), objects, "{text}");
            // A buffer of one byte shows that nothing depends on where a read ends.
            let slow = io::BufReader::with_capacity(1, text.as_bytes());
            assert_eq!(all(ObjectReader::of_values(slow)).unwrap(), objects, "{text}");
        }
    }

    #[test]
    fn a_member_is_found_among_others_and_in_each_document() {
        let text = r#"{"n":1,"x":{"Records":[{"no":1}]},"Records":[{"yes":1},{"yes":2}],"t":true}{"Records":[]}
            {"s":"Records","Records":[{"yes":3}]}"#;
        let objects = all(ObjectReader::of_member(text.as_bytes(), "Records")).unwrap();
        assert_eq!(objects, [r#"{"yes":1}"#, r#"{"yes":2}"#, r#"{"yes":3}"#]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["1", "[1]", r#"{"a":1"#, "[{}", "true", r#""text""#, "{}]", "ﬀ{}", "[\u{feff}{}]"] {
            assert!(all(ObjectReader::of_values(text.as_bytes())).is_err(), "{text}");
        }
        assert_eq!(all(ObjectReader::of_values(&b" \n"[..])).unwrap(), Vec::<String>::new());
    }
}
