//! Owns verbatim output: JSON, NDJSON and CSV. Bytes are written to a pipe or a file unchanged. On a terminal control
//! characters are escaped as in JSON, so that JSON keeps its meaning.

use std::io::{self, IsTerminal, Write};

use auditlog_core::printable::{is_unprintable, push_json_escape};

/// Standard output for text that this program did not write.
pub(crate) fn plain_stdout() -> PlainOutput<io::StdoutLock<'static>> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    PlainOutput {
        out: stdout.lock(),
        reader: if is_terminal { Reader::Terminal } else { Reader::Program },
        kept: Vec::new(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Terminal,
    Program,
}

/// Writes text, escaping it if a terminal reads it.
#[derive(Debug)]
pub(crate) struct PlainOutput<W: Write> {
    out: W,
    reader: Reader,
    /// The incomplete end of the last write: the beginning of a character, or a carriage return.
    kept: Vec<u8>,
}

impl<W: Write> PlainOutput<W> {
    /// Writes the complete characters of `bytes`, and keeps the rest.
    fn write_escaped(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.kept);
        pending.extend_from_slice(bytes);
        let mut rest = pending.as_slice();
        let mut text = String::with_capacity(rest.len());
        while !rest.is_empty() {
            let (valid, behind) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, None),
                Err(error) => {
                    let (valid, behind) = rest.split_at(error.valid_up_to());
                    (std::str::from_utf8(valid).unwrap_or_default(), Some((behind, error.error_len())))
                }
            };
            let ends_open = behind.is_none() && valid.ends_with('\r');
            push_escaped(if ends_open { &valid[..valid.len() - 1] } else { valid }, &mut text);
            match behind {
                None if ends_open => {
                    self.kept = vec![b'\r'];
                    break;
                }
                None => break,
                // The character may continue in the next write.
                Some((behind, None)) => {
                    self.kept = behind.to_vec();
                    break;
                }
                Some((behind, Some(length))) => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &behind[length..];
                }
            }
        }
        self.out.write_all(text.as_bytes())
    }
}

/// Keeps line endings; escapes every other control character.
fn push_escaped(text: &str, out: &mut String) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_end_of_line = character == '\n' || (character == '\r' && characters.peek() == Some(&'\n'));
        if is_unprintable(character) && !is_end_of_line {
            push_json_escape(character, out);
        } else {
            out.push(character);
        }
    }
}

impl<W: Write> Write for PlainOutput<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.reader {
            Reader::Program => self.out.write(bytes),
            Reader::Terminal => self.write_escaped(bytes).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Drop for PlainOutput<W> {
    fn drop(&mut self) {
        if !self.kept.is_empty() {
            // The text ended in the middle of a character or with a carriage return; an error cannot be reported here.
            let _ = self.out.write_all("\u{fffd}".as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8], reader: Reader, chunk_bytes: usize) -> String {
        let mut shown = Vec::new();
        let mut output = PlainOutput { out: &mut shown, reader, kept: Vec::new() };
        text.chunks(chunk_bytes).for_each(|chunk| output.write_all(chunk).unwrap());
        drop(output);
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_terminal_is_given_escapes_and_a_program_every_byte() {
        let json = "{\"a\":\"\u{9b}2J ü\u{202e}\u{e0041}\u{7f}\"}\r\n\"日本\"\n";
        let safe = "{\"a\":\"\\u009b2J ü\\u202e\\udb40\\udc41\\u007f\"}\r\n\"日本\"\n";
        for chunk_bytes in [1, 2, 3, 1_000] {
            assert_eq!(shown(json.as_bytes(), Reader::Terminal, chunk_bytes), safe);
            assert_eq!(shown(json.as_bytes(), Reader::Program, chunk_bytes), json);
        }
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text.lines().next().unwrap()).unwrap();
        assert_eq!(value(safe), value(json));
    }

    #[test]
    fn a_line_cannot_be_overwritten_and_broken_text_shows() {
        assert_eq!(shown(b"good\rbad\r\n", Reader::Terminal, 5), "good\\u000dbad\r\n");
        assert_eq!(shown(b"a\xff\xc3", Reader::Terminal, 1), "a\u{fffd}\u{fffd}");
    }
}
