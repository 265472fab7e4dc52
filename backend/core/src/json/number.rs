//! Reads numbers, and owns the rule which numbers are accepted.

use super::{JsonError, JsonErrorKind, Reader};

/// The largest magnitude of a number: 2^53. Beyond it not every integer has a double of its own, and every double is an
/// integer.
pub const INTEGER_MAX: u64 = 1 << 53;

const INTEGER_MAX_DIGITS: &[u8] = b"9007199254740992";
const MAGNITUDE_MAX: f64 = 9_007_199_254_740_992.0;

/// Whether a double is allowed in an event: finite and within ±2^53.
pub(crate) fn is_in_range(number: f64) -> bool {
    number.abs() <= MAGNITUDE_MAX
}

impl Reader<'_> {
    /// Reads a number as the nearest double; `-0` is read as `0`.
    ///
    /// # Errors
    /// [`JsonErrorKind::NumberOutOfRange`] where its exact value lies beyond ±2^53, or malformed.
    pub fn read_number(&mut self) -> Result<f64, JsonError> {
        self.next_byte()?;
        let start = self.position;
        let is_negative = self.byte() == Some(b'-');
        if is_negative {
            self.position += 1;
        }
        let digits_at = self.position;
        let integer = self.read_integer_part()?;
        let digit_count = self.position - digits_at;
        if !matches!(self.byte(), Some(b'.' | b'e' | b'E')) && digit_count <= 15 {
            // Fifteen digits are exact in a double, and adding zero turns -0 into 0.
            #[expect(clippy::cast_precision_loss, reason = "below 10^15")]
            let magnitude = integer as f64;
            return Ok(if is_negative { 0.0 - magnitude } else { magnitude });
        }
        self.read_fraction()?;
        self.read_exponent()?;
        let out_of_range = JsonError { kind: JsonErrorKind::NumberOutOfRange, offset: start };
        let text = &self.text[start..self.position];
        let number: f64 = text.parse().map_err(|_| JsonError { kind: JsonErrorKind::InvalidNumber, offset: start })?;
        let is_boundary = number.abs() == MAGNITUDE_MAX;
        if !is_in_range(number) || (is_boundary && is_rounded_down(text)) {
            return Err(out_of_range);
        }
        Ok(number + 0.0)
    }

    /// Reads `0`, or digits that do not begin with it. The result wraps where there are more digits than any caller
    /// uses it for.
    fn read_integer_part(&mut self) -> Result<u64, JsonError> {
        let Some(first @ b'0'..=b'9') = self.byte() else {
            return Err(self.error(JsonErrorKind::InvalidNumber));
        };
        self.position += 1;
        let mut integer = u64::from(first - b'0');
        if first == b'0' {
            return Ok(0);
        }
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            integer = integer.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.position += 1;
        }
        Ok(integer)
    }

    fn read_fraction(&mut self) -> Result<(), JsonError> {
        if self.byte() != Some(b'.') {
            return Ok(());
        }
        self.position += 1;
        self.read_digits()
    }

    fn read_exponent(&mut self) -> Result<(), JsonError> {
        if !matches!(self.byte(), Some(b'e' | b'E')) {
            return Ok(());
        }
        self.position += 1;
        if let Some(b'+' | b'-') = self.byte() {
            self.position += 1;
        }
        self.read_digits()
    }

    fn read_digits(&mut self) -> Result<(), JsonError> {
        let start = self.position;
        while let Some(b'0'..=b'9') = self.byte() {
            self.position += 1;
        }
        if self.position == start {
            return Err(self.error(JsonErrorKind::InvalidNumber));
        }
        Ok(())
    }
}

/// Whether a number whose double is ±2^53 is larger than that, as 9007199254740993 is. Its digits decide this: its
/// first significant digit stands for 10^15, because it is so close to 2^53.
fn is_rounded_down(text: &str) -> bool {
    let mantissa = text.trim_start_matches('-').split(['e', 'E']).next().unwrap_or_default();
    let mut digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    for expected in INTEGER_MAX_DIGITS {
        match digits.next().unwrap_or(b'0').cmp(expected) {
            std::cmp::Ordering::Less => return false,
            std::cmp::Ordering::Greater => return true,
            std::cmp::Ordering::Equal => {}
        }
    }
    digits.any(|digit| digit != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<f64, JsonErrorKind> {
        let mut reader = Reader::new(text.as_bytes()).unwrap();
        let number = reader.read_number().map_err(|error| error.kind)?;
        reader.finish().map_err(|error| error.kind)?;
        Ok(number)
    }

    #[test]
    fn takes_every_number_up_to_two_to_the_53() {
        for (text, expected) in [
            ("0", 0.0_f64),
            ("-0", 0.0),
            ("-0.0e5", 0.0),
            ("12", 12.0),
            ("-1.5e-3", -0.0015),
            ("1E2", 100.0),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("-9007199254740992.000", -9_007_199_254_740_992.0),
            ("0.9007199254740992e16", 9_007_199_254_740_992.0),
            ("9007199254740991.9", 9_007_199_254_740_992.0),
            ("1e-400", 0.0),
        ] {
            let number = read(text).unwrap();
            assert_eq!(number.to_bits(), expected.to_bits(), "{text}");
        }
    }

    #[test]
    fn refuses_what_lies_beyond() {
        for text in [
            "9007199254740993",
            "-9007199254740993",
            "9007199254740992.1",
            "9.007199254740993e15",
            "90071992547409920000000001e-10",
            "1e16",
            "1e400",
            "-1e999999999999",
        ] {
            assert_eq!(read(text), Err(JsonErrorKind::NumberOutOfRange), "{text}");
        }
    }

    #[test]
    fn knows_the_grammar() {
        for text in ["-", "01", "1.", ".5", "1e", "1e+", "+1", "- 1", "0x1", "1.e3", "--1", "NaN"] {
            assert!(read(text).unwrap_err().is_malformed(), "{text}");
        }
    }
}
