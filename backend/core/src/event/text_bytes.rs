//! Owns the text size of an event in bytes: it estimates the event's size in memory and in answers, and is computed
//! without printing the event.

use crate::event::{Actor, Adjustment, Change, Event, JsonText, Target};

/// The size counted for the fixed parts of an adjustment, with its hash as it is printed.
const ADJUSTMENT_BYTES: usize = 96;

impl Event {
    /// The total length of all texts in the event, in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let source = &self.source;
        let context = &self.context;
        let outcome = text(self.outcome.code.as_ref()) + text(self.outcome.reason.as_ref());
        let parties = of_actor(&self.actor) + self.on_behalf_of.iter().map(of_actor).sum::<usize>();
        let subject =
            self.targets.iter().map(of_target).sum::<usize>() + self.changes.iter().map(of_change).sum::<usize>();
        let source = source.service.len()
            + [&source.component, &source.version, &source.environment, &source.region, &source.host]
                .into_iter()
                .map(|field| text(field.as_ref()))
                .sum::<usize>();
        let context = [
            &context.address,
            &context.user_agent,
            &context.request_id,
            &context.correlation_id,
            &context.session_id,
            &context.trace_id,
            &context.span_id,
            &context.auth_method,
            &context.location.country,
            &context.location.region,
            &context.location.city,
        ];
        let context = context.into_iter().map(|field| text(field.as_ref())).sum::<usize>();
        let reason = self.reason.as_ref().map_or(0, |reason| reason.text.len() + text(reason.ticket.as_ref()));
        let producer = self.producer.as_ref().map_or(0, |producer| producer.id.len());
        let raw = self.raw.as_ref().map_or(0, |raw| raw.format.len() + text(raw.body.as_ref()));
        let rest = reason + text(self.message.as_ref()) + self.metadata.text_bytes() + producer + raw;
        let rest = rest
            + text(self.external_id.as_ref())
            + self.adjustments.as_slice().iter().map(of_adjustment).sum::<usize>();
        self.action.len() + outcome + parties + subject + source + context + rest
    }
}

fn text(field: Option<&String>) -> usize {
    field.map_or(0, String::len)
}

fn of_actor(actor: &Actor) -> usize {
    let groups: usize = actor.groups.iter().map(String::len).sum();
    let attributes = actor.attributes.text_bytes();
    actor.id.len() + text(actor.name.as_ref()) + text(actor.email.as_ref()) + groups + attributes
}

fn of_target(target: &Target) -> usize {
    let named = [&target.kind, &target.id, &target.name, &target.url].into_iter().map(|field| text(field.as_ref()));
    named.sum::<usize>() + target.attributes.text_bytes()
}

fn of_change(change: &Change) -> usize {
    let value = |value: &Option<JsonText>| value.as_ref().map_or(0, |value| value.as_str().len());
    change.path.len() + value(&change.old) + value(&change.new)
}

fn of_adjustment(adjustment: &Adjustment) -> usize {
    ADJUSTMENT_BYTES + adjustment.pointer.len() + text(adjustment.original.as_ref())
}

#[cfg(test)]
mod tests {
    use crate::event::{canonical, parse_canonical};

    #[test]
    fn every_text_of_an_event_counts() {
        let body = "x".repeat(30_000);
        let text = format!(
            r#"{{"action":"a.b","actor":{{"id":"u","type":"user"}},"category":"other","changes":[{{"new":"{one}","op":"add","path":"/p"}}],"id":"01932b5e-7c00-7abc-8def-0123456789ab","message":"{two}","metadata":{{"k":"{one}"}},"occurred_at":"2026-01-01T00:00:00.000000Z","outcome":{{"status":"success"}},"raw":{{"body":"{body}","format":"f"}},"received_at":"2026-01-01T00:00:00.000000Z","severity":"info","source":{{"service":"s"}},"submitted_by":{{"id":"0123456789abcdef","type":"api_key"}},"targets":[{{"attributes":{{"k":"{one}"}},"id":"t","type":"x"}}],"tenant_id":"acme"}}"#,
            one = "y".repeat(1_000),
            two = "z".repeat(4_000),
        );
        let event = parse_canonical(&text).unwrap();
        let mut printed = String::new();
        canonical::write_event(&event, &mut printed);
        assert!(event.text_bytes() > 30_000 + 4_000 + 3 * 1_000, "{}", event.text_bytes());
        assert!(event.text_bytes() < printed.len(), "{} of {}", event.text_bytes(), printed.len());
        assert!(printed.len() - event.text_bytes() < 1_000, "{} of {}", event.text_bytes(), printed.len());
    }
}
