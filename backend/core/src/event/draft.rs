//! Owns the event as its producer sends it, and the step that completes it when it is received.

use crate::{
    event::{
        Actor, Adjustment, AdjustmentCode, Adjustments, Category, Change, Context, Event, JsonObject, Outcome,
        Producer, Raw, Reason, Severity, Source, Submission, Target, Violation,
        limits::{AHEAD_HOURS_MAX, VIOLATIONS_MAX},
        violation::code,
    },
    id::{EventId, TenantId},
    timestamp::{MICROS_PER_HOUR, Timestamp},
};

/// An event as its producer sends it. The parser creates only drafts that keep every rule; code that builds drafts
/// directly (tests, generators, the server's own events) must keep the rules too.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// The id, where the producer set one or it was derived from `external_id`.
    pub id: Option<EventId>,
    /// See [`Event::external_id`].
    pub external_id: Option<String>,
    /// The tenant that the body claims. It must be the credential's.
    pub tenant_id: Option<String>,
    /// When it happened, as the producer sent it; if absent, the time of receipt.
    pub occurred_at: Option<Timestamp>,
    /// See [`Event::action`].
    pub action: String,
    /// The effective category: derived from the action where the producer set none.
    pub category: Category,
    /// See [`Event::outcome`].
    pub outcome: Outcome,
    /// See [`Event::severity`].
    pub severity: Severity,
    /// See [`Event::actor`].
    pub actor: Actor,
    /// See [`Event::on_behalf_of`].
    pub on_behalf_of: Vec<Actor>,
    /// See [`Event::targets`].
    pub targets: Vec<Target>,
    /// See [`Event::changes`].
    pub changes: Vec<Change>,
    /// See [`Event::source`].
    pub source: Source,
    /// See [`Event::context`].
    pub context: Context,
    /// See [`Event::reason`].
    pub reason: Option<Reason>,
    /// See [`Event::message`].
    pub message: Option<String>,
    /// See [`Event::metadata`].
    pub metadata: JsonObject,
    /// See [`Event::producer`].
    pub producer: Option<Producer>,
    /// See [`Event::raw`].
    pub raw: Option<Raw>,
    /// See [`Event::adjustments`]. The clock's is added at the receipt.
    pub adjustments: Adjustments,
}

impl EventDraft {
    /// A draft with the members that every event must have. The category follows from the action, the rest is absent.
    #[must_use]
    pub fn new(action: impl Into<String>, actor: Actor, source: Source) -> Self {
        let action = action.into();
        Self {
            id: None,
            external_id: None,
            tenant_id: None,
            occurred_at: None,
            category: Category::of_action(&action),
            action,
            outcome: Outcome::default(),
            severity: Severity::Info,
            actor,
            on_behalf_of: Vec::new(),
            targets: Vec::new(),
            changes: Vec::new(),
            source,
            context: Context::default(),
            reason: None,
            message: None,
            metadata: JsonObject::default(),
            producer: None,
            raw: None,
            adjustments: Adjustments::default(),
        }
    }

    /// Turns the draft into an event of this submission. `fresh_id` is used where the producer set no id. A time out of
    /// bounds is set to the time of receipt.
    ///
    /// # Errors
    /// The violation of a rule that could not be checked before the receipt: the tenant, or the service that is
    /// reserved for the server.
    pub fn complete(self, submission: &Submission, fresh_id: EventId) -> Result<Event, Violation> {
        self.check_tenant(&submission.tenant_id)?;
        submission.submitted_by.check_service(&self.source.service)?;
        let mut event = self.into_event(submission.clone(), fresh_id);
        if let Some(clock) = clock_adjustment(event.occurred_at, event.received_at) {
            event.adjustments.add_clock(clock);
            event.occurred_at = event.received_at;
        }
        Ok(event)
    }

    /// Checks that the event would be stored as it was sent, for a producer that wants none of its values adjusted.
    ///
    /// # Errors
    /// A violation for each adjustment, up to [`VIOLATIONS_MAX`].
    pub fn check_unadjusted(&self, received_at: Timestamp) -> Result<(), Vec<Violation>> {
        let clock = self.occurred_at.and_then(|sent| clock_adjustment(sent, received_at));
        let adjustments = clock.iter().chain(self.adjustments.as_slice());
        let violations: Vec<_> = adjustments.take(VIOLATIONS_MAX).map(Adjustment::to_violation).collect();
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// Turns the draft into an event without checking it.
    pub(super) fn into_event(self, submission: Submission, fresh_id: EventId) -> Event {
        let Submission { tenant_id, submitted_by, received_at } = submission;
        Event {
            id: self.id.unwrap_or(fresh_id),
            external_id: self.external_id,
            tenant_id,
            occurred_at: self.occurred_at.unwrap_or(received_at),
            received_at,
            submitted_by,
            action: self.action,
            category: self.category,
            outcome: self.outcome,
            severity: self.severity,
            actor: self.actor,
            on_behalf_of: self.on_behalf_of,
            targets: self.targets,
            changes: self.changes,
            source: self.source,
            context: self.context,
            reason: self.reason,
            message: self.message,
            metadata: self.metadata,
            producer: self.producer,
            raw: self.raw,
            adjustments: self.adjustments,
        }
    }

    fn check_tenant(&self, tenant_id: &TenantId) -> Result<(), Violation> {
        match &self.tenant_id {
            Some(claimed) if claimed != tenant_id.as_str() => Err(Violation {
                pointer: "/tenant_id".to_owned(),
                code: code::TENANT_MISMATCH,
                // The credential's tenant is not named, so that a client that guesses learns nothing.
                detail: "the credential belongs to another tenant".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// The adjustment of a time before 1970, or more than 24 hours ahead, which becomes the time of receipt.
fn clock_adjustment(occurred_at: Timestamp, received_at: Timestamp) -> Option<Adjustment> {
    let ahead_micros = AHEAD_HOURS_MAX * MICROS_PER_HOUR;
    let latest = Timestamp::from_micros(received_at.as_micros().saturating_add(ahead_micros));
    if (Timestamp::EPOCH..=latest).contains(&occurred_at) {
        return None;
    }
    let clock = Adjustment::new("/occurred_at".to_owned(), AdjustmentCode::Clock);
    Some(Adjustment { original: Some(occurred_at.to_string()), ..clock })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::parse_event;

    #[test]
    fn each_adjustment_is_a_violation_for_a_strict_producer() {
        let received_at = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
        let refused = |members: &str| {
            let text =
                format!(r#"{{"action":"a.b","actor":{{"type":"user","id":"u"}},"source":{{"service":"s"}}{members}}}"#);
            let violations = parse_event(text.as_bytes()).unwrap().check_unadjusted(received_at).err();
            let named = violations.unwrap_or_default().into_iter().map(|Violation { pointer, code, detail }| {
                (pointer, code, detail.split(':').next().unwrap().to_owned())
            });
            named.collect::<Vec<_>>()
        };
        assert_eq!(refused(""), []);
        assert_eq!(refused(r#","occurred_at":"2026-01-02T00:00:00Z""#), [], "24 hours ahead are allowed");
        let expected = [("/occurred_at", "clock"), ("/context/ip", "parsed"), ("/metadata/n", "number_as_text")];
        assert_eq!(
            refused(
                r#","occurred_at":"2026-01-02T00:00:01Z","context":{"ip":"10.0.0.1:80"},"metadata":{"n":9007199254740993}"#
            ),
            expected.map(|(pointer, what)| (pointer.to_owned(), code::WOULD_BE_ADJUSTED, what.to_owned()))
        );
        let many: Vec<_> = (0..100).map(|number| format!(r#""{number}":1e99"#)).collect();
        let violations = refused(&format!(r#","metadata":{{{}}}"#, many.join(",")));
        assert_eq!(violations.len(), VIOLATIONS_MAX);
    }
}
