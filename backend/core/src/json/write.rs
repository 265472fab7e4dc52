//! Writes JSON as RFC 8785 requires: no white space, the shortest escapes, numbers as ECMAScript prints them. Members
//! are written in the order of the caller's calls, which must be that of [`compare_names`].

use std::{cmp::Ordering, fmt::Write, net::IpAddr};

use super::scan::plain_length;

/// Writes a string with its quotes.
pub fn write_string(string: &str, out: &mut String) {
    out.push('"');
    let mut rest = string;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest.as_bytes()));
        out.push_str(plain);
        let mut characters = special.chars();
        let Some(character) = characters.next() else { break };
        write_escape(character, out);
        rest = characters.as_str();
    }
    out.push('"');
}

fn write_escape(character: char, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match character {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\u{9}' => "\\t",
        '\u{a}' => "\\n",
        '\u{c}' => "\\f",
        '\u{d}' => "\\r",
        _ => {
            let code = character as usize;
            out.push_str("\\u00");
            out.push(char::from(DIGITS[code >> 4 & 15]));
            out.push(char::from(DIGITS[code & 15]));
            return;
        }
    };
    out.push_str(short);
}

/// Writes a finite number as ECMAScript prints it; `-0` as `0`.
pub fn write_number(number: f64, out: &mut String) {
    out.push_str(ryu_js::Buffer::new().format(number));
}

/// Appends an address as the standard library prints it. Nearly every event prints one twice, most are IPv4, and the
/// formatter takes ten times as long for those.
pub fn write_address(address: IpAddr, out: &mut String) {
    let IpAddr::V4(address) = address else {
        // Writing to a String cannot fail.
        let _ = write!(out, "{address}");
        return;
    };
    let digit = |number: u8| char::from(b'0' + number % 10);
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            out.push('.');
        }
        if octet >= 100 {
            out.push(digit(octet / 100));
        }
        if octet >= 10 {
            out.push(digit(octet / 10));
        }
        out.push(digit(octet));
    }
}

/// Appends bytes as lower-case hexadecimal digits.
pub fn write_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The order of member names in canonical JSON: by UTF-16 code units.
#[must_use]
pub fn compare_names(left: &str, right: &str) -> Ordering {
    left.bytes().map(utf16_rank).cmp(right.bytes().map(utf16_rank))
}

/// Ranks the bytes of UTF-8 so that comparing them compares UTF-16. The orders differ in one thing: characters from
/// U+10000 on (first byte 0xf0 to 0xf4) are surrogates in UTF-16 and stand before U+E000 to U+FFFF (0xee and 0xef).
const fn utf16_rank(byte: u8) -> u8 {
    if matches!(byte, 0xee | 0xef) { byte + 0x10 } else { byte }
}

/// Appends a list.
pub(crate) fn write_list<T>(items: &[T], out: &mut String, write_item: impl Fn(&T, &mut String)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(item, out);
    }
    out.push(']');
}

/// Writes an object member by member.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut String,
    start: usize,
}

impl<'o> ObjectWriter<'o> {
    /// Opens the object.
    pub fn begin(out: &'o mut String) -> Self {
        let start = out.len();
        out.push('{');
        Self { out, start }
    }

    /// Resumes an object that was opened at the start of `out`.
    pub fn resume(out: &'o mut String) -> Self {
        Self { out, start: 0 }
    }

    /// Writes a member's name, which needs no escapes, and returns the text so that its value can be written.
    #[inline]
    pub fn member(&mut self, name: &'static str) -> &mut String {
        if !self.is_empty() {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    /// Writes a member that is a string.
    #[inline]
    pub fn string(&mut self, name: &'static str, value: &str) {
        write_string(value, self.member(name));
    }

    /// Writes a member that is a string, if there is a value.
    #[inline]
    pub fn optional_string(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    /// Writes a member that is a string, if there is a value: `print` appends its text, which needs no escapes.
    pub fn printed<T>(&mut self, name: &'static str, value: Option<T>, print: impl FnOnce(T, &mut String)) {
        let Some(value) = value else { return };
        let out = self.member(name);
        out.push('"');
        print(value, out);
        out.push('"');
    }

    /// Writes a member that was printed before, including its name.
    pub fn printed_member(&mut self, member: &str) {
        if !self.is_empty() {
            self.out.push(',');
        }
        self.out.push_str(member);
    }

    /// Lets `write` write at most one member and returns its printed form, empty where there is none.
    #[inline]
    pub fn written_by(&mut self, write: impl FnOnce(&mut Self)) -> &str {
        let start = self.out.len();
        write(self);
        let written = &self.out[start..];
        written.strip_prefix(',').unwrap_or(written)
    }

    /// Writes a member that is a whole number of at most 2^53.
    pub fn integer(&mut self, name: &'static str, value: u64) {
        // Writing to a String cannot fail.
        let _ = write!(self.member(name), "{value}");
    }

    /// Writes a member that is an object, unless nothing is written into it.
    pub fn optional_object(&mut self, name: &'static str, write_members: impl FnOnce(&mut ObjectWriter<'_>)) {
        let start = self.out.len();
        let mut object = ObjectWriter::begin(self.member(name));
        write_members(&mut object);
        if object.is_empty() {
            self.out.truncate(start);
        } else {
            object.end();
        }
    }

    /// Writes a member that is a list, unless it is empty.
    pub fn optional_list<T>(&mut self, name: &'static str, items: &[T], write_item: impl Fn(&T, &mut String)) {
        if !items.is_empty() {
            write_list(items, self.member(name), write_item);
        }
    }

    /// Whether no member has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.len() == self.start + 1
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push('}');
    }

    /// Closes the object; if it has no members, leaves `null` instead.
    pub fn end_or_null(self) {
        if self.is_empty() {
            self.out.truncate(self.start);
            self.out.push_str("null");
        } else {
            self.out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn addresses_are_printed_as_the_standard_library_does() {
        let octets = (0..=u8::MAX).map(|octet| IpAddr::from(Ipv4Addr::new(octet, 255 - octet, octet / 3, octet / 30)));
        let others = ["::", "2001:db8::1", "::ffff:1.2.3.4"].map(|text| text.parse().unwrap());
        for address in octets.chain(others) {
            let mut out = String::new();
            write_address(address, &mut out);
            assert_eq!(out, address.to_string());
        }
    }
}
