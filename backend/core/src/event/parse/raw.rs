//! Reads the original record of another system, and cuts one that is too long.

use super::{
    members::{Member, RawMember},
    parser::{Parsed, Parser, Seen},
};
use crate::{
    event::{
        Raw, RawCut,
        adjust::{cut_text, whole_of},
        limits::{NAME_BYTES_MAX, RAW_BODY_BYTES_MAX},
        violation::code,
    },
    json::{Kind, Path},
};

impl Raw {
    /// A record, or its beginning where it has more than 128 KiB.
    #[must_use]
    pub fn new(format: impl Into<String>, body: impl Into<String>) -> Self {
        let (format, mut body) = (format.into(), body.into());
        let cut =
            cut_text(&mut body, RAW_BODY_BYTES_MAX).map(|whole| RawCut { sha256: whole.sha256, size: whole.size });
        Self { format, body: Some(body), cut }
    }
}

impl Parser<'_> {
    pub(super) fn raw(&mut self, at: &Path<'_>) -> Parsed<Option<Raw>> {
        let Some(mut seen) = self.open::<RawMember>(at)? else { return Ok(None) };
        let (mut format, mut body, mut sha256, mut size) = (None, None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                RawMember::Body => body = self.string(at)?.map(String::from),
                RawMember::Format => format = self.text(at, NAME_BYTES_MAX)?,
                RawMember::Sha256 => sha256 = self.sha256(at)?,
                RawMember::Size => size = self.whole_number(at)?,
                RawMember::Truncated => self.must_be_true(at)?,
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        self.require(at, &seen, &[RawMember::Format]);
        self.require_all_or_none(at, &seen);
        let sent = sha256.zip(size).map(|(sha256, size)| RawCut { sha256, size });
        let server = self.cut_body(at, &mut body);
        Ok(format.map(|format| Raw { format, body, cut: sent.or(server) }))
    }

    /// What is known of a record that is incomplete is known together.
    fn require_all_or_none(&mut self, at: &Path<'_>, seen: &Seen<RawMember>) {
        let known = [RawMember::Sha256, RawMember::Size];
        if known.iter().chain(&[RawMember::Truncated]).any(|member| seen.has(*member)) {
            self.require(at, seen, &known);
        }
    }

    fn cut_body(&mut self, at: &Path<'_>, body: &mut Option<String>) -> Option<RawCut> {
        let bytes_max = self.limit(RAW_BODY_BYTES_MAX);
        let body = body.as_mut().filter(|body| body.len() > bytes_max)?;
        let whole = whole_of(body);
        self.truncated(&at.member(RawMember::Body.name()), whole);
        cut_text(body, bytes_max);
        Some(RawCut { sha256: whole.sha256, size: whole.size })
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
}
