//! Reads the original record of another system, and truncates one that is too long.

use sha2::{Digest, Sha256};

use super::{
    members::{Member, RawMember},
    parser::{Parsed, Parser, Seen},
};
use crate::{
    event::{
        Raw, RawBody,
        limits::{ID_BYTES_MAX, RAW_BODY_BYTES_MAX},
        violation::code,
    },
    json::{Kind, Path},
};

impl RawBody {
    /// Keeps a record's bytes, or their hash and size where there are more than 32 KiB.
    #[must_use]
    pub fn of_text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.len() <= RAW_BODY_BYTES_MAX {
            return Self::Whole(text);
        }
        Self::Truncated { sha256: Sha256::digest(text.as_bytes()).into(), size: text.len() as u64 }
    }
}

impl Parser<'_> {
    pub(super) fn raw(&mut self, at: &Path<'_>) -> Parsed<Option<Raw>> {
        let Some(mut seen) = self.open::<RawMember>(at)? else { return Ok(None) };
        let (mut format, mut body, mut sha256, mut size) = (None, None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                RawMember::Body => body = self.string(at)?.map(RawBody::of_text),
                RawMember::Format => format = self.name(at, ID_BYTES_MAX)?,
                RawMember::Sha256 => sha256 = self.sha256(at)?,
                RawMember::Size => size = self.whole_number(at)?,
                RawMember::Truncated => self.must_be_true(at)?,
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        self.check_raw_form(at, &seen);
        let truncated = || Some(RawBody::Truncated { sha256: sha256?, size: size? });
        let (Some(format), Some(body)) = (format, body.or_else(truncated)) else { return Ok(None) };
        Ok(Some(Raw { format, body }))
    }

    /// A record has either a body, or both members that replace it.
    fn check_raw_form(&mut self, at: &Path<'_>, seen: &Seen<RawMember>) {
        let truncated = [RawMember::Sha256, RawMember::Size, RawMember::Truncated];
        let is_truncated = truncated.iter().any(|member| seen.has(*member));
        self.require(at, seen, &[RawMember::Format]);
        if !seen.has(RawMember::Body) {
            self.require(at, seen, if is_truncated { &truncated } else { &[RawMember::Body] });
            return;
        }
        for member in truncated.into_iter().filter(|member| seen.has(*member)) {
            self.note(&at.member(member.name()), code::INVALID_VALUE, "it cannot be combined with body");
        }
    }

    fn must_be_true(&mut self, at: &Path<'_>) -> Parsed<()> {
        if !self.expect_kind(at, Kind::Boolean)? {
            return Ok(());
        }
        let read = self.reader.read_boolean();
        if self.settle(at, read)? == Some(false) {
            self.note(at, code::INVALID_VALUE, "it can only be true");
        }
        Ok(())
    }

    fn sha256(&mut self, at: &Path<'_>) -> Parsed<Option<[u8; 32]>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let hash = parse_lower_hex(text.as_bytes());
        if hash.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be 64 hexadecimal digits in lower case");
        }
        Ok(hash)
    }
}

fn parse_lower_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = lower_digit(*high)? << 4 | lower_digit(*low)?;
    }
    Some(bytes)
}

const fn lower_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
