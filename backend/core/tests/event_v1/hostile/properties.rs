//! What holds for every event, whatever its content is.

use auditlog_core::{
    event::{EventDraft, Submission, limits::EVENT_BYTES_MAX, parse_event, violation::code},
    id::EventId,
    intake::{PreparedEvent, prepare},
    timestamp::Timestamp,
};
use proptest::prelude::*;

use super::{
    json::{Plain, Shuffled},
    random::{Identity, event, resembling_json},
    row::check_stored,
};
use crate::fixtures::{Counting, received_at, submission};

/// The codes of mistakes in the structure of an event. No other code can follow from its text.
const STRUCTURAL: [&str; 10] = [
    code::MALFORMED_JSON,
    code::DUPLICATE_KEY,
    code::TOO_DEEP,
    code::NUMBER_OUT_OF_RANGE,
    code::UNKNOWN_FIELD,
    code::MISSING_FIELD,
    code::WRONG_TYPE,
    code::INVALID_VALUE,
    code::INVALID_TIMESTAMP,
    code::EVENT_TOO_LARGE,
];

/// The only fields whose value must be one of a set or of a form. An address or a name is not among them.
const FIELDS_OF_A_FORM: [&str; 12] =
    ["action", "category", "id", "op", "path", "sequence", "severity", "sha256", "size", "status", "truncated", "type"];

/// Parses an event of at most 1 MiB; a larger one is no case of the property.
fn parse(text: &str) -> Result<EventDraft, TestCaseError> {
    prop_assume!(text.len() <= EVENT_BYTES_MAX);
    parse_event(text.as_bytes()).map_err(|errors| TestCaseError::fail(format!("{errors:?}")))
}

fn received(draft: EventDraft, received_at: Timestamp) -> PreparedEvent {
    let submission = Submission { received_at, ..submission() };
    prepare(std::iter::once(draft), submission, [7; 16], &Counting).batch.events.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn content_never_keeps_an_event_out(event in event(Identity::Any)) {
        let text = event.written(&mut Plain);
        prop_assert!(parse(&text)?.adjustments.len() <= 64);
        check_stored(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn the_notation_of_an_event_has_no_meaning(event in event(Identity::Any), seed in any::<u64>()) {
        let text = event.written(&mut Shuffled(seed));
        prop_assert_eq!(parse(&text)?, parse(&event.written(&mut Plain))?, "{:.2000}", text);
    }

    #[test]
    fn an_event_that_is_sent_again_is_the_same(
        event in event(Identity::Given),
        seed in any::<u64>(),
        later_hours in -72_i64..72,
    ) {
        let text = event.written(&mut Shuffled(seed));
        let first = received(parse(&event.written(&mut Plain))?, received_at());
        let later = Timestamp::from_micros(received_at().as_micros() + later_hours * 3_600_000_000);
        let again = received(parse(&text)?, later);
        prop_assert_eq!(again.event.id, first.event.id);
        prop_assert!(first.event.same_client_fields(&again), "{:.2000}", text);
        prop_assert!(again.event.same_client_fields(&first), "{:.2000}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_json_is_an_event_or_has_a_mistake_in_its_structure(json in resembling_json(), seed in any::<u64>()) {
        let text = json.written(&mut Shuffled(seed));
        let Err(errors) = parse_event(text.as_bytes()) else { return check_stored_or_foreign(&text) };
        for violation in errors.violations() {
            prop_assert!(STRUCTURAL.contains(&violation.code), "{violation}");
            let field = violation.pointer.rsplit('/').next().unwrap();
            match violation.code {
                code::INVALID_VALUE => prop_assert!(FIELDS_OF_A_FORM.contains(&field), "{violation}"),
                code::NUMBER_OUT_OF_RANGE => prop_assert!(["sequence", "size"].contains(&field), "{violation}"),
                code::DUPLICATE_KEY => prop_assert!(!is_in_open_object(&violation.pointer), "{violation}"),
                code::INVALID_TIMESTAMP => prop_assert_eq!(field, "occurred_at"),
                _ => {}
            }
        }
    }
}

/// Whether a pointer names a member of an object whose names the producer chooses.
fn is_in_open_object(pointer: &str) -> bool {
    let (around, _) = pointer.rsplit_once('/').unwrap();
    around.starts_with("/metadata") || around.split('/').any(|token| ["attributes", "old", "new"].contains(&token))
}

/// An event that names another tenant is refused later, and every other one is stored.
fn check_stored_or_foreign(text: &str) -> Result<(), TestCaseError> {
    let draft = parse(text)?;
    let is_foreign = draft.tenant_id.as_ref().is_some_and(|claimed| *claimed != submission().tenant_id.to_string());
    if is_foreign {
        let refused = draft.complete(&submission(), EventId::from_parts(received_at(), [1; 10]));
        prop_assert_eq!(refused.err().map(|violation| violation.code), Some(code::TENANT_MISMATCH));
        return Ok(());
    }
    check_stored(text).map_err(TestCaseError::fail)
}
