//! Reads the circumstances of an event: its source, context, reason and producer.

use super::{
    members::{ContextMember, LocationMember, Member, ProducerMember, ReasonMember, SourceMember},
    parser::{Parsed, Parser},
};
use crate::{
    event::{
        Adjustment, AdjustmentCode, Context, Location, Producer, Reason, Source,
        adjust::{SentAddress, cut_text, parse_address},
        limits::{LONG_TEXT_BYTES_MAX, ORIGINAL_BYTES_MAX, TEXT_BYTES_MAX},
    },
    json::Path,
};

impl Parser<'_> {
    pub(super) fn source(&mut self, at: &Path<'_>) -> Parsed<Option<Source>> {
        let Some(mut seen) = self.open::<SourceMember>(at)? else { return Ok(None) };
        let mut source = Source::default();
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                SourceMember::Component => source.component = self.text(at, TEXT_BYTES_MAX)?,
                SourceMember::Environment => source.environment = self.text(at, TEXT_BYTES_MAX)?,
                SourceMember::Host => source.host = self.text(at, TEXT_BYTES_MAX)?,
                SourceMember::Region => source.region = self.text(at, TEXT_BYTES_MAX)?,
                // It is cut after the id was derived from it.
                SourceMember::Service => source.service = self.string(at)?.map(String::from).unwrap_or_default(),
                SourceMember::Version => source.version = self.text(at, TEXT_BYTES_MAX)?,
            }
        }
        self.require(at, &seen, &[SourceMember::Service]);
        Ok(Some(source))
    }

    pub(super) fn context(&mut self, at: &Path<'_>) -> Parsed<Option<Context>> {
        let Some(mut seen) = self.open::<ContextMember>(at)? else { return Ok(None) };
        let (mut context, mut sent_ip) = (Context::default(), None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ContextMember::Address => context.address = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::AuthMethod => context.auth_method = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::CorrelationId => context.correlation_id = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::Ip => sent_ip = self.string(at)?,
                ContextMember::Location => context.location = self.location(at)?.unwrap_or_default(),
                ContextMember::RequestId => context.request_id = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::SessionId => context.session_id = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::SpanId => context.span_id = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::TraceId => context.trace_id = self.text(at, TEXT_BYTES_MAX)?,
                ContextMember::UserAgent => context.user_agent = self.text(at, LONG_TEXT_BYTES_MAX)?,
            }
        }
        if let Some(sent) = sent_ip {
            self.address(at, &sent, &mut context);
        }
        Ok(Some(context))
    }

    /// Takes the address out of the text of `ip`, a member of the object at `parent`. The text is kept where it says
    /// more than the address.
    fn address(&mut self, parent: &Path<'_>, sent: &str, context: &mut Context) {
        context.ip = match parse_address(sent) {
            SentAddress::Plain(address) => {
                context.ip = Some(address);
                return;
            }
            SentAddress::Within(address) => Some(address),
            SentAddress::Absent => None,
        };
        let at = parent.member(ContextMember::Ip.name());
        let mut parsed = Adjustment::new(at.to_pointer(), AdjustmentCode::Parsed);
        if context.address.is_none() {
            let kept_at = parent.member(ContextMember::Address.name());
            context.address = Some(self.cut(&kept_at, sent.to_owned(), TEXT_BYTES_MAX));
        } else {
            let mut original = sent.to_owned();
            cut_text(&mut original, ORIGINAL_BYTES_MAX);
            parsed.original = Some(original);
        }
        self.adjustments.push(parsed);
    }

    fn location(&mut self, at: &Path<'_>) -> Parsed<Option<Location>> {
        let Some(mut seen) = self.open::<LocationMember>(at)? else { return Ok(None) };
        let mut location = Location::default();
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                LocationMember::City => location.city = self.text(at, TEXT_BYTES_MAX)?,
                LocationMember::Country => location.country = self.text(at, TEXT_BYTES_MAX)?,
                LocationMember::Region => location.region = self.text(at, TEXT_BYTES_MAX)?,
            }
        }
        Ok(Some(location))
    }

    pub(super) fn reason(&mut self, at: &Path<'_>) -> Parsed<Option<Reason>> {
        let Some(mut seen) = self.open::<ReasonMember>(at)? else { return Ok(None) };
        let (mut text, mut ticket) = (None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ReasonMember::Text => {
                    let sent = self.text(at, TEXT_BYTES_MAX)?;
                    text = sent.map(|sent| self.defaulted(at, sent));
                }
                ReasonMember::Ticket => ticket = self.text(at, TEXT_BYTES_MAX)?,
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        self.require(at, &seen, &[ReasonMember::Text]);
        Ok(text.map(|text| Reason { text, ticket }))
    }

    pub(super) fn producer(&mut self, at: &Path<'_>) -> Parsed<Option<Producer>> {
        let Some(mut seen) = self.open::<ProducerMember>(at)? else { return Ok(None) };
        let (mut id, mut sequence) = (None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                ProducerMember::Id => id = self.text(at, TEXT_BYTES_MAX)?,
                ProducerMember::Sequence => sequence = self.whole_number(at)?,
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        self.require(at, &seen, &[ProducerMember::Id, ProducerMember::Sequence]);
        let (Some(id), Some(sequence)) = (id, sequence) else { return Ok(None) };
        Ok(Some(Producer { id, sequence }))
    }
}
